"""Every engine against all choices tried one by one, and against CP-SAT alone."""

from __future__ import annotations

import pytest

from heapwright.solver.search import cheapest, choose, fronts, model, packing
from heapwright.solver.search.choose import Engine
from heapwright.solver.search.presolve import presolved
from heapwright.solver.search.selection import CostLevel, EngineAnswer, SearchLimits, Selection
from tests.unit.solver.search import selections
from tests.unit.solver.search.selections import asked, brute, column, drawn

ALL = SearchLimits()
EXACT: dict[str, Engine] = {"cheapest": cheapest.best, "packing": packing.best, "fronts": fronts.best}


def _holds(said: EngineAnswer | None, question: Selection, best: tuple[int, ...] | None) -> None:
    """What an engine says is true, as far as it goes."""
    if said is None:
        return
    values = None if best is None else question.values(best)
    if said.status == "infeasible":
        assert best is None
    if said.counts:
        assert values is not None
        assert question.allows(said.counts)
        assert list(said.bounds) <= values <= question.values(said.counts)
        assert said.status != "optimal" or values == question.values(said.counts)


@pytest.mark.parametrize("start", range(0, 3000, 250))
def test_engines_find_what_trying_all_finds(start: int) -> None:
    for seed in range(start, start + 250):
        question = drawn(seed)
        best = brute(question)
        for name, engine in EXACT.items():
            said = engine(question, ALL, None)
            _holds(said, question, best)
            if said and said.status == "optimal" and question.levels:
                assert said.counts == best, f"{name} has other names, seed {seed}"
        assert fronts.best(question, ALL) is not None


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_cp_sat_alone_finds_what_all_engines_find(start: int) -> None:
    for seed in range(start, start + 50):
        question = drawn(seed)
        best = brute(question)
        alone, together = model.alone(question, ALL), choose.answered(question, ALL)[0]
        _holds(alone, question, best)
        _holds(together, question, best)
        assert alone.status == together.status
        assert alone.status in ("optimal", "infeasible")
        _holds(model.best(question, ALL), question, best)


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_nothing_that_may_be_best_is_presolved_away(start: int) -> None:
    for seed in range(start, start + 250):
        question = drawn(seed)
        best = brute(question)
        small, kept = presolved(question, None)
        left = brute(small)
        assert (best is None) == (left is None)
        if best is not None and left is not None and question.levels:
            counts = dict(zip(kept, left, strict=True))
            assert best == tuple([counts.get(v, 0) for v in range(question.variables)])


@pytest.mark.parametrize("eligible", [1.0, 0.7])
@pytest.mark.parametrize("start", range(0, 300, 100))
def test_packing_decides_what_fits(eligible: float, start: int) -> None:
    said = []
    for seed in range(start, start + 100):
        question = selections.packing(seed, eligible=eligible)
        answer = packing.best(question, ALL)
        assert answer is not None
        _holds(answer, question, brute(question))
        said.append(answer.status)
    assert {"optimal", "infeasible"} == set(said)


def test_a_smaller_pool_never_helps() -> None:
    # A sweep of one budget: feasible from some room on, and at no more cost with more.
    for seed in range(12):
        question = drawn(seed)
        if not question.rooms or not question.levels:
            continue
        found: list[int] | None = None
        for room in range(0, 4 * max(question.rooms) + 2, max(1, max(question.rooms) // 8)):
            sweep = question._replace(rooms=(room, *question.rooms[1:]))
            said, best = choose.answered(sweep, ALL)[0], brute(sweep)
            assert (best is None) == (said.status == "infeasible")
            if said.counts:
                values = sweep.values(said.counts)
                assert found is None or values <= found
                found = values
            else:
                assert found is None


def test_the_first_engine_names_the_budget_that_is_short() -> None:
    question = asked((3, [column(charges=((1, 4),))]), rooms=(100, 11))
    assert choose.answered(question, ALL) == (EngineAnswer("infeasible", certificate=(1,)), 0)


def test_budgets_may_be_short_together() -> None:
    # Three buffers of 4 or, elsewhere, 5: either pool of 6 has room for one.
    both = [column(0, charges=((0, 4),)), column(1, charges=((1, 5),))]
    question = asked((3, both), rooms=(6, 5))
    assert cheapest.overfull(question) == (0, 1)
    assert cheapest.overfull(asked((2, both), rooms=(6, 5))) == ()


def test_who_decided_is_known() -> None:
    # Two of three buffers fit the first pool; what is best of all three does not.
    two = [column(0, values=(0,), charges=((0, 3),)), column(1, values=(1,), charges=((0, 2), (1, 1)))]
    levels = choose.answered(asked((3, two), rooms=(8, 9), levels=[CostLevel()]), ALL)
    assert levels == (EngineAnswer("optimal", (2, 1), (1,)), 1 + choose.ENGINES.index(fronts.best))


def test_names_never_outweigh_a_level_where_columns_went() -> None:
    # Names of those that are left are far apart: 3 and 1 of four, and the first is less by one share.
    columns = [
        column(3, values=(0, 0)),
        column(1, values=(0, 1)),
        column(0, values=(1, 0)),
        column(2, values=(3, 0)),
    ]
    question = asked((1, columns), held=(0,), levels=(CostLevel(), CostLevel(largest=True)))
    assert model.best(question, ALL).counts == (1, 0, 0, 0)


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_cp_sat_goes_on_where_fronts_had_to_stop(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts, "BEAM", 1)
    monkeypatch.setattr(fronts, "LABELS", 1)
    last = 0
    for seed in range(start, start + 50):
        question = drawn(seed)
        said, place = choose.answered(question, ALL)
        _holds(said, question, brute(question))
        assert said.status in ("optimal", "infeasible")
        last += place == choose.LAST
    assert last
