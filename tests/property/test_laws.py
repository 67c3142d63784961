"""Laws that hold for every question, whatever the numbers.

Each law changes a random question in a way whose effect is known without
solving it: more constraints never help, more freedom never hurts, what nobody
asks for changes nothing, and neither does the order of anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

import heapwright
from heapwright.platforms.schema import ImageRule, Platform
from heapwright.solver.answer.plan import Answer, Placement, Plan
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.constraints import BUDGETS
from heapwright.solver.constraints.reads import reader
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import SHARED, choose
from tests.answered import answered
from tests.builders import changed, device, port
from tests.property import conversion_questions
from tests.property.leaks import leaks
from tests.property.strategies import Instance, instance

SEEDS = 300
CONVERTING_SEEDS = 120
TOLD = 60
"""As many are also compared by what is said about them."""

Cost = tuple[int, ...]


def cost(platform: Platform, pipelines: Sequence[Pipeline]) -> Cost | None:
    """The levels of the best plan, unexplained; None where there is none."""
    problem = Problem(platform, pipelines)
    choice = choose(problem, Propagation(problem), existing_usage(problem.board, ()))
    assert choice.status in ("optimal", "infeasible")
    return tuple(level.value for level in choice.levels) or None


def no_better(mine: Cost | None, theirs: Cost | None) -> bool:
    """Whether `mine` is at least as much as `theirs`, no plan costing most."""
    return mine is None or (theirs is not None and mine >= theirs)


@lru_cache(maxsize=1)
def asked() -> tuple[tuple[int, Instance, Cost | None], ...]:
    found = []
    for seed in range(1000, 1000 + SEEDS):
        each = instance(seed)
        found.append((seed, each, cost(each.platform, each.pipelines)))
    return tuple(found)


@lru_cache(maxsize=1)
def plans() -> tuple[tuple[int, Instance, Plan], ...]:
    found = []
    for seed, each, value in asked():
        if value is not None:
            answer = heapwright.solve(each.platform, each.pipelines)
            assert isinstance(answer, Plan)
            found.append((seed, each, answer))
    return tuple(found)


def test_there_is_something_of_both_sorts() -> None:
    assert SEEDS // 4 < len(plans()) < SEEDS * 3 // 4


def test_an_answer_says_what_it_costs() -> None:
    values = {seed: value for seed, _, value in asked()}
    for seed, _, answer in plans():
        assert tuple(level.value for level in answer.levels) == values[seed], seed


def test_one_more_reader_never_helps() -> None:
    for seed, each, before in asked():
        readers = sorted(
            {
                (d.kind, p)
                for d in each.platform.devices.values()
                for p, s in d.ports.items()
                if s.access == "read"
            }
        )
        if not readers:
            continue
        kind, name = Random(seed).choice(readers)
        file = each.pipelines[0]
        buffer = sorted(file.buffers)[0]
        present = file.buffers[buffer].read_by
        more = changed(file, f"buffers.{buffer}.read_by", [*present, {"port": f"{kind}#another.{name}"}])
        assert no_better(cost(each.platform, [more, *each.pipelines[1:]]), before), seed


def test_a_device_of_a_kind_nobody_asks_for_changes_nothing() -> None:
    for seed, each, before in asked():
        platform = changed(each.platform, "devices.stranger", device("dac", play=port(), dma={"bits": 12}))
        assert cost(platform, each.pipelines) == before, seed
        if seed < 1000 + TOLD:
            answer = heapwright.solve(each.platform, each.pipelines)
            assert heapwright.solve(platform, each.pipelines) == answer, seed


def test_losing_a_heap_that_is_not_used_changes_nothing() -> None:
    for seed, each, answer in plans():
        used = {p.heap for p in answer.placements}
        heaps = each.platform.heaps
        for name in heaps:
            rest = {other: spec for other, spec in heaps.items() if other != name}
            if name in used or shapes_the_board(name, each.platform):
                continue
            fewer = heapwright.solve(each.platform.model_copy(update={"heaps": rest}), each.pipelines)
            assert isinstance(fewer, Plan), (seed, name)
            bare = {"reasons": (), "rejected": ()}
            assert [p.model_copy(update=bare) for p in fewer.placements] == [
                p.model_copy(update=bare) for p in answer.placements
            ], (seed, name)
            assert fewer.levels == answer.levels, (seed, name)


def shapes_the_board(name: str, platform: Platform) -> bool:
    """Whether the heap matters even unused: another moves to it, it names memory alone, or makes a pool."""
    heap = platform.heaps[name]
    rest = [spec for other, spec in platform.heaps.items() if other != name]
    named = {m for spec in rest for m in spec.memory} | {s.locks.from_ for s in rest if s.locks}
    return (
        any(spec.moves_to == name for spec in rest)
        or not set(heap.memory) <= named
        or heap.locks is not None
        or len(heap.memory) > 1
    )


def test_the_order_of_input_changes_nothing() -> None:
    for seed, each, before in asked():
        random = Random(seed)
        platform = Platform.model_validate(mixed(each.data["platform"], random))
        pipelines = [Pipeline.model_validate(mixed(file, random)) for file in each.data["pipelines"]]
        random.shuffle(pipelines)
        assert cost(platform, pipelines) == before, seed
    for seed, each, answer in plans():
        random = Random(seed)
        platform = Platform.model_validate(mixed(each.data["platform"], random))
        other = heapwright.solve(platform, each.pipelines[::-1])
        assert other.model_dump_json() == answer.model_dump_json(), seed
        files = [file.model_copy(update={"buffers": mixed(file.buffers, random)}) for file in each.pipelines]
        assert unlisted(heapwright.solve(platform, files)) == unlisted(answer), seed


def test_buffers_are_listed_in_the_order_of_their_files() -> None:
    turned = 0
    for seed, each, answer in plans():
        files = [file.model_copy(update={"buffers": backwards(file.buffers)}) for file in each.pipelines]
        other = heapwright.solve(each.platform, files)
        assert isinstance(other, Plan), seed
        for plan, asked_of in ((answer, each.pipelines), (other, files)):
            own = [(p.pipeline, p.buffer) for p in plan.placements if ">" not in p.buffer]
            named = sorted(asked_of, key=lambda file: file.name)
            assert own == [(file.name, name) for file in named for name in file.buffers], seed
        turned += answer.placements != other.placements
    assert turned


def test_the_same_question_gives_the_same_bytes() -> None:
    for seed, each, _ in asked()[:TOLD]:
        once = heapwright.solve(each.platform, each.pipelines)
        again = instance(seed)
        assert (
            heapwright.solve(again.platform, again.pipelines).model_dump_json() == once.model_dump_json()
        ), seed


def test_names_in_the_same_order_are_only_names() -> None:
    for seed, each, answer in plans():
        data, files = (renamed(each.data[part]) for part in ("platform", "pipelines"))
        pipelines = [Pipeline.model_validate(file) for file in files]
        other = heapwright.solve(Platform.model_validate(data), pipelines)
        assert isinstance(other, Plan), seed
        assert other.levels == answer.levels, seed
        mine = [(renamed(p.buffer), renamed(p.heap), p.planes, p.count) for p in answer.placements]
        assert [(p.buffer, p.heap, p.planes, p.count) for p in other.placements] == mine, seed


def test_more_capacity_never_hurts() -> None:
    for seed, each, before in asked():
        platform = each.platform
        for name, spec in platform.memory.items():
            if spec.inside is None and isinstance(spec.size, int) and spec.held != "unknown":
                # Room that others held: the place, and thus what reaches it, stays.
                platform = changed(platform, f"memory.{name}.held", 0)
        assert no_better(before, cost(platform, each.pipelines)), seed


def test_wider_addresses_never_hurt() -> None:
    for seed, each, before in asked():
        platform = each.platform
        for name, spec in platform.devices.items():
            if isinstance(spec.dma.bits, int):
                platform = changed(platform, f"devices.{name}.dma.bits", min(64, spec.dma.bits + 3))
        for name, unit in platform.iommus.items():
            if isinstance(unit.bits, int):
                platform = changed(platform, f"iommus.{name}.bits", min(64, unit.bits + 3))
        assert no_better(before, cost(platform, each.pipelines)), seed


def test_a_divisor_as_alignment_never_hurts() -> None:
    for seed, each, before in asked():
        platform = each.platform
        for name, spec in each.platform.devices.items():
            for port_name, facts in spec.ports.items():
                images = tuple(looser(rule) for rule in facts.images)
                platform = changed(platform, f"devices.{name}.ports.{port_name}.images", images)
        assert no_better(before, cost(platform, each.pipelines)), seed


def looser(rule: ImageRule) -> ImageRule:
    """The same rule with half, a third, … of the stride's multiple."""
    multiple = rule.stride.multiple
    if not isinstance(multiple, int):
        return rule
    factor = next((p for p in (2, 3) if multiple % p == 0), 1)
    return rule.model_copy(update={"stride": rule.stride.model_copy(update={"multiple": multiple // factor})})


def test_a_plan_pinned_as_it_is_stays_optimal() -> None:
    for seed, each, answer in plans():
        pins = [pin for placement in answer.placements for pin in pins_of(placement)]
        pinned = heapwright.solve(each.platform, each.pipelines, pins=pins)
        assert isinstance(pinned, Plan), seed
        assert pinned.status == "optimal"
        assert pinned.levels == answer.levels, seed
        assert [untold(p) for p in pinned.placements] == [untold(p) for p in answer.placements], seed


def untold(placement: Placement) -> Placement:
    """Without its reasons: a pin is one."""
    return placement.model_copy(update={"reasons": (), "rejected": ()})


def pins_of(placement: Placement) -> list[str]:
    pins = [f"heap={placement.heap}", f"count={placement.count}"]
    pins += [f"device={attached.device}" for attached in placement.attachments]
    if placement.format is not None:
        pins += [f"format={placement.format}", f"modifier={placement.modifier}"]
    if placement.planes and placement.planes[0].stride > 0:
        pins.append(f"stride={placement.planes[0].stride}")
    return [f"{placement.pipeline}/{placement.buffer}:{pin}" for pin in pins]


def test_what_is_live_never_helps() -> None:
    for seed, each, answer in plans():
        again = [file.model_copy(update={"name": f"{file.name}-again"}) for file in each.pipelines]
        second = answered(each.platform, again, live=answer.placements)
        if second is not None:
            # Preference, heaps to avoid and wishes; loads and bytes count what is live too.
            one, other = ([level.value for level in plan.levels[2:SHARED]] for plan in (answer, second))
            assert other >= one, seed


@lru_cache(maxsize=1)
def converting_plans() -> tuple[tuple[int, Instance, Plan | None], ...]:
    found = []
    for seed in range(5000, 5000 + CONVERTING_SEEDS):
        each = conversion_questions.question(seed)
        found.append((seed, each, answered(each.platform, each.pipelines)))
    return tuple(found)


def test_protection_never_leaks() -> None:
    walked = 0
    for seed, each, answer in (*plans(), *converting_plans()):
        if answer is not None:
            assert leaks(each.platform, each.pipelines, answer) == [], seed
            walked += any(buffer.protected for file in each.pipelines for buffer in file.buffers.values())
    assert walked > 10


def test_the_walk_finds_what_leaks() -> None:
    found = 0
    for seed, each, answer in converting_plans():
        guarded = any(buffer.protected for file in each.pipelines for buffer in file.buffers.values())
        if not guarded or answer is None:
            continue
        heaps = {name: heap.model_copy(update={"access": None}) for name, heap in each.platform.heaps.items()}
        opened = each.platform.model_copy(update={"heaps": heaps})
        assert leaks(opened, each.pipelines, answer), seed
        found += 1
    assert found > 5


def with_conversions(pipelines: Sequence[Pipeline], said: str) -> list[Pipeline]:
    """The same files with one word on conversions for all of their buffers."""
    return [
        file.model_copy(
            update={
                "conversions": said,
                "buffers": {
                    name: buffer.model_copy(update={"conversions": None})
                    for name, buffer in file.buffers.items()
                },
            }
        )
        for file in pipelines
    ]


def stated(answer: Plan | None) -> Cost | None:
    return None if answer is None else tuple(level.value for level in answer.levels)


def test_more_freedom_to_convert_never_hurts() -> None:
    helped = 0
    for seed, each, answer in converting_plans():
        least, lossless, most = (
            stated(answered(each.platform, with_conversions(each.pipelines, said)))
            for said in ("forbid", "lossless", "allow")
        )
        assert no_better(least, lossless) and no_better(lossless, most), seed
        mine = stated(answer)
        assert no_better(least, mine) and no_better(mine, most), seed
        helped += least is None and most is not None
    assert helped > CONVERTING_SEEDS // 20


def test_forbidding_conversions_removes_only_plans_that_use_them() -> None:
    for seed, each, answer in converting_plans():
        if answer is None:
            continue
        strict = answered(each.platform, with_conversions(each.pipelines, "forbid"))
        if answer.conversions:
            assert strict is None, seed
        else:
            assert strict is not None, seed
            assert strict.placements == answer.placements, seed
            assert strict.levels == answer.levels, seed


def backwards(value: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(value.items()))


def unlisted(answer: Answer) -> dict[str, Any]:
    """An answer without the order in which buffers are listed: what is listed buffer by buffer as a map or a set."""
    data = answer.model_dump(mode="json")
    for field in ("placements", "conversions"):
        rows = data.pop(field, ())
        data[field] = {(row["pipeline"], row.get("writes", row["buffer"])): row for row in rows}
        assert len(data[field]) == len(rows)
    return data | {"warnings": set(data.get("warnings", ()))}


def mixed(value: Any, random: Random) -> Any:
    """The same data with its keys in another order."""
    if isinstance(value, dict):
        return {key: mixed(value[key], random) for key in random.sample(list(value), len(value))}
    return value


def renamed(value: Any) -> Any:
    """Data with `z` before every name of a memory, heap, device, IOMMU, buffer or file: the order stays."""
    if isinstance(value, dict):
        return {renamed(key): renamed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner) for inner in value]
    if isinstance(value, str) and len(value) == 2 and value[0] in "mhdubp" and value[1].isdecimal():
        return f"z{value}"
    return value


def test_a_kind_charges_no_budgets_but_its_own() -> None:
    """What several kinds take is put together without looking whether two of them took of one budget."""
    charged: set[str] = set()
    for seed in range(1000, 1000 + SEEDS):
        for each in (instance(seed), conversion_questions.question(seed)):
            problem = Problem(each.platform, each.pipelines)
            for placed in {
                id(o.placed): o.placed for found in Propagation(problem).options for o in found
            }.values():
                for kind in BUDGETS:
                    assert kind.budget is not None  # it is one of those that have one
                    taken = kind.budget.charges(*reader(kind.budget.reads)(placed))
                    budgets = {charge[0] for charge in taken}
                    assert {budget.kind for budget in budgets} <= {kind.name}, (seed, kind.name)
                    charged |= {budget.kind for budget in budgets}
    assert charged == {kind.name for kind in BUDGETS} - {"conversion"}
