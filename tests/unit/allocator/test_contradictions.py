"""Plans that contradict themselves, the question or the board: every sort.

That no plan of ours does is asked of every example on every board, by tests/golden.
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.contradictions.passes import contradictions
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.errors import dotted
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board as made
from tests.builders import buffer, device, heap, image, pipeline, port, raw_port

QUESTION = pipeline(
    frame=buffer(size="30x20", formats=["NV12"], count=3),
    blob=buffer(bytes=5000, written_by="cpu.write", read_by="nic.send"),
)
PLATFORM = made(
    heaps={"system": heap("dram", names=["system"]), "other": heap("dram", names=["reserved"])},
    devices={
        "camera": device("camera", capture=port(image("NV12", "XR24", dmabufs=[1, 2]))),
        "panel": device("display", scanout=port(image("NV12", "XR24", dmabufs=[1, 2]), uses={"plane": 1})),
        "cpu0": device("cpu", read=raw_port(), write=raw_port()),
        "net": device("nic", send=raw_port(), receive=raw_port()),
    },
    resources={"plane": 2},
)


def _plan(platform: Platform = PLATFORM, question: Pipeline = QUESTION) -> Plan:
    answer = solve(platform, [question])
    assert isinstance(answer, Plan), answer
    return answer


def _told(plan: Any, platform: Platform = PLATFORM, question: Pipeline = QUESTION) -> list[str]:
    case = JudgedQuestion(JudgedPlatform(platform), [question])
    found = contradictions(case, Plan.model_validate(plan))
    return [f"{dotted(path)}: {text}" for path, text in found]


def _data() -> dict[str, Any]:
    """Placement 0 is `blob`, 1 is `frame`, whichever order they come in."""
    data: dict[str, Any] = _plan().model_dump(by_alias=True)
    data["placements"] = sorted(data["placements"], key=lambda each: str(each["buffer"]))
    return data


def _bent(where: str, **fields: Any) -> dict[str, Any]:
    """The plan with these fields at `where`: `placements.1.planes.0`."""
    data = _data()
    inside: Any = data
    for step in where.split(".") if where else ():
        inside = inside[int(step)] if step.isdigit() else inside[step]
    inside.update(fields)
    return data


def test_the_plan_itself_is_sound() -> None:
    assert _told(_data()) == []


NAMES = [
    ("", {"platform": "another"}, "platform: the plan is for 'another'"),
    ("", {"pipelines": ("other",)}, "pipelines: the plan is for 'other', the question is 'test'"),
    ("placements.1", {"heap": "sytem"}, "placements[1].heap: bench has no heap 'sytem' on kernel 6.12; did you mean 'system'?"),
    ("placements.1", {"names": ("cma",)}, "placements[1].names: heap"),
    ("placements.1", {"buffer": "nobody"}, "placements[1].buffer: 'test' asks for no buffer 'nobody'"),
    ("placements.1", {"buffer": "blob"}, "placements[1].buffer: 'blob' is placed 2 times"),
    ("placements.1", {"pipeline": "other"}, "placements[1].buffer: 'other' asks for no buffer 'frame'"),
    ("placements.1", {"buffer": "frame>1"}, "placements: buffer 'frame' of 'test' has no placement"),
    ("placements.1.attachments.0", {"device": "ghost"}, "placements[1].attachments[0].device: bench has no device"),
    ("placements.1.attachments.0", {"port": "scanout"}, "attachments[0].port: camera has no port 'scanout'"),
    ("placements.1.attachments.0", {"access": "read"}, "access: camera.capture can only write, not read"),
    ("placements.1.attachments.1", {"uses": {"plan": 1}}, "uses.plan: bench has no resource 'plan'"),
    ("placements.1.attachments.1", {"uses": {"plane": 3}}, "uses 3 of plane, of which bench has 2"),
    ("placements.1.attachments.1", {"converts": 0}, "panel has 0 conversions, counted from 0; none is 0"),
]  # fmt: skip
CONVERSION = {
    "pipeline": "test", "buffer": "frame", "reads": "frame", "writes": "frame>1", "device": "panel", "from": "scanout",
    "to": "scanout", "changes": (), "lossless": True, "bytes_per_second": 0, "text": "", "source": "",
}  # fmt: skip
MOST = 2**63 - 1
NUMBERS = [
    ("placements.1", {"count": 0}, "count: expected at least 1 buffer"),
    ("placements.1", {"sizes": ()}, "sizes: expected the bytes of each dma-buf"),
    ("placements.1", {"sizes": (0,)}, "sizes: expected the bytes of each dma-buf, at least 1"),
    ("placements.1", {"size": 901}, "size: the dma-bufs of"),
    ("placements.1", {"sizes": (MOST, MOST)}, "size: the dma-bufs of"),
    ("placements.1", {"allocated": 1}, "allocated: a buffer of"),
    ("placements.1.planes.0", {"dmabuf": 1}, "planes[0].dmabuf: there are 1 dma-bufs, counted from 0; none is 1"),
    ("placements.1.planes.1", {"size": 2000}, "planes[1].size: the plane ends at byte"),
    ("placements.1.planes.1", {"offset": MOST}, "planes[1].size: the plane ends at byte"),
    ("placements.1.planes.0", {"metadata": 5000}, "planes[0].metadata: 5000 bytes of metadata in a plane of 600"),
    ("placements.1.planes.0", {"metadata_stride": 8}, "metadata_stride: a row of metadata has 8 bytes, all of it 0"),
    ("placements.1.planes.1", {"offset": 0}, "planes: plane 1 at 0 overlaps plane 0"),
    ("placements.1.planes.1", {"stride": 7}, "planes: the bytes of plane 1 make no whole number of rows"),
    ("placements.1.planes.0", {"stride": 25}, "planes: stride 25 of plane 0 is shorter than a row of 30 bytes"),
    ("placements.1.planes.0", {"stride": 0}, "planes: a plane is no whole number of rows"),
    ("placements.1.planes.0", {"stride": MOST}, "planes: the bytes of plane 0 make no whole number of rows"),
    ("placements.1.planes.0", {"size": 0}, "planes: a plane is no whole number of rows"),
    ("placements.1", {"planes": ()}, "planes: 0 planes; NV12 in LINEAR has 2"),
    ("placements.1", {"format": "XR24"}, "planes: 2 planes; XR24 in LINEAR has 1"),
    ("placements.1", {"format": "ABCD"}, "planes: no bytes are known for ABCD"),
    ("placements.1", {"modifier": "ARM_AFBC(16x16)"}, "modifier_value: the value of ARM_AFBC(16x16) is 0x8"),
    ("placements.1", {"modifier": "A\x1b[0m"}, "modifier: no modifier is called"),
    ("placements.1", {"modifier": "MADE_UP", "modifier_value": None}, "planes: nobody knows the planes of NV12 in"),
    ("placements.1", {"modifier_value": "0x1"}, "modifier_value: the value of LINEAR is 0x0, not 0x1"),
    ("placements.1", {"modifier": None}, "format: an image has a format and a modifier"),
    ("placements.1", {"format": None}, "modifier: an image has a format and a modifier"),
    ("placements.1", {"coded_width": 29}, "coded_width: expected at least the width 30, got 29"),
    ("placements.1", {"coded_height": 19}, "coded_height: expected at least the height 20, got 19"),
    ("placements.1", {"coded_width": MOST}, "planes: stride 30 of plane 0 is shorter than a row of"),
    ("placements.1", {"coded_height": MOST}, "planes: plane 0 has 20 rows of"),
    ("placements.0", {"width": 1}, "width: raw data has none; got '1'"),
    ("placements.0", {"planes": ()}, "planes: raw data is one plane at offset 0"),
    ("placements.0.planes.0", {"stride": 4}, "planes: raw data is one plane at offset 0, of stride 0"),
]  # fmt: skip
ANSWERS = [
    ("placements.1", {"count": 2}, "placements[1]: buffer 'frame': 2 buffers; 2 are held at once, 3 are asked for"),
    ("placements.1", {"count": 4}, "placements[1]: buffer 'frame': 4 buffers; 2 are held at once, 3 are asked for"),
    ("placements.1", {"width": 28, "coded_width": 28}, "placements[1]: buffer 'frame': 28x20, not 30x20"),
    ("placements.1", {"colour": "bt709"}, "nor the question speaks of the colour space 'bt709'"),
    ("placements.1", {"rate": 59}, "placements[1]: buffer 'frame': 59 frames/s, not 60"),
    ("placements.1", {"allocated": 8192}, "placements[1]: buffer 'frame': other takes 4096 bytes for it, not 8192"),
    ("placements.1", {"attachments": ()}, "placements[1]: buffer 'frame': nobody is attached who was asked for"),
    ("placements.0.planes.0", {"size": 4000}, "placements[0]: buffer 'blob': 4000 bytes of raw data, not 5000"),
    ("", {"dropped": ({"buffer": "frame", "pipeline": "test", "wish": 9, "granted": 3, "text": ""},)}, "wishes"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fields", "says"), NAMES + NUMBERS + ANSWERS, ids=str)
def test_a_bent_plan_is_told_where_it_is_bent(where: str, fields: dict[str, Any], says: str) -> None:
    found = _told(_bent(where, **fields))
    assert any(says in each for each in found), found


def test_an_image_is_not_raw_data_nor_the_other_way_round() -> None:
    data = _data()
    blob, frame = data["placements"]
    plain = {
        key: blob[key]
        for key in ("format", "modifier", "modifier_value", "planes", "sizes", "size", "allocated")
    }
    sides = dict.fromkeys(("width", "height", "coded_width", "coded_height"), 0)
    told = _told(data | {"placements": [blob, frame | plain | sides]})
    assert "placements[1]: buffer 'frame': raw data where an image is asked for" in told


def test_a_colour_space_that_the_question_alone_names_is_one() -> None:
    question = pipeline(frame=buffer(size="30x20", formats=["NV12"], colours=["bt709"]))
    plan = _plan(question=question)
    assert plan.placements[0].colour == "bt709"
    assert _told(plan.model_dump(by_alias=True), question=question) == []


def test_attachments_are_those_that_were_asked_for() -> None:
    data = _data()
    frame = data["placements"][1]
    frame["attachments"] = [frame["attachments"][0], *data["placements"][0]["attachments"]]
    assert "are not who was asked for" in str(_told(data))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"device": "ghost"}, "conversions[0].device: bench has no device 'ghost'"),
        ({"from": "lens"}, "conversions[0].from: panel has no port 'lens'; its ports are scanout"),
        ({}, "conversions[0].to: panel.scanout does not write"),
        ({}, "placements: buffer 'frame>1' of 'test' has no placement"),
    ],
    ids=str,
)
def test_a_conversion_is_one_of_the_boards(fields: dict[str, Any], says: str) -> None:
    assert says in _told(_data() | {"conversions": ({**CONVERSION, **fields},)})


def test_everything_of_one_pass_is_told_at_once() -> None:
    data = _bent("placements.1", heap="nowhere")
    data["placements"][0]["attachments"][0]["device"] = "ghost"
    assert len(_told(data)) == 2
