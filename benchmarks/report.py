"""The measurements as tables to read and as JSON to keep."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isinf
from statistics import median
from typing import Any, Final, NamedTuple

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.conversions import BUFFERS, NEEDED, Priced
from benchmarks.measure import LARGE, NEAR, Duel, Growth, Ours
from benchmarks.packs import Packed, shares
from benchmarks.start import Start
from benchmarks.tight import Measured, Tight, share

TARGETS: Final = {
    "cold at 4": 3e-3, "cold at 16": 10e-3, "tuples at 4": 5.0, "tuples at 8": 5.0, "tuples at 16": 5.0,
    "tuples at 64": 8.0, "near at 256": 0.5, "exponent": 1.3, "conversions allowed": 2.0,
    "conversions needed": 50e-3, "help": 1.2, "start": 3.0, "tight": 0.4, "tight, worst": 1.5, "sweep": 3.0,
}  # fmt: skip


class Size(NamedTuple):
    """All that was measured at one number of buffers."""

    buffers: int
    ours: list[Ours]
    duels: dict[str, list[Duel]]

    def shares(self) -> tuple[float, float]:
        """Of instances that have a plan, and that need search."""
        feasible = sum(one.status in ("optimal", "feasible") for one in self.ours)
        return feasible / len(self.ours), sum(one.searched for one in self.ours) / len(self.ours)


class Run(NamedTuple):
    sizes: list[Size]
    floor: float
    explained: dict[int, list[float]]
    growth: Growth
    conversions: Priced
    packs: dict[str, list[Packed]]
    tight: Measured
    start: Start
    versions: dict[str, str]
    missing: list[str]
    skipped: list[str]
    cap: float


def p99(values: Iterable[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def verdicts(run: Run) -> list[tuple[str, float, float, bool]]:
    """Every target with its number: (what, target, measured, held)."""
    measured: dict[str, float] = {}
    for size in run.sizes:
        if size.buffers in (4, 16):
            measured[f"cold at {size.buffers}"] = median(one.cold for one in size.ours)
        searched = [d.ratio for d in size.duels.get("plain tuples", []) if d.ours.searched and not d.open]
        if size.buffers < LARGE and searched:
            measured[f"tuples at {size.buffers}"] = median(searched)
        if size.buffers == LARGE:
            near = [one.cold if one.status == "infeasible" or one.gap <= NEAR else inf for one in size.ours]
            measured["near at 256"] = median(near)
    measured["exponent"] = run.growth.total
    measured["conversions allowed"] = run.conversions.ratio()
    measured["conversions needed"] = median(run.conversions.needed)
    measured["help"], measured["start"] = run.start.ratios["help"], run.start.solve
    spent = [one.spent for runs in run.tight.asked.values() for one in runs]
    measured["tight"], measured["tight, worst"] = median(spent), max(spent)
    measured["sweep"] = max(sweep.spent for sweep in run.tight.sweeps)
    return [
        (
            what,
            target,
            measured[what],
            measured[what] >= target if "tuples" in what else measured[what] <= target,
        )
        for what, target in TARGETS.items()
        if what in measured
    ]


def show(run: Run, console: Console) -> None:
    for grid in (_ratios(run), _times(run), _growth(run), _conversions(run.conversions), _packs(run.packs)):
        console.print(grid)
    console.print(_tight(run.tight))
    for sweep in run.tight.sweeps:
        console.print(
            f"all sizes of {sweep.name} from one front: {_ms(sweep.spent)} ms; the smallest with a plan is {sweep.smallest} MiB"
        )
    for why in run.tight.explained:
        proven = "" if why.irreducible else ", not known to be irreducible"
        console.print(f"why there is no plan, {why.name} MiB: {_ms(why.spent)} ms{proven}")
    console.print(_verdicts(run))
    console.print(f"floor, one CP-SAT call about nothing: {_ms(run.floor)} ms")
    console.print(
        f"starting, beside what is imported of others ({_ms(run.start.bare)} ms): "
        + ", ".join(f"{name} {ratio:.2f}" for name, ratio in run.start.ratios.items())
    )
    for buffers, spent in run.explained.items():
        if spent:
            console.print(
                f"explanation of {len(spent)} impossible instances of {buffers} buffers: "
                f"median {_ms(median(spent))} ms, p99 {_ms(p99(spent))} ms"
            )
    console.print(f"rivals: {', '.join(f'{name} {v}' for name, v in run.versions.items())}")
    for name in run.missing:
        console.print(
            f"missing: {name} is not installed (pip install 'heapwright[bench]', or --without {name})"
        )
    for name in run.skipped:
        console.print(f"left out: {name}, as asked")


def _ratios(run: Run) -> Grid:
    grid = Grid(title="Build + search, rival / ours (wall; CPU in brackets), medians", box=SIMPLE)
    for heading in ("buffers", "rival", "where search is needed", "all", "p99", "closed", "equal optima"):
        grid.add_column(heading, justify="left" if heading == "rival" else "right")
    for size in run.sizes:
        gap = f" gap {NEAR:g}" if size.buffers == LARGE else ""
        for name in run.versions:
            duels = size.duels.get(name)
            label = f"{size.buffers}{gap}"
            if not duels:
                grid.add_row(
                    label,
                    name,
                    "skipped",
                    "",
                    "",
                    "hopeless at a smaller size" if not gap else "not asked",
                    "",
                )
                continue
            ranked = [duel for duel in duels if not duel.open]
            searched = [duel for duel in ranked if duel.ours.searched]
            closed = [duel for duel in duels if not duel.capped]
            both = sum(
                d.ours.status in ("optimal", "infeasible") for d in closed if d.rival.status != "within"
            )
            most = f"{p99(duel.ratio for duel in ranked):.3g}×" if ranked else "-"
            of = f"{len(closed)} of {len(duels)} in {run.cap:g} s"
            of += f", neither {len(duels) - len(ranked)}" if len(ranked) < len(duels) else ""
            grid.add_row(label, name, _ratio(searched), _ratio(ranked), most, of, str(both))
        for name in run.missing:
            grid.add_row(f"{size.buffers}{gap}", name, "missing", "", "", "", "")
    return grid


def _ratio(duels: list[Duel]) -> str:
    if not duels:
        return "-"
    sign = "≥ " if sum(duel.capped for duel in duels) * 2 >= len(duels) else ""
    wall, cpu = median(duel.ratio for duel in duels), median(duel.cpu_ratio for duel in duels)
    return f"{sign}{wall:.3g}× ({cpu:.3g}×)"


def _times(run: Run) -> Grid:
    grid = Grid(title="Ours, ms of CPU time: median / p99", box=SIMPLE)
    headings = (
        "buffers",
        "cold",
        "propagate",
        "build",
        "search",
        "warm",
        "feasible",
        "searched",
        "proven",
        "drawn",
    )
    for heading in headings:
        grid.add_column(heading, justify="right", no_wrap=True)
    for size in run.sizes:
        feasible, searched = size.shares()
        proven = sum(one.status in ("optimal", "infeasible") for one in size.ours) / len(size.ours)
        near = sum(one.status == "infeasible" or one.gap <= NEAR for one in size.ours) / len(size.ours)
        gap = size.buffers == LARGE
        grid.add_row(
            f"{size.buffers}{f' gap {NEAR:g}' if gap else ''}",
            *(
                _both(getattr(one, part) for one in size.ours)
                for part in ("cold", "propagate", "build", "search")
            ),
            _both([one.warm for one in size.ours if one.warm] or [0.0]),
            f"{feasible:.0%}",
            f"{searched:.0%}",
            f"{near:.0%} in gap" if gap else f"{proven:.0%}",
            str(len(size.ours)),
        )
    return grid


def _growth(run: Run) -> Grid:
    grid = Grid(title="Fixed board, n/4 classes, gap 1e-3: ms of CPU time, medians", box=SIMPLE)
    for heading in ("buffers", "propagate", "build", "search"):
        grid.add_column(heading, justify="right")
    for size, times in run.growth.medians.items():
        grid.add_row(str(size), *map(_ms, times))
    grid.caption = f"grows as n^{run.growth.total:.2f} (propagate n^{run.growth.propagate:.2f}, build n^{run.growth.build:.2f})"
    return grid


def _conversions(found: Priced) -> Grid:
    grid = Grid(title="Conversions: ms of CPU time, medians", box=SIMPLE)
    for heading in ("buffers", "what", "allowed / forbidden", "forbidden", "allowed", "instances"):
        grid.add_column(heading, justify="left" if heading == "what" else "right")
    for buffers, pairs in found.pairs.items():
        ratio = f"{median(pair.ratio for pair in pairs):.3g}×"
        forbidden, allowed = (median(getattr(p, part) for p in pairs) for part in ("forbidden", "allowed"))
        grid.add_row(str(buffers), "none needed", ratio, _ms(forbidden), _ms(allowed), str(len(pairs)))
    number = len(found.needed)
    grid.add_row(str(BUFFERS), f"{NEEDED} needed", "", "", _ms(median(found.needed)), str(number))
    return grid


def _packs(found: dict[str, list[Packed]]) -> Grid:
    grid = Grid(title="Pools at 0.98 to 1.02 of what is asked: median / p99 / worst in ms", box=SIMPLE)
    for heading in ("family", "does it fit", "decided", "by", "the best", "proven", "by", "gap ≤ 1 %", "n"):
        grid.add_column(heading)
    for name, runs in found.items():
        fits, best = ([getattr(one, part) for one in runs] for part in ("deciding", "proving"))
        decided = sum(one.fits != "undecided" for one in runs) / len(runs)
        proven = sum(one.status in ("optimal", "infeasible") for one in runs) / len(runs)
        near = sum(one.gap <= 0.01 for one in runs) / len(runs)
        grid.add_row(
            name,
            f"{_both(fits)} / {_ms(max(fits))}",
            f"{decided:.0%}",
            shares([one.decided_by for one in runs]),
            f"{_both(best)} / {_ms(max(best))}",
            f"{proven:.0%}",
            shares([one.proven_by for one in runs]),
            f"{near:.0%}",
            str(len(runs)),
        )
    return grid


def _tight(found: Measured) -> Grid:
    title = "Boards at the boundary, by size of CMA: median / p99 / worst in ms"
    grid = Grid(title=title, box=SIMPLE)
    for heading in ("family", "engines", "decided", "by", "CPU", "n"):
        grid.add_column(heading)
    for engines, families in (("all", found.asked), ("cpsat", found.reference)):
        for name, runs in families.items():
            grid.add_row(name, engines, *_tight_cells(runs))
    return grid


def _tight_cells(runs: list[Tight]) -> list[str]:
    spent = [one.spent for one in runs]
    by = shares([one.decided_by for one in runs])
    return [f"{share(runs):.0%}", by, f"{_both(spent)} / {_ms(max(spent))}", str(len(runs))]


def _verdicts(run: Run) -> Grid:
    grid = Grid(title="Targets", box=SIMPLE)
    for heading in ("what", "target", "measured", ""):
        grid.add_column(heading)
    for what, target, value, held in verdicts(run):
        if "tuples" in what:
            said = (f"≥ {target:g}×", f"{value:.3g}×")
        elif what in ("conversions allowed", "help", "start"):
            said = (f"≤ {target:g}×", f"{value:.3g}×")
        elif what == "exponent":
            said = (f"≤ n^{target:g}", f"n^{value:.2f}")
        else:
            reached = "most are not within the gap" if isinf(value) else f"{_ms(value)} ms"
            said = (f"≤ {_ms(target)} ms", reached)
        grid.add_row(what, *said, "holds" if held else "missed")
    return grid


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g}" if seconds < 1 else f"{seconds * 1000:.0f}"


def _both(values: Iterable[float]) -> str:
    known = list(values)
    return f"{_ms(median(known))} / {_ms(p99(known))}"


def as_json(run: Run) -> dict[str, Any]:
    return {
        "versions": run.versions,
        "missing": run.missing,
        "cap": run.cap,
        "floor": run.floor,
        "explanation": run.explained,
        "start": run.start._asdict(),
        "growth": run.growth._asdict(),
        "conversions": {
            "allowed": {n: [p._asdict() for p in pairs] for n, pairs in run.conversions.pairs.items()},
            "needed": run.conversions.needed,
        },
        "tight": {
            "asked": {name: [one._asdict() for one in runs] for name, runs in run.tight.asked.items()},
            "reference": {
                name: [one._asdict() for one in runs] for name, runs in run.tight.reference.items()
            },
            "sweeps": [sweep._asdict() for sweep in run.tight.sweeps],
            "explained": [why._asdict() for why in run.tight.explained],
        },
        "packs": {name: [one._asdict() for one in runs] for name, runs in run.packs.items()},
        "targets": [
            {"what": what, "target": target, "measured": None if isinf(value) else value, "held": held}
            for what, target, value, held in verdicts(run)
        ],
        "sizes": [
            {
                "buffers": size.buffers,
                "feasible": size.shares()[0],
                "searched": size.shares()[1],
                "ours": [one._asdict() for one in size.ours],
                "rivals": {
                    name: [
                        {
                            "instance": d.ours.name,
                            "ratio": d.ratio,
                            "cpu_ratio": d.cpu_ratio,
                            **d.rival._asdict(),
                        }
                        for d in duels
                    ]
                    for name, duels in size.duels.items()
                },
            }
            for size in run.sizes
        ],
    }
