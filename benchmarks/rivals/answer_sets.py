"""clingo: weight rules, and one `#minimize` priority per goal.

Rules go in through the backend, so there is nothing to ground. Integers of more
than one bit (the largest share) are spelled in bits.
"""

from __future__ import annotations

from time import perf_counter, process_time

import clingo

from benchmarks.table import Answer, Table

_WEIGHT = 1 << 31
"""clingo's weights are 32 bits wide, and so are its bounds."""


def version() -> str:
    return str(clingo.__version__)


def solve(table: Table, cap: float) -> Answer:
    started, spent = perf_counter(), process_time()
    control = clingo.Control(["--warn=none"])
    with control.backend() as backend:
        bits = [[backend.add_atom() for _ in range(top.bit_length())] for top in table.tops]
        for atoms in bits:
            backend.add_rule(atoms, choice=True)
        for row in table.sums:
            pairs = _pairs(bits, row.variables, row.amounts)
            for weighted, least in (
                *([([(lit, -w) for lit, w in pairs], -row.high)] if row.high is not None else []),
                *([(pairs, row.low)] if row.low is not None else []),
            ):
                positive = [(lit, w) if w > 0 else (-lit, -w) for lit, w in weighted]
                bound = least - sum(w for _, w in weighted if w < 0)
                if bound <= 0:
                    continue
                if max(bound, *(w for _, w in positive), 0) >= _WEIGHT:
                    return Answer("unable", [], 0, 0, 0, "weights beyond 32 bits")
                holds = backend.add_atom()
                backend.add_weight_rule([holds], bound, positive)
                backend.add_rule([], [-holds])
        for rank, goal in enumerate(reversed(table.goals)):
            pairs = _pairs(bits, goal.variables, goal.amounts)
            if any(w >= _WEIGHT for _, w in pairs):
                return Answer("unable", [], 0, 0, 0, "weights beyond 32 bits")
            if pairs:
                backend.add_minimize(rank, pairs)
    built = perf_counter()
    best: list[int] = []
    every = {atom for atoms in bits for atom in atoms}

    def keep(model: clingo.Model) -> None:
        true = {atom for atom in every if model.is_true(atom)}
        best[:] = [sum(1 << i for i, atom in enumerate(atoms) if atom in true) for atoms in bits]

    with control.solve(on_model=keep, async_=True) as handle:
        if not handle.wait(max(0.01, cap - (built - started))):
            handle.cancel()
        done = handle.get()
    status = "open" if not done.exhausted else "optimal" if best else "infeasible"
    values = table.values(best) if status == "optimal" else []
    return Answer(status, values, built - started, perf_counter() - built, process_time() - spent)


def _pairs(bits: list[list[int]], variables: list[int], amounts: list[int]) -> list[tuple[int, int]]:
    return [
        (atom, amount << place)
        for variable, amount in zip(variables, amounts, strict=True)
        for place, atom in enumerate(bits[variable])
    ]
