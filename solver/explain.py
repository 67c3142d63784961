from __future__ import annotations
from solver.plan import Infeasible
def infeasible(problem, used, with_remedies=True):
    return Infeasible(platform=problem.board.name, pipelines=tuple(p.name for p in problem.pipelines), conflict=())
