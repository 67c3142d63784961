"""Plans with conversions: what the judge finds wrong with them, and what a frame runs into."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.judge.cost import cost
from heapwright.allocator.judge.judge import judge
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Conversion, Level, Placement, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import SOURCE, board, buffer, changed, device, heap, image, memory, pipeline, port
from tests.unit.allocator.plans_by_hand import CAMERA, PANEL, kinds, placement, plan, read, written

BOTH = image("XR24", "AR24")
READS = read("scaler", "source")
WRITES = written("scaler", "target")


def edge(*may_change: str, **facts: Any) -> dict[str, Any]:
    return {"from": "source", "to": "target", "may_change": list(may_change), "lossless": True, **facts}


def scaler(*edges: dict[str, Any], **facts: Any) -> dict[str, Any]:
    ports = {"source": port(BOTH), "target": port(BOTH)}
    return device("2d", **ports, converts=list(edges or (edge("format"),)), **facts)


def converting(*edges: dict[str, Any], **sections: Any) -> Platform:
    """A camera that writes XR24, a panel that shows AR24, and a scaler between them."""
    devices = {
        "panel": device("display", scanout=port(image("AR24"))),
        "scaler": scaler(*edges),
        **sections.pop("devices", {}),
    }
    return board(devices=devices, **sections)


def asked(**facts: Any) -> Pipeline:
    return changed(pipeline(frame=buffer(**facts)), "conversions", "allow")


def conversion(**changes: Any) -> Conversion:
    stated = {
        "pipeline": "test",
        "buffer": "frame",
        "reads": "frame",
        "writes": "frame>1",
        "device": "scaler",
        "from": "source",
        "to": "target",
        "changes": ("format",),
        "lossless": True,
        # 1024 bytes read and 1024 written, sixty times a second.
        "bytes_per_second": 60 * 2048,
        "text": "the scaler turns frame into AR24",
        "source": SOURCE,
    }
    return Conversion(**{**stated, **changes})


ROOT = placement(attachments=(CAMERA, READS))
SHOWN = placement(buffer="frame>1", format="AR24", attachments=(WRITES, PANEL))


def converted(*placements: Placement, steps: tuple[Conversion, ...] | None = None, **other: Any) -> Plan:
    return plan(*(placements or (ROOT, SHOWN)), conversions=steps or (conversion(),), **other)


def judged(platform: Platform, made: Plan | None = None, question: Pipeline | None = None) -> set[str]:
    return kinds(judge(platform, [question or asked()], made or converted()))


def test_a_conversion_along_a_declared_edge_is_lawful() -> None:
    assert judged(converting()) == set()
    assert judged(converting(edge("format", "memory", "stride"))) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "panel"},
        {"device": "nobody"},
        {"from": "target"},
        {"to": "source"},
        {"reads": "frame>1"},
        {"reads": "other"},
        {"writes": "frame>2"},
        {"buffer": "other"},
        {"lossless": False},
        {"changes": ()},
        {"changes": ("format", "memory")},
        {"bytes_per_second": 60},
        {"source": "hearsay"},
    ],
    ids=str,
)
def test_a_conversion_that_is_not_what_it_says(changes: dict[str, Any]) -> None:
    assert judged(converting(), converted(steps=(conversion(**changes),))) & {"conversion", "placements"}


def test_an_edge_changes_only_what_it_may() -> None:
    assert judged(converting(edge("stride"))) == {"conversion"}
    moved = SHOWN.model_copy(update={"heap": "other"})
    two = {"system": heap("dram"), "other": heap("dram")}
    both = (conversion(changes=("format", "memory")),)
    assert judged(converting(heaps=two), converted(ROOT, moved, steps=both)) == {"conversion"}
    assert (
        judged(converting(edge("format", "memory"), heaps=two), converted(ROOT, moved, steps=both)) == set()
    )


def test_colours_stay_where_the_format_stays() -> None:
    tinted = image("XR24", colours=["BT.601", "BT.709"])
    devices = {
        "camera": device("camera", capture=port(tinted)),
        "panel": device("display", scanout=port(tinted)),
        "scaler": device(
            "2d", source=port(tinted), target=port(tinted), converts=[edge("format", "memory", "stride")]
        ),
    }
    copied = SHOWN.model_copy(update={"format": "XR24", "colour": "BT.709"})
    root = ROOT.model_copy(update={"colour": "BT.601"})
    steps = (conversion(changes=()),)
    assert judged(board(devices=devices), converted(root, copied, steps=steps)) == {"colour-space"}
    same = copied.model_copy(update={"colour": "BT.601"})
    assert judged(board(devices=devices), converted(root, same, steps=steps)) == set()


def test_forbidden_and_lossy_conversions() -> None:
    assert judged(converting(), question=pipeline()) == {"conversion"}
    lossy = converted(steps=(conversion(lossless=False),))
    platform = converting(edge("format", lossless="unknown"))
    assert judged(platform, lossy) == set()
    assert judged(platform, lossy, asked(conversions="lossless")) == {"conversion"}
    assert judged(converting(), question=asked(conversions="lossless")) == set()


def test_every_end_of_a_chain_is_read_by_somebody() -> None:
    unread = placement(buffer="frame>1", format="AR24", count=1, attachments=(WRITES,))
    root = placement(count=3, attachments=(CAMERA, PANEL, READS))
    assert judged(
        converting(devices={"panel": device("display", scanout=port())}), converted(root, unread)
    ) == {"conversion"}


def test_a_chain_of_four_is_too_long() -> None:
    platform = converting(edge("format", "memory"))
    middle = [
        placement(buffer=f"frame>{number}", format="AR24", attachments=(WRITES, READS))
        for number in (1, 2, 3)
    ]
    last = placement(buffer="frame>4", format="AR24", attachments=(WRITES, PANEL))
    names = ["frame", *(f"frame>{number}" for number in range(1, 5))]
    steps = tuple(
        conversion(reads=before, writes=after, changes=("format",) if before == "frame" else ())
        for before, after in pairwise(names)
    )
    assert judged(platform, converted(ROOT, *middle, last, steps=steps)) == {"conversion"}
    third = placement(buffer="frame>3", format="AR24", attachments=(WRITES, PANEL))
    assert judged(platform, converted(ROOT, *middle[:2], third, steps=steps[:3])) == set()


def test_converters_hold_buffers_too() -> None:
    # The camera holds one and the scaler one of each ring.
    fewer = placement(count=1, attachments=(CAMERA, READS))
    assert judged(converting(), converted(fewer, SHOWN)) == {"count"}
    more = SHOWN.model_copy(update={"count": 3})
    assert judged(converting(), converted(ROOT, more)) == {"count"}
    # What the file says of the count is said of the root alone.
    three = ROOT.model_copy(update={"count": 3})
    assert judged(converting(), converted(three, SHOWN), asked(count=3)) == set()


def test_what_the_file_says_of_formats_binds_the_root_alone() -> None:
    assert judged(converting(), question=asked(formats=["XR24"])) == set()
    assert "format" in judged(converting(), question=asked(formats=["AR24"]))


def test_converters_obey_what_every_attachment_obeys() -> None:
    blind = scaler() | {"dma": {"bits": 12}}
    assert judged(converting(devices={"scaler": blind})) == {"address-reach"}
    picky = scaler() | {"imports": "none"}
    assert judged(converting(devices={"scaler": picky})) == {"importer-refuses"}
    single = device("2d", source=port(BOTH), target=port(BOTH, uses={"unit": 1}), converts=[edge("format")])
    assert judged(converting(devices={"scaler": single}, resources={"unit": 0})) == {"resource"}


@pytest.mark.parametrize(("most", "expected"), [(61440, set()), (61439, {"conversion"})])
def test_throughput_counts_what_is_read(most: int, expected: set[str]) -> None:
    # 1024 bytes, sixty times a second.
    assert judged(converting(edge("format", throughput=most))) == expected


def test_the_other_of_two_edges_takes_what_the_first_cannot() -> None:
    slow = edge("format", throughput=1)
    assert judged(converting(slow, edge("format", "stride"))) == set()
    assert judged(converting(slow, edge("stride"))) == {"conversion"}


def test_levels_of_conversions_are_checked() -> None:
    def levels(lossy: int, moved: int) -> tuple[Level, ...]:
        terms = (("lossy-conversions", lossy), ("conversion-bytes", moved))
        return tuple(Level(term=term, value=value, bound=value, gap=0.0) for term, value in terms)

    assert judged(converting(), converted(levels=levels(0, 122880))) == set()
    assert judged(converting(), converted(levels=levels(1, 122880))) == {"levels"}
    assert judged(converting(), converted(levels=levels(0, 122879))) == {"levels"}


def test_conversions_by_the_cpu_count_64_fold_and_four_losses() -> None:
    assert cost(converting(), [asked()], converted())[:3] == (0, 0, 122880)
    cpu = device(
        "cpu",
        read=port(BOTH),
        write=port(BOTH),
        converts=[{"from": "read", "to": "write", "may_change": ["format"]}],
    )
    root = ROOT.model_copy(update={"attachments": (CAMERA, read("cpu", "read"))})
    shown = SHOWN.model_copy(update={"attachments": (written("cpu", "write"), PANEL)})
    made = converted(
        root, shown, steps=(conversion(device="cpu", **{"from": "read"}, to="write", lossless=False),)
    )
    platform = converting(devices={"cpu": cpu})
    assert judged(platform, made) == set()
    assert cost(platform, [asked()], made)[:3] == (4, 0, 64 * 122880)
    still = [each.model_copy(update={"rate": 0}) for each in made.placements]
    resting = made.model_copy(
        update={
            "placements": tuple(still),
            "conversions": (made.conversions[0].model_copy(update={"bytes_per_second": 0}),),
        }
    )
    assert judged(platform, resting, asked(rate=0)) == set()
    assert cost(platform, [asked(rate=0)], resting)[:3] == (4, 0, 64 * 2048)


# A frame through a conversion


def frame(
    platform: Platform, made: Plan, question: Pipeline | None = None, skipped: tuple[str, ...] = ()
) -> set[str]:
    pretended, questions = SimulatedBoard(platform), [question or asked()]
    with execute(platform, questions, made, pretended) as allocation:
        faults = run_frame(pretended, questions, allocation, skipped)
        assert pretended.faults == list(faults)
    return kinds(faults)


def test_readers_find_what_a_converter_made() -> None:
    assert frame(converting(), converted()) == set()
    copied = SHOWN.model_copy(update={"format": "XR24", "heap": "far"})
    platform = converting(
        edge("memory"),
        memory={"bank": memory("1MiB", base=1 << 31)},
        heaps={"system": heap("dram"), "far": heap("bank")},
        devices={"panel": device("display", scanout=port())},
    )
    assert frame(platform, converted(ROOT, copied, steps=(conversion(changes=("memory",)),))) == set()


def test_a_conversion_that_is_not_run_leaves_nothing_to_read() -> None:
    assert frame(converting(), converted(), skipped=("frame>1",)) == {"corrupt-read-back"}


def test_a_conversion_that_is_left_out_of_the_plan_is_found() -> None:
    made = plan(ROOT, SHOWN)
    assert judged(converting(), made) == {"placements"}


def test_a_reader_of_the_wrong_placement_is_found() -> None:
    # The panel shows AR24 and looks at the XR24 of the root.
    root = placement(count=3, attachments=(CAMERA, READS, PANEL))
    unread = placement(buffer="frame>1", format="AR24", count=1, attachments=(WRITES,))
    assert {"conversion", "format"} >= frame(converting(), converted(root, unread)) != set()


def test_a_converter_that_lays_bytes_its_own_way_spoils_the_copy() -> None:
    # The scaler rounds the 64 bytes of a row to 96 when it writes.
    ports = {"source": port(BOTH), "target": port(image("AR24", stride={"multiple": 96}))}
    odd = device("2d", **ports, converts=[edge("format")])
    assert "corrupt-read-back" in frame(converting(devices={"scaler": odd}), converted())


def test_a_converter_that_misreads_writes_nothing() -> None:
    ports = {"source": port(image("XR24", stride={"multiple": 96})), "target": port(BOTH)}
    odd = device("2d", **ports, converts=[edge("format")])
    assert frame(converting(devices={"scaler": odd}), converted()) == {"corrupt-read-back"}


def test_an_attachment_of_another_port_is_found() -> None:
    wrong = SHOWN.model_copy(
        update={"attachments": (AttachedPort(device="scaler", port="source", access="read"), PANEL)}
    )
    assert "conversion" in frame(converting(), converted(ROOT, wrong))
    assert "conversion" in judged(converting(), converted(ROOT, wrong))


def test_raw_data_is_copied_too() -> None:
    devices = {
        "sender": device("npu", output={"images": [], "source": SOURCE}),
        "taker": device("npu", input={"images": [], "source": SOURCE}),
        "mover": device(
            "2d",
            source={"images": [], "source": SOURCE},
            target={"images": [], "source": SOURCE},
            converts=[edge("memory")],
        ),
    }
    platform = board(devices=devices, heaps={"system": heap("dram"), "other": heap("dram")})
    raw = {
        "format": None,
        "modifier": None,
        "modifier_value": None,
        "width": 0,
        "height": 0,
        "coded_width": 0,
        "coded_height": 0,
    }
    flat = {"planes": (ROOT.planes[0].model_copy(update={"stride": 0}),)}
    root = placement(**raw, **flat, attachments=(written("sender", "output"), read("mover", "source")))
    copy = placement(
        buffer="frame>1",
        heap="other",
        **raw,
        **flat,
        attachments=(written("mover", "target"), read("taker", "input")),
    )
    question = changed(
        pipeline(frame=buffer(bytes=1024, written_by="npu.output", read_by="npu#2.input")),
        "conversions",
        "allow",
    )
    made = converted(root, copy, steps=(conversion(device="mover", changes=("memory",)),))
    assert judged(platform, made, question) == set()
    assert frame(platform, made, question) == set()
    # A converter of images takes no raw data.
    picture = changed(platform, "devices.mover.ports.target.images", [image()])
    assert judged(picture, made, question) == {"conversion"}
