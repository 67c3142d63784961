"""What attachments say: true of the plan they are in, and charged when others come beside them."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.faults import PlanFault
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, device, image, memory, peak, pipeline, plan, port, refusal

RULES = image(when={"rotate": [0]}, uses={"rotator": 1}), image(when={"rotate": [90]}, uses={"rotator": 2})
TURNED = {"port": "display.scanout", "rotate": 90}
SELDOM = {"port": "display.scanout", "how_often": "rarely"}
EDGE = {"from": "source", "to": "target", "may_change": ["format", "stride"], "lossless": True}


def rotating(number: int = 2) -> Platform:
    return board(resources={"rotator": number}, devices={"panel": device("display", scanout=port(*RULES))})


def blitting(*edges: dict[str, Any]) -> Platform:
    blitter = device(
        "2d", source=port(), target=port(image("XB24")), converts=[{**EDGE, **edge} for edge in edges]
    )
    return board(devices={"panel": device("display", scanout=port(image("XB24"))), "blitter": blitter})


def converted(name: str = "test") -> Pipeline:
    return pipeline(name).model_copy(update={"conversions": "allow"})


def told(placement: Placement, device: str, **changes: Any) -> Placement:
    """A placement in which an attachment says something else."""
    attached = [
        each.model_copy(update=changes) if each.device == device else each for each in placement.attachments
    ]
    return placement.model_copy(update={"attachments": tuple(attached)})


def lying(answer: Plan, device: str, **changes: Any) -> Plan:
    placements = tuple(told(each, device, **changes) for each in answer.placements)
    return answer.model_copy(update={"placements": placements})


def found(faults: tuple[PlanFault, ...]) -> list[tuple[str, str]]:
    return [(fault.kind, fault.text) for fault in faults]


def test_what_is_said_of_resources_is_true() -> None:
    answer = plan(rotating())
    assert judge(rotating(), [pipeline()], answer) == ()
    assert judge(rotating(), [pipeline()], lying(answer, "panel", uses=None)) == (), "it need not say"
    for uses in ({}, {"rotator": 2}, {"rotator": 1, "other": 1}):
        faults = judge(rotating(), [pipeline()], lying(answer, "panel", uses=uses))
        assert found(faults) == [("uses", "no choice of rules uses what is said")]


def test_of_several_rules_any_may_be_the_one() -> None:
    either = board(
        resources={"a": 1, "b": 1},
        devices={"panel": device("display", scanout=port(image(uses={"a": 1}), image(uses={"b": 1})))},
    )
    answer = plan(either)
    for uses in ({"a": 1}, {"b": 1}):
        assert judge(either, [pipeline()], lying(answer, "panel", uses=uses)) == ()
    assert judge(either, [pipeline()], lying(answer, "panel", uses={"a": 1, "b": 1})) != ()


def test_what_is_said_of_a_way_that_is_taken_is_what_is_charged() -> None:
    # Unsaid, the two could take one resource each; both say that it is the first.
    either = board(
        resources={"a": 1, "b": 1},
        devices={"panel": device("display", scanout=port(image(uses={"a": 1}), image(uses={"b": 1})))},
    )
    two = pipeline(one=buffer(), other=buffer())
    answer = plan(either, two)
    assert judge(either, [two], lying(answer, "panel", uses=None)) == ()
    assert found(judge(either, [two], lying(answer, "panel", uses={"a": 1}))) == [
        ("resource", "needs 2 a of 1")
    ]


def test_what_is_said_of_how_often_is_what_was_asked() -> None:
    asked = pipeline(frame=buffer(read_by=SELDOM))
    answer = plan(board(), asked)
    assert judge(board(), [asked], answer) == ()
    assert found(judge(board(), [asked], lying(answer, "panel", how_often="often"))) == [
        ("how-often", "scanout touches it often, which was not asked for")
    ]
    assert found(judge(board(), [pipeline()], answer)) == [
        ("how-often", "scanout touches it rarely, which was not asked for")
    ]


def test_who_is_said_to_convert_does_so_by_that_edge() -> None:
    platform = blitting({"lossless": False}, {}, {})
    answer = plan(platform, converted())
    assert judge(platform, [converted()], answer) == ()
    assert judge(platform, [converted()], lying(answer, "blitter", converts=None)) == (), "it need not say"
    assert judge(platform, [converted()], lying(answer, "blitter", converts=2)) == (), "it is as good"
    for number in (0, 3):  # the lossy one; none
        assert ("conversion", f"edge {number} does not make it") in found(
            judge(platform, [converted()], lying(answer, "blitter", converts=number))
        )
    one_side = answer.model_copy(
        update={"placements": (told(answer.placements[0], "blitter", converts=None), *answer.placements[1:])}
    )
    assert judge(platform, [converted()], one_side) == ()
    other = answer.model_copy(
        update={"placements": (told(answer.placements[0], "blitter", converts=2), *answer.placements[1:])}
    )
    assert found(judge(platform, [converted()], other)) == [
        ("conversion", "source is not the side of edge 2 that would read it")
    ]
    assert found(judge(board(), [pipeline()], lying(plan(board()), "panel", converts=0))) == [
        ("conversion", "scanout is not the side of edge 0 that would read it")
    ]


def test_a_turned_picture_that_is_there_is_charged_as_turned() -> None:
    live = plan(rotating(), pipeline("old", frame=buffer(read_by=TURNED))).placements
    answer = plan(rotating(), pipeline("new"))
    assert found(judge(rotating(), [pipeline("new")], answer, live)) == [("resource", "needs 3 rotator of 2")]
    mute = [told(live[0], "panel", uses=None)]
    assert found(judge(rotating(), [pipeline("new")], answer, mute)) == [("resource", "needs 3 rotator of 2")]
    upright = plan(rotating(), pipeline("old")).placements
    assert judge(rotating(), [pipeline("new")], answer, upright) == ()
    mute = [told(upright[0], "panel", uses=None)]
    assert judge(rotating(), [pipeline("new")], answer, mute) != (), "it may have been turned"


def test_who_may_use_more_than_there_is_uses_all_there_is() -> None:
    # Two files that do not say how they show their pictures: two rotators each at most, of two.
    two = [plan(rotating(4), pipeline(name)).placements[0] for name in ("one", "other")]
    live = [told(each, "panel", uses=None) for each in two]
    bare = pipeline("new", frame=buffer(read_by=[], count=1))
    assert judge(rotating(), [bare], plan(rotating(), bare, live=live), live) == ()
    shown = pipeline("new")
    assert found(judge(rotating(), [shown], plan(rotating(), shown), live)) == [
        ("resource", "needs 3 rotator of 2")
    ]
    assert refusal(rotating(), shown, live=live)


@pytest.mark.parametrize(("most", "fits"), [(130560, True), (130559, False)])
def test_who_is_there_and_reads_rarely_takes_a_sixteenth(most: int, fits: bool) -> None:
    # Two files, each 1024 bytes × 60 written and a sixteenth of that read: 2 × (61440 + 3840).
    platform = board(memory={"dram": memory(bandwidth=peak(most))})
    old, new = (pipeline(name, frame=buffer(read_by=SELDOM)) for name in ("old", "new"))
    live, answer = plan(platform, old).placements, plan(platform, new)
    assert (judge(platform, [new], answer, live) == ()) == fits


def test_what_goes_through_an_edge_already_is_charged_to_it() -> None:
    # 61440 bytes a second go through each time.
    for most, fits in ((122880, True), (122879, False)):
        platform = blitting({"throughput": most})
        live, answer = plan(platform, converted("old")).placements, plan(platform, converted("new"))
        assert (judge(platform, [converted("new")], answer, live) == ()) == fits
        before = [told(each, "blitter", converts=None) for each in live]
        assert judge(platform, [converted("new")], answer, before) == (), "answers that say nothing of edges"
