"""What is measured, and how: ours, the floor, the rivals, explanations, scaling.

The machine may be shared, so our own times are CPU time of this process; ratios
against rivals are of wall time on the same instance, one after the other (a rival
may use all cores), with the CPU ratio beside it. "Cold" is a question this process
has not seen, after one other has warmed the interpreter; "warm" is the same again.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from math import log
from statistics import fmean, median
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

from benchmarks.instances import Instance, impossible, scaled
from benchmarks.table import Answer, Table, table
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import ASKED, Choice, choose
from heapwright.solver.search.cpsat import Search
from heapwright.solver.search.selection import SearchLimits
from heapwright.solver.solve import solve

WORK: Final = 1.0
"""Deterministic time that ours gets in benchmarks, about seconds of search. A rival's
cap on the clock is never less than half as much again as ours took."""
NEAR: Final = 1e-3
"""The gap that is good enough at 256 buffers."""
LARGE: Final = 256

PACKAGES: Final = {"clingo": "clingo", "Z3": "z3", "HiGHS": "highspy"}
"""What a rival needs besides ortools: its module, which is looked for and never imported here."""
RIVALS: Final = {
    "plain tuples": "benchmarks.rivals.tuples",
    "tuples by level": "benchmarks.rivals.levels",
    "clingo": "benchmarks.rivals.answer_sets",
    "Z3": "benchmarks.rivals.smt",
    "HiGHS": "benchmarks.rivals.mip",
}


class DisagreementError(Exception):
    """Two solvers have proven different optima."""


class Ours(NamedTuple):
    """One instance answered by heapwright, in seconds of CPU time."""

    name: str
    status: str
    searched: bool
    decided_by: str
    gap: float
    """Of the first level that is not closed."""
    propagate: float
    build: float
    search: float
    wall: float
    """Build and search."""
    warm: float
    """The whole again, or 0 where once was long enough."""

    @property
    def cold(self) -> float:
        return self.propagate + self.build + self.search


class Duel(NamedTuple):
    """The same instance answered by ours and by a rival."""

    ours: Ours
    rival: Answer
    capped: bool
    """Whether the rival was stopped: the ratio is at least what it says."""

    @property
    def open(self) -> bool:
        """Whether neither proves anything (or neither is within the gap): no ratio."""
        return self.capped and self.ours.status not in ("optimal", "infeasible") and self.ours.gap > NEAR

    @property
    def ratio(self) -> float:
        return (self.rival.build + self.rival.search) / self.ours.wall

    @property
    def cpu_ratio(self) -> float:
        return self.rival.cpu / (self.ours.build + self.ours.search)


class Asked(NamedTuple):
    """An instance with what ours made of it, for the rivals to be asked."""

    ours: Ours
    choice: Choice
    problem: Problem
    found: Propagation


def missing(without: set[str]) -> list[str]:
    return [name for name, package in PACKAGES.items() if name not in without and find_spec(package) is None]


def ours(instance: Instance, gap: float = 0.0) -> Asked:
    first, choice, problem, found = _once(instance, gap)
    warm = 0.0
    if first.cold < 1:
        again = _once(instance, gap)[0]
        warm = again.cold
    return Asked(first._replace(warm=warm), choice, problem, found)


def _once(instance: Instance, gap: float) -> tuple[Ours, Choice, Problem, Propagation]:
    begun = process_time()
    problem = Problem(instance.platform, instance.pipelines)
    found = Propagation(problem)
    used = existing_usage(problem.board, problem.live)
    len(found.options)  # worked out when they are first asked for
    propagated, clock = process_time(), perf_counter()
    choice = choose(problem, found, used, limits=SearchLimits(gap, WORK))
    wall, spent = perf_counter() - clock, process_time() - propagated
    searching = spent * min(1.0, choice.seconds / wall)
    open_ = [
        (level.value - level.bound) / level.value for level in choice.levels if level.value != level.bound
    ]
    times = (propagated - begun, spent - searching, searching, wall, 0.0)
    left = (open_ or [0.0])[0] if choice.options else 1.0
    return (
        Ours(instance.name, choice.status, choice.searched, ASKED[choice.engine], left, *times),
        choice,
        problem,
        found,
    )


def floor(times: int = 30) -> float:
    """One call of CP-SAT about nothing."""
    spent = []
    for _ in range(times):
        begun = process_time()
        search = Search(0.0, WORK)
        search.boolean()
        search.close([])
        spent.append(process_time() - begun)
    return median(spent)


class Field:
    """The rivals that are there, each with a budget of seconds per size.

    A rival that has closed nothing at one size is not asked at the next.
    """

    def __init__(self, cap: float, budget: float, without: set[str]) -> None:
        self.cap = cap
        self.budget = budget
        self.solvers: dict[str, Callable[[Table, float], Answer]] = {}
        self.versions: dict[str, str] = {}
        self.hopeless: set[str] = set()
        self._child: Any = None
        for name, path in RIVALS.items():
            if name in without or (name in PACKAGES and find_spec(PACKAGES[name]) is None):
                continue
            module = import_module(path)
            self.versions[name] = module.version()
            if name == "HiGHS":
                self._child = module.Process()
                self.solvers[name] = self._child.solve
            else:
                self.solvers[name] = module.solve

    def close(self) -> None:
        if self._child is not None:
            self._child.close()

    def duels(self, asked: list[Asked], gap: float = 0.0) -> dict[str, list[Duel]]:
        """Every rival on as many of the instances as its budget allows, searched ones first."""
        order = sorted(asked, key=lambda one: not one.ours.searched)
        interleaved = [
            one for pair in zip(order[: len(order) // 2], order[::-1], strict=False) for one in pair
        ]
        interleaved += [one for one in order if one not in interleaved]
        found: dict[str, list[Duel]] = {}
        tables: dict[str, Table] = {}
        for name, answer in self.solvers.items():
            if name in self.hopeless or (gap and name != "plain tuples"):
                continue
            begun = perf_counter()
            found[name] = []
            for one in interleaved:
                if perf_counter() - begun > self.budget:
                    break
                if one.ours.name not in tables:
                    tables[one.ours.name] = table(one.problem, one.found)
                known = tables[one.ours.name]
                cap = max(self.cap, 1.5 * one.ours.wall)
                said = self._within(known, cap, gap) if gap else answer(known, cap)
                if said.status != "unable":
                    judge(name, one, said)
                    found[name].append(Duel(one.ours, said, said.status == "open"))
            if not any(not duel.capped and duel.ours.searched for duel in found[name]):
                self.hopeless.add(name)
        return found

    def _within(self, known: Table, cap: float, gap: float) -> Answer:
        from benchmarks.rivals import tuples

        return tuples.solve(known, cap, gap, share=False)  # as ours: with a gap, every level for itself


def judge(name: str, one: Asked, said: Answer) -> None:
    """Equal optima wherever both prove."""
    proven = ("optimal", "infeasible")
    if said.status not in proven or one.choice.status not in proven:
        return
    mine = [level.value for level in one.choice.levels]
    if (said.status, said.values) != (one.choice.status, mine):
        raise DisagreementError(
            f"{one.ours.name}: {name} has {said.status} {said.values}, ours {one.choice.status} {mine}"
        )


def explanations(seeds: int, buffers: int) -> list[float]:
    """CPU time to explain why instances are impossible, remedies included."""
    spent = []
    for seed in range(seeds):
        one = impossible(seed, buffers)
        stats: dict[str, float] = {}
        begun, clock = process_time(), perf_counter()
        answer = solve(one.platform, one.pipelines, stats=stats)
        cpu, wall = process_time() - begun, perf_counter() - clock
        if answer.status == "infeasible":
            spent.append(stats["explain"] * cpu / wall)
    return spent


class Growth(NamedTuple):
    """A fixed board, n/4 classes: median seconds by number of buffers, and exponents."""

    medians: dict[int, tuple[float, float, float]]
    """Propagate, build, search."""
    total: float
    propagate: float
    build: float


def growth(seeds: int, sizes: tuple[int, ...] = (16, 32, 64, 128, 256)) -> Growth:
    medians = {}
    totals = {}
    for size in sizes:
        runs = [_once(scaled(seed, size), NEAR)[0] for seed in range(seeds)]
        medians[size] = (
            median(r.propagate for r in runs), median(r.build for r in runs), median(r.search for r in runs)
        )  # fmt: skip
        totals[size] = median(r.cold for r in runs)
    return Growth(
        medians,
        exponent(totals),
        exponent({n: times[0] for n, times in medians.items()}),
        exponent({n: times[1] for n, times in medians.items()}),
    )


def exponent(times: dict[int, float]) -> float:
    """The slope of a line through (log size, log time)."""
    xs, ys = [log(n) for n in times], [log(max(t, 1e-9)) for t in times.values()]
    middle, height = fmean(xs), fmean(ys)
    return sum((x - middle) * (y - height) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - middle) ** 2 for x in xs
    )
