"""Board questions at the boundary of what fits: memory is taken away in steps until nothing is left of a plan.

Families and steps are frozen (see `benchmarks.instances`). Each question is asked by itself, as a person would.
Sweeps ask all sizes of a family at once: conversions are grown once, for the largest, and one front tells of
each size what the levels are that buffers add to each for itself, and the smallest size at which there is a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Final, NamedTuple

from benchmarks.boards import MIB
from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.constraints.memory import capacity
from heapwright.solver.conversions.deciding import decide, front_of
from heapwright.solver.question.load import load_pipelines
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.question.terms import EngineOrder
from heapwright.solver.search.choose import ASKED, Choice
from heapwright.solver.search.selection import SearchLimits
from heapwright.solver.solve import Options, solve

EXAMPLES: Final = Path(__file__).parent.parent / "examples"
MEMORY: Final = "cma"
WORK: Final = 3.0
"""Deterministic time that a question gets, about seconds."""
SWEPT: Final = ("a", "b")


class Family(NamedTuple):
    """Examples on a board, with sizes of its CMA in MiB."""

    board: str
    examples: tuple[str, ...]
    sizes: range


FAMILIES: Final = {
    "a": Family(
        "rpi4-bcm2711", ("composition", "playback", "record-and-preview", "camera-record"), range(32, 65)
    ),
    "b": Family(
        "rpi4-bcm2711", ("composition", "record-and-preview", "camera-record", "still-capture"), range(32, 65)
    ),
    "imx8mp": Family("imx8mp-evk", ("camera-wall", "composition", "playback"), range(8, 49, 4)),
    "am62a7": Family("am62a7-sk", ("camera-record", "playback", "transcode", "still-capture"), range(8, 65)),
    "rpi5": Family("rpi5-bcm2712", ("camera-wall", "composition", "cpu-paints"), range(8, 49, 4)),
}


class Tight(NamedTuple):
    """A question, in seconds of CPU time."""

    name: str
    status: str
    decided_by: str
    spent: float
    levels: tuple[int, ...]


class Sweep(NamedTuple):
    """All sizes of a family from one front."""

    name: str
    smallest: int
    """In MiB."""
    spent: float


class Explained(NamedTuple):
    """Why nothing fits at the largest size at which that is so."""

    name: str
    irreducible: bool
    spent: float


class Measured(NamedTuple):
    asked: dict[str, list[Tight]]
    reference: dict[str, list[Tight]]
    """Some of the same by CP-SAT alone."""
    sweeps: list[Sweep]
    explained: list[Explained]


class ContradictionError(Exception):
    """A front says something else than what is found by asking."""


def sized(platform: Platform, size: int) -> Platform:
    """The board with so many MiB of CMA."""
    memory = platform.memory[MEMORY].model_copy(update={"size": size * MIB})
    return platform.model_copy(update={"memory": {**platform.memory, MEMORY: memory}})


def loaded(family: Family) -> tuple[Platform, tuple[Pipeline, ...]]:
    return load_platform(family.board), load_pipelines(
        [EXAMPLES / f"{name}.yaml" for name in family.examples]
    )


def tight(name: str, sizes: Sequence[int] | None = None, engine: EngineOrder = "all") -> list[Tight]:
    """A family's questions, each by itself, the largest first."""
    family = FAMILIES[name]
    platform, pipelines = loaded(family)
    return [
        _asked(f"{name} {size}", sized(platform, size), pipelines, engine)
        for size in sorted(sizes or family.sizes, reverse=True)
    ]


def _asked(name: str, platform: Platform, pipelines: tuple[Pipeline, ...], engine: EngineOrder) -> Tight:
    begun = process_time()
    problem = Problem(platform, pipelines)
    used = existing_usage(problem.board, problem.live)
    choice: Choice = decide(
        problem, Propagation(problem), used, limits=SearchLimits(work=WORK, engine=engine)
    )
    spent = process_time() - begun
    levels = tuple([level.value for level in choice.levels])
    return Tight(name, choice.status, ASKED[choice.engine], spent, levels)


def swept(name: str, found: Sequence[Tight] = ()) -> Sweep:
    """The smallest size at which there is a plan, and each size's first levels, compared with what was `found`."""
    family = FAMILIES[name]
    platform, pipelines = loaded(family)
    begun = process_time()
    problem = Problem(sized(platform, family.sizes[-1]), pipelines)
    used = existing_usage(problem.board, problem.live)
    budget = next(capacity.budget(pool) for pool in problem.board.pools if pool.name == MEMORY)
    known = front_of(problem, Propagation(problem), used, (budget,))
    if known is None:
        raise ContradictionError(f"{name}: there is no front")
    asked, front = known
    rooms = {size: [size * MIB - used.used(budget), *asked.rooms[1:]] for size in family.sizes}
    best = {f"{name} {size}": front.best(room) for size, room in rooms.items()}
    smallest = front.smallest(0, asked.rooms)
    spent = process_time() - begun
    for one in found:
        levels = best[one.name]
        if (levels is None) != (one.status == "infeasible") or (levels or ()) != one.levels[: asked.separate]:
            raise ContradictionError(f"{one.name}: the front has {levels}, asked it is {one.levels}")
    return Sweep(name, -(-(smallest or 0) // MIB), spent)


def explained(name: str, found: Sequence[Tight]) -> Iterator[Explained]:
    """Why there is no plan where one step more is enough."""
    without = [int(one.name.split()[1]) for one in found if one.status == "infeasible"]
    platform, pipelines = loaded(FAMILIES[name])
    for size in sorted(without)[-1:]:
        begun = process_time()
        answer = solve(sized(platform, size), pipelines, options=Options(work_limit=WORK))
        if not isinstance(answer, Plan) and answer.status == "infeasible":
            yield Explained(f"{name} {size}", answer.irreducible, process_time() - begun)


def measured(*, quick: bool = False) -> Measured:
    """All families; CP-SAT alone gets the largest and the smallest size of each. Quick: every eighth size, no reasons."""
    every = 8 if quick else 1
    asked = {name: tight(name, family.sizes[::-every]) for name, family in FAMILIES.items()}
    ends = {} if quick else {name: (family.sizes[0], family.sizes[-1]) for name, family in FAMILIES.items()}
    reference = {name: tight(name, sizes, "cpsat") for name, sizes in ends.items()}
    sweeps = [swept(name, asked[name]) for name in SWEPT]
    why = [one for name in ends for one in explained(name, asked[name])]
    return Measured(asked, reference, sweeps, why)


def share(found: Sequence[Tight]) -> float:
    """Of questions that are decided."""
    return sum(one.status in ("optimal", "infeasible") for one in found) / len(found)
