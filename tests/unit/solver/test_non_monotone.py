"""Others that touch a buffer may help as well as hinder: devices with several connectors, attachments that
move a buffer, make it larger or round it up. Each answer here was once another, and is compared with brute force."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem, Question
from tests.builders import (
    Json,
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    memory,
    pipeline,
    placed,
    plan,
    port,
    refusal,
)
from tests.property.test_oracle import compared

ANY: Json = {"from": "source", "to": "target", "may_change": ["format", "modifier", "memory", "stride"]}


def test_two_connectors_are_one_seat() -> None:
    platform = board(
        devices={
            "panel": device("display", connectors=["A", "B"], scanout=port()),
            "other": device("display", connectors=["C"], scanout=port()),
        }
    )
    shown = ["display@A.scanout", "display@B.scanout", "display#2.scanout"]
    question = pipeline(frame=buffer(read_by=shown))
    assert sorted(each.device for each in placed(platform, question).attachments) == [
        "camera",
        "other",
        "panel",
        "panel",
    ]
    assert compared("", platform, [question], ()) is None


def both() -> Pipeline:
    """Shown as it is, and encoded after a conversion."""
    return pipeline(
        frame=buffer(size="64x40", read_by=["display.scanout", "video-encoder.frame"], conversions="allow")
    )


def converting(**devices: Json) -> dict[str, Json]:
    nv12 = port(image("NV12"))
    return {
        "enc": device("video-encoder", frame=nv12),
        "rga": device("2d", source=port(), target=nv12, converts=[ANY]),
        **devices,
    }


def moving() -> Platform:
    """The encoder's converter drives the buffer out of vram, to where the panel can show it."""
    return board(
        memory={"vram": memory("1GiB", local="panel")},
        heaps={
            "vram": heap("vram", via="drm", exporter="panel", moves_to="gtt"),
            "gtt": heap("dram", via="drm", exporter="panel"),
        },
        devices=converting(
            camera=device("camera", capture=port(takes_from=["vram"])),
            panel=device("display", scanout=port(memory=["dram"], takes_from=["vram"])),
        ),
    )


def rounding(modifier: str) -> Platform:
    """Only as the camera rounds it up has the image the rows that the panel reads in groups."""
    rule: dict[str, Any] = {"modifiers": [modifier]}
    return board(
        devices=converting(
            camera=device("camera", capture=port(image(coded={"multiple": "16x64"}, **rule))),
            panel=device("display", scanout=port(image(rows={"multiple": 64}, **rule))),
            rga=device("2d", source=port(image(**rule)), target=port(image("NV12")), converts=[ANY]),
        )
    )


def larger() -> Platform:
    """Only as large as the camera makes it is the buffer aligned for the panel."""
    return board(
        heaps={"cma": heap("dram", align={"by_size_up_to": "1MiB"})},
        devices=converting(
            camera=device("camera", capture=port(image(stride={"multiple": 512}))),
            panel=device("display", dma={"bits": 40}, scanout=port(base={"multiple": 8192})),
        ),
    )


@pytest.mark.parametrize(
    "platform",
    [moving(), rounding("BROADCOM_UIF"), rounding("QCOM_COMPRESSED"), larger()],
    ids=["moving", "UIF", "UBWC", "larger"],
)
def test_one_more_attachment_may_let_a_placement_be(platform: Platform) -> None:
    assert plan(platform, both()).conversions
    assert compared("", platform, [both()], ()) is None


@pytest.mark.parametrize(
    "devices",
    [
        {"enc": device("video-encoder", frame=port(image("NV16")))},
        {"rga": device("2d", source=port(image("YUYV")), target=port(image("NV12")), converts=[ANY])},
    ],
    ids=["nobody makes what is encoded", "nobody reads what is captured"],
)
def test_no_copy_is_placed_where_formats_alone_rule_out_all(
    devices: dict[str, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    def placed(found: Propagation, question: Question, about: object) -> tuple[Option, ...]:
        assert question.part is None, question.label
        return of(found, question, None)

    tiled = port(image(coded={"multiple": "16x64"}, modifiers=["BROADCOM_UIF", "LINEAR"]))
    camera = device("camera", capture=tiled)  # one more attachment may help on this board
    panel = device("display", scanout=port(image("NV12")))
    problem = Problem(board(devices=converting(**{"camera": camera, "panel": panel, **devices})), [both()])
    of = Propagation.of
    monkeypatch.setattr(Propagation, "of", placed)
    choice = decide(problem, Propagation(problem), existing_usage(problem.board, ()))
    assert choice.status == "infeasible"


@pytest.mark.parametrize("size", ["4KiB", "1MiB"])
def test_a_memory_that_every_plan_leaves_is_not_charged(size: str) -> None:
    platform = board(
        memory={"vram": memory(size, local="gpu0")},
        heaps={
            "vram": heap("vram", via="drm", exporter="gpu0", moves_to="gtt"),
            "gtt": heap("dram", via="drm", exporter="gpu0"),
        },
        devices=converting(gpu0=device("gpu", render=port(takes_from=["vram"]))),
    )
    readers = ["display.scanout", "video-encoder.frame"]
    asked = buffer(size="64x64", written_by="gpu.render", read_by=readers, conversions="allow", count=3)
    assert plan(platform, pipeline(frame=asked)).conversions


def packed(*, tempting: bool) -> Platform:
    """P010 in UBWC lies denser than its pixels: converting to it moves least."""
    ubwc = image("P010", modifiers=["QCOM_COMPRESSED"])
    sure = {**ANY, "lossless": True}
    p010 = port(image("P010"))
    devices = {
        "camera": device("camera", capture=p010),
        "panel": device("display", scanout=port(ubwc, image("XR30"))),
        "enc": device("video-encoder", frame=port(image("NV15"), image("XR30"))),
        "u": device("2d", source=p010, target=port(ubwc), converts=[sure]),
        "v": device("2d", source=p010, target=port(image("NV15")), converts=[sure]),
    }
    if tempting:
        wide = port(image("XR30", stride={"multiple": 3776}))
        devices["w"] = device("2d", source=p010, target=wide, converts=[sure])
    return board(devices=devices)


def test_a_further_converter_makes_nothing_dearer() -> None:
    readers = ["display.scanout", "video-encoder.frame"]
    question = pipeline(frame=buffer(size="512x512", read_by=readers, conversions="allow"))
    plain, more = (plan(packed(tempting=each), question) for each in (False, True))
    assert [level.value for level in more.levels] <= [level.value for level in plain.levels]


def test_a_part_of_local_memory_with_an_address_has_one() -> None:
    vram = memory("unknown", base="4GiB", local="panel", reached_by=["camera"])
    platform = board(
        memory={"vram": vram, "fb": memory("1MiB", inside="vram")},
        heaps={"fb": heap("fb")},
        devices={
            "camera": device("camera", dma={"bits": 32, "p2p": "static"}, capture=port()),
            "panel": device("display", dma={"bits": 64}, scanout=port()),
        },
    )
    assert ("address-reach", "frame→camera") in facts(refusal(platform))


def test_a_device_may_be_pinned_that_reads_a_copy() -> None:
    question = both()
    answer = solve(board(devices=converting()), [question], pins=["frame:device=enc"])
    assert isinstance(answer, Plan)
    devices = {each.device for p in answer.placements for each in p.attachments}
    assert devices == {"camera", "panel", "rga", "enc"}


def test_what_only_a_driver_lays_out_has_no_stride_to_be_pinned() -> None:
    hidden = port(image(modifiers=["ACME_TILED"]))
    platform = board(
        heaps={"own": heap("dram", via="drm")},
        devices={"camera": device("camera", capture=hidden), "panel": device("display", scanout=hidden)},
    )
    assert placed(platform).heap == "own"
    assert refusal(platform, pins=["frame:stride=512"]).conflict


def test_a_bare_port_takes_what_its_device_exports_whatever_else_it_takes() -> None:
    # linux-7.2.13:drivers/gpu/drm/drm_prime.c drm_gem_prime_import_dev(): its own object, nothing is attached.
    platform = board(
        heaps={"own": heap("dram", exporter="panel")},
        devices={"panel": device("display", scanout=port(takes_from="unknown"))},
    )
    question = pipeline(frame=buffer())
    assert placed(platform, question).heap == "own"
    assert compared("", platform, [question], ()) is None
