"""HiGHS: a mixed integer program, level after level, in a process of its own.

It cannot share one with ortools, which carries another HiGHS. Tables come as one
JSON line each on standard input, outcomes go to standard output; times are taken
here, around building and running only. Doubles carry its sums, so levels never
share an objective.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Final

NAME: Final = "HiGHS"


def solve_all(
    tables: Sequence[Any], gap: float, limit: float
) -> list[tuple[str, tuple[int, ...], float, float]]:
    """Outcomes as (status, chosen, build, search), from another process."""
    lines = "\n".join(json.dumps([made, gap, limit]) for made in tables)
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.rivals.highs"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("[")]
    return [(status, tuple(chosen), build, search) for status, chosen, build, search in found]


def _solve(table: list[Any], levels: list[int], largest_level: int, gap: float, limit: float) -> list[Any]:
    import highspy
    import numpy as np

    started = perf_counter()
    model = highspy.Highs()
    model.silent()
    model.setOptionValue("threads", 1)
    model.setOptionValue("mip_rel_gap", gap)
    model.setOptionValue("mip_abs_gap", 0.5)  # every level is an integer
    firsts, largest = _columns(highspy, model, np, table)
    _rows(highspy, model, np, table, firsts, largest)
    columns = largest + 1
    built = perf_counter()
    chosen: list[int] = []
    for level in levels:
        costs = np.zeros(columns)
        if level == largest_level:
            costs[largest] = 1.0
        else:
            for first, rows in zip(firsts, table[0], strict=True):
                for index, row in enumerate(rows):
                    costs[first + index] = row[0][level]
        model.changeColsCost(columns, np.arange(columns, dtype=np.int32), costs)
        model.setOptionValue(
            "time_limit", float(model.getRunTime() + max(0.0, limit - (perf_counter() - started)))
        )
        model.run()
        status = model.getModelStatus()
        seconds = perf_counter() - built
        if status == highspy.HighsModelStatus.kInfeasible and not chosen:
            return ["infeasible", [], built - started, seconds]
        if status != highspy.HighsModelStatus.kOptimal:
            return ["limit", chosen, built - started, seconds]
        values = np.array(model.getSolution().col_value)
        chosen = [
            int(np.argmax(values[first : first + len(rows)]))
            for first, rows in zip(firsts, table[0], strict=True)
        ]
        reached = round(float(costs @ values))
        kept = np.nonzero(costs)[0].astype(np.int32)
        model.addRow(-highspy.kHighsInf, float(reached), len(kept), kept, costs[kept])
    return ["optimal", chosen, built - started, perf_counter() - built]


def _columns(highspy: Any, model: Any, np: Any, table: list[Any]) -> tuple[list[int], int]:
    """Options, then devices, then the largest share; where each buffer's options start."""
    firsts, total = [], 0
    for rows in table[0]:
        firsts.append(total)
        total += len(rows)
    flags = sum(table[3])
    binaries = total + flags
    model.addVars(binaries + 1, np.zeros(binaries + 1), np.append(np.ones(binaries), highspy.kHighsInf))
    kinds = np.array([highspy.HighsVarType.kInteger] * (binaries + 1))
    model.changeColsIntegrality(binaries + 1, np.arange(binaries + 1, dtype=np.int32), kinds)
    return firsts, binaries


def _rows(highspy: Any, model: Any, np: Any, table: list[Any], firsts: list[int], largest: int) -> None:
    buffers, limits, pools, devices, apart = table
    flag = np.concatenate([[0], np.cumsum(devices)]).astype(int) + (largest - sum(devices))
    uses: list[dict[int, float]] = [{} for _ in limits]
    shares: list[dict[int, float]] = [{largest: -1.0} for _ in range(pools)]

    def add(low: float, high: float, terms: dict[int, float]) -> None:
        model.addRow(
            low, high, len(terms), np.array(list(terms), dtype=np.int32), np.array(list(terms.values()))
        )

    for first, rows in zip(firsts, buffers, strict=True):
        add(1.0, 1.0, {first + index: 1.0 for index in range(len(rows))})
        takers: dict[int, dict[int, float]] = {}
        for column, (_, charges, shared, binding) in enumerate(rows, first):
            for index, amount in charges:
                uses[index][column] = float(amount)
            for index, amount in shared:
                shares[index][column] = float(amount)
            for variable, device in binding:
                takers.setdefault(int(flag[variable]) + device, {})[column] = 1.0
        for column, terms in takers.items():
            add(-highspy.kHighsInf, 0.0, {**terms, column: -1.0})
    for variable, number in enumerate(devices):
        if number > 1:
            add(-highspy.kHighsInf, 1.0, {int(flag[variable]) + device: 1.0 for device in range(number)})
    for a, one, b, other in apart:
        add(-highspy.kHighsInf, 1.0, {int(flag[a]) + one: 1.0, int(flag[b]) + other: 1.0})
    for terms, most in zip(uses, limits, strict=True):
        add(-highspy.kHighsInf, float(most), terms)
    for terms in shares:
        add(-highspy.kHighsInf, 0.0, terms)


def main() -> None:
    for line in sys.stdin:
        (table, levels, largest_level), gap, limit = json.loads(line)
        print(json.dumps(_solve(table, levels, largest_level, gap, limit)), flush=True)


if __name__ == "__main__":
    main()
