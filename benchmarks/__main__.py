"""`python -m benchmarks`: measure, print tables, write JSON.

Exit codes: 0 measured, 1 two solvers disagree about an optimum, 2 a rival is missing.
"""

from __future__ import annotations

import gc
import json
import sys
from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path

from rich.console import Console

from benchmarks.conversions import priced
from benchmarks.instances import SIZES, instance
from benchmarks.measure import (
    LARGE,
    NEAR,
    PACKAGES,
    RIVALS,
    DisagreementError,
    Field,
    explanations,
    floor,
    growth,
    missing,
    ours,
)
from benchmarks.packs import families
from benchmarks.report import Run, Size, as_json, show
from benchmarks.start import started
from benchmarks.tight import ContradictionError
from benchmarks.tight import measured as tight

WARMING = 10_000
"""The seed of the instance that warms the interpreter and is not counted."""


def main(arguments: list[str] | None = None) -> int:
    asked = _parsed(arguments)
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        run = measured(
            asked.seeds or (6 if asked.quick else 24), quick=asked.quick, without=set(asked.without)
        )
    except (DisagreementError, ContradictionError) as error:
        print(f"solvers disagree: {error}", file=sys.stderr)
        return 1
    show(run, console)
    path = asked.json or Path(__file__).parent / "results" / f"{date.today().isoformat()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(run), indent=1) + "\n")
    console.print(f"written to {path}", soft_wrap=True)
    return 2 if run.missing else 0


def measured(seeds: int, *, quick: bool, without: set[str]) -> Run:
    """All measurements, with `seeds` instances of up to 16 buffers and fewer of the larger."""
    field = Field(cap=1.0 if quick else 5.0, budget=0.6 if quick else 10.0, without=without)
    try:
        ours(instance(WARMING, 8))
        gc.disable()  # as the command `solve` does, of which each instance stands for one call
        sizes = [_size(field, buffers, seeds) for buffers in SIZES]
    finally:
        field.close()
    few = 1 if quick else 4
    return Run(
        sizes,
        floor(),
        {buffers: explanations(few, buffers) for buffers in (4, 8)},
        growth(1 if quick else 3),
        priced(4 if quick else 12),
        families(3 if quick else 2 * seeds),
        tight(quick=quick),
        started(3 if quick else 9),
        field.versions,
        missing(without),
        sorted(without),
        field.cap,
    )


def _size(field: Field, buffers: int, seeds: int) -> Size:
    gap = NEAR if buffers == LARGE else 0.0
    share = {64: 2.0, LARGE: 0.25}.get(buffers, 1.0)
    drawn = max(2, int(seeds * share))
    gc.collect()
    asked = [ours(instance(seed, buffers), gap) for seed in range(drawn)]
    return Size(buffers, [one.ours for one in asked], field.duels(asked, gap))


def _parsed(arguments: list[str] | None) -> Namespace:
    parser = ArgumentParser(
        prog="python -m benchmarks", description="How fast heapwright answers, beside rivals."
    )
    parser.add_argument("--quick", action="store_true", help="few instances, short caps: under 40 seconds")
    parser.add_argument(
        "--seeds", type=int, help="instances per size (twice as many at 64 buffers, a quarter at 256)"
    )
    parser.add_argument("--json", type=Path, help="where to write (benchmarks/results/<date>.json)")
    parser.add_argument(
        "--without", action="append", default=[], choices=[*RIVALS], metavar="NAME",
        help=f"leave a rival out: {', '.join(RIVALS)} ({', '.join(PACKAGES)} need a package each)",
    )  # fmt: skip
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
