"""Trees are columns: the best of them are told from all by what they cost, charge and bind, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.candidates.relaxation import NOTHING
from heapwright.solver.conversions.converted_buffer import ConvertedBuffer
from heapwright.solver.conversions.deciding import decide
from heapwright.solver.conversions.edges import UNLIMITED, price
from heapwright.solver.conversions.pareto import BITS, Measure, PlacedTree
from heapwright.solver.objective import LOAD, MOVED, NAMES
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import Choice
from heapwright.solver.search.selection import SearchLimits, cost_levels
from tests.property.conversion_questions import question
from tests.property.test_oracle import compared

Asked = tuple[Platform, tuple[Pipeline, ...], tuple[Placement, ...]]
BOUNDLESS = 1 << 60


def chosen(asked: Asked, **limits: Any) -> Choice:
    platform, pipelines, live = asked
    problem = Problem(platform, pipelines, live)
    used = existing_usage(problem.board, problem.live)
    return decide(problem, Propagation(problem), used, limits=SearchLimits(**limits))


def shrunk(asked: Asked, choice: Choice, random: Random) -> Asked | None:
    """With less of a memory that the choice uses, or a little less than it uses; None if it uses none."""
    platform, pipelines, live = asked
    used = Counter[str]()
    for option in choice.placed:
        used.update({b.subject: n for b, n in option.charges if b.subject in platform.memory})
    if not used:
        return None
    name = random.choice(sorted(used))
    size = int(used[name] * random.choice((0.4, 0.6, 0.8, 0.999))) // 4096 * 4096
    memory = platform.memory[name].model_copy(update={"size": max(4096, size)})
    return platform.model_copy(update={"memory": {**platform.memory, name: memory}}), pipelines, live


def tightened(seeds: Sequence[int]) -> Iterator[tuple[str, Asked, Choice]]:
    """Drawn questions, each again with less memory, and beside what lives already."""
    for seed in seeds:
        random, instance = Random(seed), question(seed)
        asked: Asked | None = (instance.platform, tuple(instance.pipelines), ())
        for step in range(3):
            if asked is None:
                break
            choice = chosen(asked)
            yield f"{seed}/{step}", asked, choice
            asked = shrunk(asked, choice, random) if choice.options else None
            if asked is not None and step == 1:
                asked = beside(asked)


def beside(asked: Asked) -> Asked:
    """The same once more, beside its own plan if it has one."""
    platform, pipelines, _ = asked
    answer = solve(platform, pipelines)
    if not isinstance(answer, Plan):
        return asked
    renamed = tuple(each.model_copy(update={"name": f"more-{each.name}"}) for each in pipelines)
    return platform, renamed, answer.placements


def values(choice: Choice) -> list[tuple[int, int]]:
    """Of levels, with bounds: the parts of load may differ where all levels are equal."""
    return [(level.value, level.bound) for level in choice.levels]


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_engines_agree_with_cp_sat_that_counts_the_steps_of_trees(start: int) -> None:
    seen = Counter[str]()
    for name, asked, choice in tightened(range(start, start + 100)):
        reference = chosen(asked, engine="cpsat")
        assert (choice.status, values(choice)) == (reference.status, values(reference)), name
        anyhow = chosen(asked, any_will_do=True)
        assert (anyhow.status == "infeasible") == (choice.status == "infeasible"), name
        seen.update(["converted"] if any(choice.trees) else [choice.status])
    assert seen["converted"] > 3 and seen["infeasible"] > 3


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_nothing_is_better_than_what_trying_every_candidate_finds(start: int) -> None:
    for name, (platform, pipelines, live), _ in tightened(range(start, start + 20)):
        assert compared(name, platform, pipelines, live) is None


def buffers() -> Iterator[tuple[Problem, ConvertedBuffer, list[Budget]]]:
    """Drawn buffers that may be converted, with all budgets that their placements charge."""
    for seed in range(150):
        instance = question(seed)
        problem = Problem(instance.platform, instance.pipelines)
        found = Propagation(problem)
        for asked, options in zip(problem.questions, found.options, strict=True):
            buffer = ConvertedBuffer(found, asked, options, {})
            if buffer.edges and buffer.least < UNLIMITED:
                steps = buffer.within(UNLIMITED - 1)
                charged = {b for step in steps for o in step.options for b, _ in o.charges}
                yield problem, buffer, sorted(charged)


def every(buffer: ConvertedBuffer, measure: Measure, monkeypatch: pytest.MonkeyPatch) -> list[PlacedTree]:
    """All its trees: none is left out for another."""
    with monkeypatch.context() as patched:
        patched.setattr(Measure, "best", lambda measure, trees: trees)
        return buffer._best(measure, buffer.within(UNLIMITED - 1), NOTHING)


def beats(one: PlacedTree, other: PlacedTree) -> bool:
    """Whether nothing is lost by taking one for the other: said once more, without fields of bits."""
    mine, theirs = dict(one.charges), dict(other.charges)
    shares, portions = dict(one.shares), dict(other.shares)
    before, loads = (one.values[:LOAD], other.values[:LOAD]), (one.values[LOAD], other.values[LOAD])
    cheaper = before[0] < before[1]
    equal = before[0] == before[1] and loads[0] <= loads[1]
    later = (one.values[LOAD + 1 :], one.key) <= (other.values[LOAD + 1 :], other.key)
    return (
        all(amount <= theirs.get(budget, 0) for budget, amount in mine.items())
        and one.bound <= other.bound
        and set(one.locks) <= set(other.locks)
        and (cheaper or (equal and later and all(part <= portions.get(m, 0) for m, part in shares.items())))
    )


@pytest.mark.parametrize("priced", [True, False])
def test_for_every_tree_there_is_one_as_good_among_the_best(
    priced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    for problem, buffer, tight in buffers():
        levels = cost_levels(existing_usage(problem.board, ())) if priced else ()
        trees = every(buffer, Measure(levels, tight), monkeypatch)
        best = buffer.best_trees(Measure(levels, tight), NOTHING, [BOUNDLESS] * len(tight))
        assert len(best) <= len(trees)
        for tree in trees:
            if priced:
                assert any(beats(one, tree) for one in best)
            else:
                charges = dict(tree.charges)
                assert any(
                    all(amount <= charges.get(b, 0) for b, amount in one.charges) and one.bound <= tree.bound
                    for one in best
                )
        compared += len(trees) > len(best)
    assert compared > 20


def priced_at(tree: PlacedTree, **values: int) -> Option:
    """The root's option as if it cost so much at these levels, and nothing at others."""
    costs = [values.get(name.replace("-", "_"), 0) for name in NAMES]
    return tree.option._replace(values=tuple(costs))


def test_what_is_lighter_within_a_step_of_load_leaves_what_is_less_later() -> None:
    problem, buffer, _ = next(buffers())
    measure = Measure(cost_levels(existing_usage(problem.board, ())), ())
    tree = buffer.best_trees(measure, NOTHING, [])[0]

    def kept(*options: Option) -> list[Option]:
        return [each.option for each in measure.best([measure.single(o, tree.step) for o in options])]

    lighter, smaller = priced_at(tree, load=1, bytes=2), priced_at(tree, load=900, bytes=1)
    assert {o.values for o in kept(lighter, smaller)} == {lighter.values, smaller.values}
    finer = priced_at(tree, load=900, bytes=2, fine_load=1)
    assert kept(lighter, finer) == [lighter], "nothing later speaks for it"
    assert kept(lighter, smaller, priced_at(tree, preference=1)) == [smaller, lighter], "it costs more before"


def test_no_tree_charges_less_than_the_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    certain = 0
    for problem, buffer, tight in buffers():
        levels = cost_levels(existing_usage(problem.board, ()))
        trees = every(buffer, Measure(levels, tight), monkeypatch)
        for budget in tight:
            floor = buffer.floor(budget)
            assert all(floor <= dict(tree.charges).get(budget, 0) for tree in trees)
            certain += floor > 0
    assert certain > 10


def test_what_a_tree_costs_is_what_its_placements_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    for problem, buffer, tight in buffers():
        levels = cost_levels(existing_usage(problem.board, ()))
        for tree in buffer.best_trees(Measure(levels, tight), NOTHING, [BOUNDLESS] * len(tight)):
            assert tree.cost >> BITS * (LOAD - MOVED - 1) == sum(map(price, tree.placed))
            assert len(tree.branches(buffer.edges)) == len(tree.placed) - 1
