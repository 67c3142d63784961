"""live: buffers that exist already are fixed, charged, and never moved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.errors import InputError
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Placement, Plan
from heapwright.solver.question.load import live_from, load_live
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    iommu,
    memory,
    peak,
    pipeline,
    placed,
    plan,
    port,
    refusal,
    said,
)

OLD = pipeline("old", frame=buffer(size="32x32", count=2))


def small(**facts_of_memory: Any) -> Platform:
    """Two memories of four pages; the panel behind an IOMMU that maps six."""
    return board(
        memory={
            "m0": memory("16KiB", base="4GiB", **facts_of_memory),
            "m1": memory("16KiB", base="5GiB", **facts_of_memory),
        },
        heaps={"h0": heap("m0"), "h1": heap("m1", buffers=4)},
        iommus={"mmu0": iommu(aperture={"size": "28KiB"})},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )


def test_they_are_charged_to_their_memory() -> None:
    live = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    four = pipeline("new", frame=buffer(size="32x32", count=4))
    assert placed(small(), four, live=live).heap == "h1"


def test_they_are_charged_to_everything_else_that_is_shared() -> None:
    # Two of six pages behind the IOMMU are mapped; five more are one too many.
    live = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    answer = refusal(small(), pipeline("new", a=buffer(size="32x32", count=5)), live=live)
    assert ("iova-aperture", "mmu0") in facts(answer)
    assert said(answer, "iova-aperture") == (
        "5 × a, live buffers need 28672 bytes of bus addresses behind mmu0; its aperture has 24576"
    )


def test_they_are_never_in_an_answer() -> None:
    live = plan(small(), OLD).placements
    answer = plan(small(), pipeline("new", frame=buffer()), live=live)
    assert [(p.pipeline, p.buffer) for p in answer.placements] == [("new", "frame")]


def test_an_answer_with_everything_live_and_nothing_new_to_place_there() -> None:
    live = plan(small(), pipeline("old", frame=buffer(size="32x32", count=4))).placements
    heap_of_old = live[0].heap
    answer = plan(small(), pipeline("new", frame=buffer(size="32x32", count=2)), live=live)
    assert answer.placements[0].heap != heap_of_old


def test_more_live_than_there_is_room_for_is_said_to_be_so() -> None:
    live = plan(
        small(), pipeline("old", frame=buffer(size="32x32", count=4)), pins=["frame:heap=h0"]
    ).placements
    shrunk = board(
        memory={"m0": memory("8KiB", base="4GiB")},
        heaps={"h0": heap("m0")},
        devices={"panel": device("display", scanout=port())},
    )
    answer = refusal(shrunk, pipeline("new", frame=buffer(count=1, read_by=[])), live=live)
    assert facts(answer) == [("capacity", "m0")]
    assert said(answer, "capacity") == "frame, live buffers need 20 KiB of m0, which has 8 KiB free"


def test_planes_in_dmabufs_of_their_own_are_charged_each() -> None:
    rule = {"formats": ["NV12"], "dmabufs": [2]}
    devices = {"camera": device("camera", capture=port(rule)), "panel": device("display", scanout=port(rule))}
    platform = board(memory={"m0": memory("20KiB", base="4GiB")}, heaps={"h0": heap("m0")}, devices=devices)
    live = plan(platform, pipeline("old", frame=buffer(count=2))).placements  # 2 × (4 + 4) KiB
    assert facts(refusal(platform, pipeline("new", frame=buffer(count=2)), live=live))[0] == (
        "capacity",
        "m0",
    )


def test_an_older_answer_without_sizes_is_charged_by_its_size() -> None:
    [old] = plan(small(), OLD, pins=["frame:heap=h0"]).placements
    live = [old.model_copy(update={"sizes": ()})]
    assert placed(small(), pipeline("new", frame=buffer(size="32x32", count=4)), live=live).heap == "h1"


def elsewhere(**changes: Any) -> list[Placement]:
    [old] = plan(small(), OLD).placements
    return [old.model_copy(update=changes)]


@pytest.mark.parametrize(
    ("live", "message"),
    [
        (elsewhere(heap="cma"), "live buffer 'frame': bench has no heap 'cma'; heaps are h0, h1"),
        (
            elsewhere(attachments=(AttachedPort(device="gpu0", port="render", access="write"),)),
            "live buffer 'frame': bench has no gpu0.render",
        ),
        (
            elsewhere(attachments=(AttachedPort(device="panel", port="cursor", access="read"),)),
            "live buffer 'frame': bench has no panel.cursor",
        ),
    ],
)
def test_what_the_board_lacks_is_bad_input(live: list[Placement], message: str) -> None:
    with pytest.raises(InputError, match=message):
        solve(small(), [pipeline("new", frame=buffer())], live=live)


# What attachments say, so that what is there is charged as if it were asked again.


def turning(**facts_of_board: Any) -> Platform:
    """Scan-out takes one of two rotators, or both for a picture that it turns."""
    upright = image(when={"rotate": [0]}, uses={"rotator": 1})
    turned = image(when={"rotate": [90]}, uses={"rotator": 2})
    return board(
        resources={"rotator": 2},
        devices={"panel": device("display", scanout=port(turned, upright))},
        **facts_of_board,
    )


TURNED = {"port": "display.scanout", "rotate": 90}


def seldom() -> Platform:
    """A 16x16 XR24 is 1024 bytes: 60 of them a second are 61440, rarely 3840; dram carries 140000."""
    return board(memory={"dram": memory(bandwidth=peak(140000))})


SELDOM = {"port": "display.scanout", "how_often": "rarely"}


def converting(throughput: int, *more: int) -> Platform:
    """A camera and a panel of different formats, and a blitter between; 61440 bytes a second go through."""
    edge = {"from": "source", "to": "target", "may_change": ["format", "stride"], "lossless": True}
    return board(
        devices={
            "panel": device("display", scanout=port(image("XB24"))),
            "blitter": device(
                "2d",
                source=port(),
                target=port(image("XB24")),
                converts=[{**edge, "throughput": most} for most in (throughput, *more)],
            ),
        }
    )


def converted(name: str) -> Pipeline:
    return pipeline(name, frame=buffer()).model_copy(update={"conversions": "allow"})


def written(answer: Plan) -> list[dict[str, Any]]:
    """The attachments of an answer as JSON, what every one says left out."""
    data = json.loads(answer.model_dump_json(by_alias=True))
    said = [each for placement in data["placements"] for each in placement["attachments"]]
    return [{key: value for key, value in each.items() if key not in ("port", "access")} for each in said]


def as_file(answer: Plan, folder: Path) -> tuple[Placement, ...]:
    file = folder / "plan.json"
    file.write_text(answer.model_dump_json(by_alias=True))
    return load_live(file)


def test_a_turned_picture_keeps_what_turning_takes(tmp_path: Path) -> None:
    first = plan(turning(), pipeline("old", frame=buffer(read_by=TURNED)))
    assert written(first) == [{"device": "camera"}, {"device": "panel", "uses": {"rotator": 2}}]
    answer = refusal(turning(), pipeline("new"), live=as_file(first, tmp_path))
    assert ("resource", "rotator") in facts(answer)  # 2 + 1 > 2
    jointly = refusal(turning(), pipeline("old", frame=buffer(read_by=TURNED)), pipeline("new"))
    assert ("resource", "rotator") in facts(jointly)


def test_an_upright_picture_leaves_the_other_rotator(tmp_path: Path) -> None:
    first = plan(turning(), pipeline("old"))
    assert placed(turning(), pipeline("new"), live=as_file(first, tmp_path))


def test_a_rule_that_uses_nothing_where_another_would_says_so() -> None:
    rules = image(when={"rotate": [0]}), image(when={"rotate": [90]}, uses={"rotator": 2})
    platform = board(resources={"rotator": 2}, devices={"panel": device("display", scanout=port(*rules))})
    first = plan(platform, pipeline("old"))
    assert written(first) == [{"device": "camera"}, {"device": "panel", "uses": {}}]
    turned = pipeline("new", frame=buffer(read_by=TURNED))
    assert placed(platform, turned, live=first.placements)


def test_what_the_port_takes_whatever_the_rule_is_part_of_it() -> None:
    rule = image(uses={"plane": 1, "scaler": 1})
    platform = board(
        resources={"plane": 3, "scaler": 4},
        devices={"panel": device("display", scanout=port(rule, uses={"plane": 1}))},
    )
    first = plan(platform, pipeline("old"))
    assert written(first)[1] == {"device": "panel", "uses": {"plane": 2, "scaler": 1}}
    answer = refusal(platform, pipeline("new"), live=first.placements)
    assert said(answer, "resource") == "frame, live buffers need 4 plane; there are 3"


def test_an_answer_that_does_not_say_is_charged_the_most_of_each_resource() -> None:
    # Either rule may have been taken: one a and three b, or two a and one b.
    rules = (
        image(when={"rotate": [0]}, uses={"a": 1, "b": 3}),
        image(when={"rotate": [90]}, uses={"a": 2, "b": 1}),
    )
    platform = board(resources={"a": 3, "b": 5}, devices={"panel": device("display", scanout=port(*rules))})
    [old] = plan(platform, pipeline("old")).placements
    mute = old.model_copy(
        update={"attachments": tuple(each.model_copy(update={"uses": None}) for each in old.attachments)}
    )
    assert ("resource", "b") in facts(refusal(platform, pipeline("new"), live=[mute]))  # 3 + 3 > 5
    turned = pipeline("new", frame=buffer(read_by=TURNED))
    assert ("resource", "a") in facts(refusal(platform, turned, live=[mute]))  # 2 + 2 > 3
    assert placed(platform, turned, live=[old])  # 1 + 2 of a, 3 + 1 of b


def test_what_is_rarely_touched_is_charged_as_rarely(tmp_path: Path) -> None:
    # Jointly 2 × (61440 + 3840) = 130560; what reads often alone takes 122880.
    first = plan(seldom(), pipeline("old", frame=buffer(read_by=SELDOM)))
    assert written(first) == [{"device": "camera"}, {"device": "panel", "how_often": "rarely"}]
    second = pipeline("new", frame=buffer(read_by=SELDOM))
    assert placed(seldom(), second, live=as_file(first, tmp_path))
    often = plan(seldom(), pipeline("old")).placements
    assert ("resource", "dram") in facts(refusal(seldom(), second, live=often))


def test_what_goes_through_an_edge_is_charged_to_it(tmp_path: Path) -> None:
    first = plan(converting(100000), converted("old"))
    assert [placement.buffer for placement in first.placements] == ["frame", "frame>1"]
    assert written(first) == [
        {"device": "camera"},
        {"device": "blitter", "converts": 0},
        {"device": "blitter", "converts": 0},
        {"device": "panel"},
    ]
    live = as_file(first, tmp_path)
    answer = refusal(converting(100000), converted("new"), live=live)
    assert ("conversion", "blitter.source>target") in facts(answer)
    # With 122880 both go through: twice 61440.
    assert placed(converting(122880), converted("new"), live=live)
    assert refusal(converting(122879), converted("new"), live=live)


def test_of_two_edges_between_the_same_ports_the_one_taken_is_charged() -> None:
    # Only the second gets through what the first file needs; the other file needs as much.
    first = plan(converting(1000, 100000), converted("old"))
    assert {each["converts"] for each in written(first) if "converts" in each} == {1}
    assert refusal(converting(1000, 100000), converted("new"), live=first.placements)
    assert placed(converting(100000, 100000), converted("new"), live=first.placements)


def test_a_reader_that_is_no_converter_says_nothing_of_edges() -> None:
    platform = converting(100000)
    answer = plan(platform, pipeline("old", frame=buffer(read_by="2d.source")))
    assert written(answer) == [{"device": "camera"}, {"device": "blitter"}]


def test_what_an_attachment_cannot_be_is_bad_input() -> None:
    platform = converting(100000)
    [frame, copy] = plan(platform, converted("old")).placements
    camera, blitter = frame.attachments
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"converts": 1}, "blitter.source is no side of an edge 1 of blitter"),
        ({"converts": 0, "access": "write"}, "blitter.source is no side of an edge 0 of blitter"),
        ({"uses": {"rotator": 1}}, "blitter.source uses 'rotator', and bench has no such resource"),
    ]
    for changes, message in wrong:
        attachments = (camera, blitter.model_copy(update=changes))
        live = [frame.model_copy(update={"attachments": attachments}), copy]
        with pytest.raises(InputError, match=f"live buffer 'frame': {message}"):
            solve(platform, [pipeline("new")], live=live)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"how_often": "never"}, "how_often: expected often or rarely, got 'never'"),
        ({"converts": -1}, "converts: expected at least 0"),
        ({"uses": {"a": 0}}, "uses.a: expected at least 1"),
    ],
)
def test_what_no_attachment_says_is_refused(said: dict[str, Any], message: str) -> None:
    [placement] = json.loads(plan(board()).model_dump_json(by_alias=True))["placements"]
    placement["attachments"][0] |= said
    with pytest.raises(InputError, match=rf"attachments\[0\].{message}"):
        live_from([placement])


def test_the_judge_charges_what_is_there_the_same() -> None:
    cases: list[tuple[Platform, Pipeline, Pipeline, str]] = [
        (turning(), pipeline("old", frame=buffer(read_by=TURNED)), pipeline("new"), "resource"),
        (converting(100000), converted("old"), converted("new"), "conversion"),
    ]
    for platform, old, new, kind in cases:
        live = plan(platform, old).placements
        alone = plan(platform, new)
        assert {fault.kind for fault in judge(platform, [new], alone, live)} == {kind}
    new = pipeline("new", frame=buffer(read_by=SELDOM))
    live = plan(seldom(), pipeline("old", frame=buffer(read_by=SELDOM))).placements
    assert judge(seldom(), [new], plan(seldom(), new), live) == ()
