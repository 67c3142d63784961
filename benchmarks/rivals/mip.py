"""HiGHS: a mixed-integer program per goal, each with the goals before it as rows.

Run as a program it answers tables, one line of JSON each: HiGHS cannot share a
process with ortools. `Process` is the other end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version as of
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.table import Answer, Table


def version() -> str:
    return of("highspy")


class Process:
    """HiGHS in a process of its own, started at the first table."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def solve(self, table: Table, cap: float) -> Answer:
        from benchmarks.table import Answer

        if self._child is None:
            command = [sys.executable, "-m", "benchmarks.rivals.mip"]
            root = Path(__file__).parents[2]
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, text=True)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        print(json.dumps([table.tops, table.sums, table.goals, cap]), file=self._child.stdin, flush=True)
        status, solution, *times = json.loads(self._child.stdout.readline())
        return Answer(status, table.values(solution) if status == "optimal" else [], *times)

    def close(self) -> None:
        if self._child is not None:
            self._child.communicate()
            self._child = None


def minimise(
    tops: list[int], sums: list[Any], goals: list[Any], cap: float
) -> tuple[str, list[int], float, float, float]:
    import highspy

    started, spent = perf_counter(), process_time()
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.5)
    infinity = highspy.kHighsInf
    number = len(tops)
    highs.addVars(number, [0.0] * number, [float(top) for top in tops])
    for index in range(number):
        highs.changeColIntegrality(index, highspy.HighsVarType.kInteger)
    for variables, amounts, low, high in sums:
        lower = -infinity if low is None else low
        highs.addRow(
            lower, infinity if high is None else high, len(variables), variables, [float(a) for a in amounts]
        )
    built = perf_counter()
    solution: list[int] = []
    status = "optimal"
    for variables, amounts, most, *_ in goals:
        if not most and solution:
            continue
        left = cap - (perf_counter() - started)
        highs.setOptionValue("time_limit", max(0.01, left))
        for index in range(number):
            highs.changeColCost(index, 0.0)
        for variable, amount in zip(variables, amounts, strict=True):
            highs.changeColCost(variable, float(amount))
        highs.run()
        said = highs.getModelStatus()
        if said in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            status = "infeasible" if not solution else "open"
            break
        if said != highspy.HighsModelStatus.kOptimal:
            status = "open"
            break
        solution = [round(value) for value in highs.getSolution().col_value]
        best = sum(solution[v] * a for v, a in zip(variables, amounts, strict=True))
        highs.addRow(-infinity, float(best), len(variables), variables, [float(a) for a in amounts])
    return status, solution, built - started, perf_counter() - built, process_time() - spent


def main() -> None:
    """Answer tables; what HiGHS prints by itself (a banner, whatever `output_flag` says) goes elsewhere."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for line in sys.stdin:
            print(json.dumps(minimise(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
