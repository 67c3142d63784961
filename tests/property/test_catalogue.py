"""A kind or a cost term may read whatever it is shown, and the answer is still the best lawful one.

What the solver remembers, and what it takes one candidate to stand for another for, must follow
from what the kinds and terms of the catalogue read. Each named test has a kind or a term that
reads something that is forgotten; the mutations draw others. The answer is compared with that of
trying every candidate (`tests.property.candidates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import heapwright
from heapwright.platforms.schema import Platform
from heapwright.solver import objective
from heapwright.solver.answer.plan import Answer, Infeasible, Plan
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates import refusals
from heapwright.solver.candidates.dominance import Rivals
from heapwright.solver.candidates.enumerate import Alike, Propagation
from heapwright.solver.constraints.reads import keyed
from heapwright.solver.layout.layout import PlaneLayout
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, device, heap, image, memory, pipeline, plan, port
from tests.property import catalogue, conversion_questions
from tests.property.brute import brute_force
from tests.property.candidates import Candidates
from tests.property.catalogue import holding
from tests.property.differential import difference, mutated, nothing_remembered
from tests.property.fields import NO_FACTS, Fields, read
from tests.property.mutations import MOST, Mutation, mutations, question, shown

PLAIN: Final = 200
DRAWS: Final = 200
LONG_DRAWS: Final = 2000
SCOPES: Final = (*catalogue.SCOPES, "placed", "counted")
TURNS: Final = port(image(), rotate=[0, 180])
BOTH: Final = port(image("XR24", "NV12"))


def asked(platform: Platform, *pipelines: Pipeline, added: Any, rank: int = 0) -> str | None:
    """How the answers part with that kind or term in the catalogue."""
    with holding(added, rank):
        return difference(platform, pipelines)


def _answer(platform: Platform, pipelines: Sequence[Pipeline]) -> Answer:
    return heapwright.solve(platform, pipelines, options=heapwright.Options(explain=False))


# Every candidate


def test_trying_every_candidate_gives_what_the_solver_and_the_judge_find() -> None:
    """So the comparison is not with a second account of the solver's own mistakes."""
    found, plans = [], 0
    for seed in range(PLAIN):
        platform, pipelines = question(seed)
        found.append(difference(platform, pipelines, most=MOST))
        if seed % 10 == 0:
            judged = brute_force(platform, pipelines)
            answer = heapwright.solve(platform, pipelines)
            assert (judged is None) == isinstance(answer, Infeasible)
            if judged is not None and isinstance(answer, Plan):
                plans += 1
                assert judged.cost == tuple(level.value for level in answer.levels)
    assert [text for text in found if text is not None] == []
    assert plans >= PLAIN // 20


@pytest.mark.parametrize("scope", catalogue.SCOPES)
def test_a_kind_that_is_always_violated_leaves_nothing(scope: Any) -> None:
    never = Budget(catalogue.NAME, "board", 0, "things", False)
    always = catalogue.kind(scope, lambda *values: True, asks=lambda need, *of: setattr(need, "bytes_max", 1))
    if scope == "budget":
        always = catalogue.budget(lambda: [(never, 1, 0)])
    assert isinstance(_answer(board(), [pipeline()]), Plan)
    with holding(always):
        assert difference(board(), [pipeline()]) is None
        assert not isinstance(_answer(board(), [pipeline()]), Plan)
    assert isinstance(_answer(board(), [pipeline()]), Plan)


@pytest.mark.parametrize("rank", range(len(objective.TERMS) + 1))
def test_a_term_is_a_level_of_the_plan(rank: int) -> None:
    with holding(catalogue.term("counted", int, "number"), rank):
        levels = plan(board(), pipeline(frame=buffer(count=3))).levels
    assert levels[rank].term == catalogue.NAME
    assert levels[rank].value == levels[rank].bound == 3


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("attachment", "heap.cpu"), ("heap", "backing.promise"), ("heap", "attachment.use"),
        ("reach", "layout.sizes"), ("reach", "attachment.rule"), ("reach", "attachments.*.rule.uses"),
        ("room", "attachment.use"), ("layout", "heap.cpu"),
    ],
)  # fmt: skip
def test_a_kind_may_not_read_what_its_scope_does_not_know(scope: Any, path: str) -> None:
    with pytest.raises(ValueError, match=f"added: {path} is not known"):
        catalogue.kind(scope, bool, path)


def test_a_rule_is_given_what_it_reads_and_nothing_else() -> None:
    given: list[tuple[Any, ...]] = []
    kind = catalogue.kind(
        "reach",
        lambda *values: bool(given.append(values)),
        "attachment.use.rotate",
        "heap.cpu",
        "attachments.#",
    )
    with holding(kind):
        _answer(TWO_HEAPS, [pipeline(a=turned())])
    assert {values[1:] for values in given} == {("cached", 2)}
    assert {values[0] for values in given} == {0, 180}


# False optima


TWO_HEAPS: Final = board(
    heaps={"cma": heap("dram"), "a_system": heap("dram", run="4KiB")},
    devices={"panel": device("display", scanout=TURNS)},
)
"""`a_system` comes first by name, and costs the same."""


def turned(angle: int = 180) -> dict[str, object]:
    return buffer(read_by={"port": "display.scanout", "rotate": angle})


def turned_and_scattered(rotate: int, run: int | None) -> bool:
    return rotate != 0 and run is not None


TURNED_AND_SCATTERED: Final = catalogue.kind(
    "reach", turned_and_scattered, "attachment.use.rotate", "backing.promise.run"
)


def test_a_kind_of_reach_may_read_how_a_port_is_used() -> None:
    files = pipeline(a=buffer(), b=turned())
    with holding(TURNED_AND_SCATTERED):
        assert isinstance(heapwright.solve(TWO_HEAPS, [files], pins=["b:heap=a_system"]), Infeasible)
        alone = plan(TWO_HEAPS, pipeline(b=turned())).placements[0]
        together = {placement.buffer: placement.heap for placement in plan(TWO_HEAPS, files).placements}
    assert alone.heap == together["b"] == "cma"
    assert together["a"] == "a_system"


def uncached(cpu: str, sizes: tuple[int, ...]) -> int:
    return 0 if cpu == "cached" else sum(sizes)


UNCACHED: Final = catalogue.term("placed", uncached, "heap.cpu", "sizes")


def test_a_term_may_read_how_a_heap_is_mapped() -> None:
    platform = board(heaps={"a_wc": heap("dram", cpu="write-combined"), "b_cached": heap("dram")})
    with holding(UNCACHED):
        free = plan(platform)
        pinned = [plan(platform, pins=[f"frame:heap={name}"]) for name in ("a_wc", "b_cached")]
    assert free.levels[0].value == min(each.levels[0].value for each in pinned) == 0
    assert free.placements[0].heap == "b_cached"


def scattered(run: int | None, *others: object) -> bool:
    return run is not None


def test_a_kind_of_heaps_may_read_what_is_asked_of_a_buffer() -> None:
    kind = catalogue.kind(
        "heap", lambda run, rate: run is not None and rate == 30, "heap.promise.run", "question.spec.rate"
    )
    assert asked(TWO_HEAPS, pipeline(a=buffer(), b=buffer(rate=30)), added=kind) is None


def test_a_kind_of_reach_may_read_who_else_touches_the_buffer() -> None:
    kind = catalogue.kind(
        "reach", lambda run, number: run is not None and number > 2, "backing.promise.run", "attachments.#"
    )
    both = buffer(read_by=["display.scanout", {"port": "display.scanout", "rotate": 180}])
    assert asked(TWO_HEAPS, pipeline(a=buffer(), b=both), added=kind) is None


@pytest.mark.parametrize("scope", ["reach", "run"])
def test_whom_a_kind_concerns_may_follow_from_how_a_port_is_used(scope: Any) -> None:
    kind = catalogue.kind(
        scope, scattered, "backing.promise.run", concerned_by=("attachment.use.rotate",), concern=bool
    )
    assert asked(TWO_HEAPS, pipeline(a=buffer(), b=turned()), added=kind) is None


def test_whom_a_kind_concerns_may_follow_from_an_image_rule() -> None:
    kind = catalogue.kind(
        "run",
        scattered,
        "backing.promise.run",
        concerned_by=("attachment.rule.formats",),
        concern=lambda formats: "XR24" in formats,
    )
    assert asked(TWO_HEAPS, pipeline(), added=kind) is None


def test_a_kind_of_layouts_may_read_how_a_port_is_used() -> None:
    kind = catalogue.kind("layout", bool, "use.rotate", asks=lambda need, *of: setattr(need, "multiple", 256))
    assert asked(TWO_HEAPS, pipeline(a=buffer(), b=turned()), added=kind) is None


def test_a_budget_may_charge_by_how_a_heap_is_mapped() -> None:
    platform = board(heaps={"a_wc": heap("dram", cpu="write-combined"), "b_cached": heap("dram")})
    none_left = Budget(catalogue.NAME, "board", 0, "things", False)
    kind = catalogue.budget(lambda cpu: [(none_left, int(cpu != "cached"), 0)], "heap.cpu")
    assert asked(platform, pipeline(), added=kind) is None


def test_a_term_may_be_less_for_a_larger_image() -> None:
    platform = board(
        devices={"camera": device("camera", capture=BOTH), "panel": device("display", scanout=BOTH)}
    )
    # 16 × 16 × 4 against 16 × 16 × 1.5
    term = catalogue.term("placed", lambda sizes: int(sum(sizes) < 1024), "sizes")
    assert asked(platform, pipeline(), added=term) is None


def test_a_term_may_read_the_rule_of_a_port() -> None:
    rules = port(image("XR24", stride={"multiple": 64}), image("XR24", stride={"multiple": 32}))
    platform = board(devices={"camera": device("camera", capture=rules)})
    term = catalogue.term(
        "placed", lambda multiples: int(multiples[0] != 32), "attachments.*.rule.stride.multiple"
    )
    assert asked(platform, pipeline(), added=term) is None


def test_reasons_do_not_change_with_a_term_that_is_the_same_everywhere() -> None:
    platform = board(
        memory={"cma": memory("64MiB", inside="dram")}, heaps={"a": heap("dram"), "b": heap("cma")}
    )
    before = plan(platform).placements[0].rejected
    with holding(catalogue.term("placed", lambda: 1), 2):
        after = plan(platform).placements[0].rejected
    assert [heap.reasons[0].kind for heap in before] == ["fine-load"]
    assert after == before


CONVERTING: Final = range(30, 50)


@pytest.mark.parametrize("rank", [0, 1, len(objective.TERMS)])
def test_conversions_do_not_change_with_a_term_that_is_always_nothing(rank: int) -> None:
    found, converted = [], 0
    for seed in CONVERTING:
        drawn = conversion_questions.question(seed)
        before = _answer(drawn.platform, drawn.pipelines)
        with holding(catalogue.term("placed", lambda: 0), rank):
            after = _answer(drawn.platform, drawn.pipelines)
        converted += isinstance(before, Plan) and bool(before.conversions)
        found += [] if _told(before) == _told(after) else [seed]
    assert found == []
    assert converted > 0


def _told(answer: Answer) -> object:
    if not isinstance(answer, Plan):
        return answer.status
    levels = [(level.term, level.value) for level in answer.levels if level.term != catalogue.NAME]
    return answer.status, answer.placements, answer.conversions, levels


# Mutations


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        ("attachment", ["attachment.use.rotate", "attachment.device.spec.dma.bits", "question.spec.rate"]),
        ("heap", ["heap.cpu", "heap.spec.largest", "question.domain.protected"]),
        (
            "reach",
            [
                "attachment.use.rotate",
                "attachments.#",
                "attachments.*.device.snoops",
                "backing.promise.run",
                "heap.memories.*.size",
            ],
        ),
        (
            "run",
            ["attachment.rule.formats", "layout.sizes", "layout.planes.*.stride", "backing.promise.align"],
        ),
        ("room", ["layout.size", "heap.cpu", "attachments.*.use.how_often"]),
        ("layout", ["rule.formats", "use.codec", "port.rotate"]),
        ("budget", ["sizes", "heap.cpu", "allocated", "attachments.*.use.how_often"]),
        ("placed", ["rate", "sizes", "backing.promise.granule"]),
        ("counted", ["number", "rank", "dropped", "placed.sizes"]),
    ],
)
def test_every_field_that_a_view_has_may_be_drawn(scope: str, paths: list[str]) -> None:
    known = Fields()
    views = [view for seed in range(3) for view in shown(scope, *question(seed))]
    found = {path for view in views for path, _ in known.of(view)}
    assert [path for path in paths if path not in found] == []
    steps = {step for path in found for step in path.split(".")}
    assert not steps & NO_FACTS.keys()


def test_a_field_that_is_new_is_drawn_by_itself() -> None:
    class View(NamedTuple):
        number: int
        inner: tuple[PlaneLayout, ...]

        @property
        def doubled(self) -> int:
            return 2 * self.number

    view = View(3, (PlaneLayout(0, 64, 128, 0), PlaneLayout(128, 32, 64, 0)))
    found = dict(Fields().of(view))
    assert found["number"] == 3
    assert found["doubled"] == 6
    assert found["inner.#"] == 2
    assert found["inner.*.stride"] == read(view, "inner.*.stride") == (64, 32)


def test_most_of_what_is_drawn_binds() -> None:
    bound = []

    @drawn(60)
    @given(mutations(SCOPES))
    def draw(mutation: Mutation) -> None:
        asked = mutation.question()
        before = Candidates(*asked)
        with holding(mutation.rule.made(), mutation.rule.rank):
            after = Candidates(*asked)
        bound.append(after.number <= MOST and before.said() != after.said())

    draw()
    assert sum(bound) >= len(bound) // 2


def drawn(number: int) -> settings:
    return settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=(HealthCheck.too_slow,),
    )


@drawn(DRAWS // 2)
@given(mutations(SCOPES))
def test_where_nothing_is_remembered_any_kind_and_any_term_is_heeded(mutation: Mutation) -> None:
    """So it is memos, equivalent heaps and dominance in which the tests below part, and nothing else."""
    with nothing_remembered():
        assert mutated(mutation) is None


@pytest.mark.long
@pytest.mark.timeout(600)
@drawn(LONG_DRAWS)
@given(mutations(SCOPES))
def test_where_nothing_is_remembered_any_kind_and_any_term_is_heeded_for_long(mutation: Mutation) -> None:
    with nothing_remembered():
        assert mutated(mutation) is None


@drawn(DRAWS)
@given(mutations(SCOPES))
def test_any_kind_and_any_term_is_heeded(mutation: Mutation) -> None:
    assert mutated(mutation) is None


@pytest.mark.long
@pytest.mark.timeout(600)
@drawn(LONG_DRAWS)
@given(mutations(SCOPES))
def test_any_kind_and_any_term_is_heeded_for_long(mutation: Mutation) -> None:
    assert mutated(mutation) is None


# That the mutations find what they are there for


def forgetting(*roots: str) -> Any:
    """Memo keys in which what stands under these is left out."""

    def forgetful(paths: tuple[str, ...], apart: frozenset[str] = frozenset()) -> Any:
        return keyed(tuple(path for path in paths if not path.startswith(roots)), apart)

    return forgetful


def disagreeing(scopes: Sequence[str]) -> bool:
    """Whether any of what is drawn is not heeded."""

    @drawn(DRAWS)
    @given(mutations(scopes))
    def draw(mutation: Mutation) -> None:
        assert mutated(mutation) is None

    try:
        draw()
    except AssertionError:
        return True
    return False


def test_a_memo_that_forgets_how_a_port_is_used_is_found_out() -> None:
    files = pipeline(a=buffer(), b=turned())
    with patch.object(refusals, "keyed", forgetting("attachment.use")):
        assert asked(TWO_HEAPS, files, added=TURNED_AND_SCATTERED) is not None


def test_a_memo_that_forgets_who_asks_is_found_out() -> None:
    with patch.object(refusals, "keyed", forgetting("attachment", "question")):
        assert disagreeing(["attachment", "reach"])


def test_a_memo_that_forgets_what_is_laid_out_is_found_out() -> None:
    with patch.object(refusals, "keyed", forgetting("layout")):
        assert disagreeing(["room", "run"])


def test_heaps_that_are_taken_for_equivalent_are_found_out() -> None:
    platform = board(heaps={"a_wc": heap("dram", cpu="write-combined"), "b_cached": heap("dram")})
    alike = Alike(0, 0, [object() for _ in range(99)])
    with patch.object(Propagation, "alike", lambda *about, **named: alike):
        assert asked(platform, pipeline(), added=UNCACHED) is not None
        assert disagreeing(["placed", "budget"])


def test_prices_that_are_remembered_for_another_heap_are_found_out() -> None:
    alike, keys = Propagation.alike, [object() for _ in range(99)]
    with patch.object(Propagation, "alike", lambda *of, **how: alike(*of, **how)._replace(keys=keys)):
        assert disagreeing(["placed", "budget"])


def test_images_that_are_taken_for_dominated_are_found_out() -> None:
    with patch.object(Rivals, "beaten", lambda self, index, placed: True):
        assert disagreeing(["placed", "counted", "budget"])
