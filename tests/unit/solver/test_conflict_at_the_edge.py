"""conflict, where a memory is a little too small for all buffers: few plans are looked for, and every fact is needed."""

from __future__ import annotations

from typing import Any

import pytest

import heapwright
from benchmarks.tight import FAMILIES, loaded, sized
from heapwright.solver.answer.plan import Infeasible
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.resolve import Problem


@pytest.mark.long
@pytest.mark.parametrize(("family", "size"), [("a", 36), ("rpi5", 20), ("am62a7", 60)])
def test_few_plans_are_looked_for(family: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    platform, pipelines = loaded(FAMILIES[family])
    looked_for: list[int] = []
    relaxed = Prover.relaxed

    def counting(prover: Prover, kept: int, **about: Any) -> Any:
        looked_for.extend([kept] if about.get("converted", True) else [])
        return relaxed(prover, kept, **about)

    monkeypatch.setattr(Prover, "relaxed", counting)
    options = heapwright.Options(explain=False)
    answer = heapwright.solve(sized(platform, size), pipelines, options=options)
    assert isinstance(answer, Infeasible) and answer.irreducible
    # Each fact once for its need and once for its sentence; what conversions cannot mend is asked on top.
    assert len(looked_for) <= 6 * len(answer.conflict) + 20
    monkeypatch.undo()
    problem = Problem(sized(platform, size), pipelines)
    prover = Prover(problem, existing_usage(problem.board, ()))
    facts = [Fact(reason.kind, reason.subject) for reason in answer.conflict]
    assert prover.relaxed(prover.sets.of(facts)).status == "infeasible"
    for fact in facts:
        assert prover.relaxed(prover.sets.of(each for each in facts if each != fact)).status != "infeasible"
