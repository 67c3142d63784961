"""clingo: answer sets, one `#minimize` priority per level.

Its integers have 32 bits, which the tables' units keep clear of; the largest
share is a binary number, since a value per ppm would be a million atoms.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

from benchmarks.tables import RANK, Outcome, Table, groups, largest_cost
from solver.costs import LARGEST

NAME: Final = "clingo"
_RULES: Final = """
1 { take(B,O) : option(B,O) } 1 :- buffer(B).
:- limit(L,M), #sum { N,B,O : take(B,O), charge(B,O,L,N) } > M.
1 { is(V,D) : device(V,D) } 1 :- variable(V).
:- take(B,O), binds(B,O,V,D), not is(V,D).
:- apart(A,D,B,E), is(A,D), is(B,E).
{ bit(I,W) : power(I,W) }.
:- pool(P), #sum { N,B,O : take(B,O), share(B,O,P,N); -W,I,bit : bit(I,W) } > 0.
#minimize { N@(last-L),B,O : take(B,O), cost(B,O,L,N) }.
#minimize { W@(last-largest),I : bit(I,W) }.
#show take/2.
"""


def solve(made: Table, gap: float, limit: float) -> Outcome:
    import clingo

    started = perf_counter()
    control: Any = clingo.Control(
        [
            "--opt-mode=opt",
            "--opt-strategy=usc,oll",
            "--configuration=trendy",
            f"-clast={RANK}",
            f"-clargest={LARGEST}",
        ],
        logger=lambda *_: None,
    )
    control.add("base", [], _RULES + _facts(made))
    control.ground([("base", [])])
    built = perf_counter()
    best: list[tuple[int, ...]] = []

    def keep(model: Any) -> None:
        taken = sorted((s.arguments[0].number, s.arguments[1].number) for s in model.symbols(shown=True))
        best.append(tuple(option for _, option in taken))

    with control.solve(on_model=keep, async_=True) as handle:
        done = handle.wait(max(0.0, limit - (built - started)))
        if not done:
            handle.cancel()
        result = handle.get()
    seconds = perf_counter() - built
    chosen = best[-1] if best else ()
    if result.unsatisfiable:
        return Outcome("infeasible", (), built - started, seconds)
    return Outcome("optimal" if done and result.exhausted else "limit", chosen, built - started, seconds)


def _facts(made: Table) -> str:
    lines: list[str] = []
    open_levels = {level for group in groups(made) for level, _ in group} - {LARGEST}
    for b, rows in enumerate(made.buffers):
        lines.append(f"buffer({b}).")
        for o, row in enumerate(rows):
            lines.append(f"option({b},{o}).")
            lines += [f"charge({b},{o},{index},{n})." for index, n in row.charges]
            lines += [f"share({b},{o},{index},{n})." for index, n in row.shares]
            lines += [f"binds({b},{o},{variable},{device})." for variable, device in row.binding]
            lines += [
                f"cost({b},{o},{level},{row.costs[level]})." for level in open_levels if row.costs[level]
            ]
    lines += [f"limit({index},{min(most, 2**31 - 1)})." for index, most in enumerate(made.limits)]
    lines += [f"pool({index})." for index in range(made.pools)]
    for variable, number in enumerate(made.devices):
        lines += [f"variable({variable})."] if number else []
        lines += [f"device({variable},{device})." for device in range(number)]
    lines += [f"apart({a},{one},{b},{other})." for a, one, b, other in made.apart]
    lines += [f"power({i},{1 << i})." for i in range(largest_cost(made, LARGEST).bit_length())]
    return "\n".join(lines)
