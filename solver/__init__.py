"""The question and the answer: which memory should each buffer live in?

    plan = solver.solve(platform, pipelines)

`solve` gives a `Plan`, `Infeasible` or `Undecided` (solver.plan). Names are
imported on first use, so that `import solver` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Answer": "solver.plan",
    "Infeasible": "solver.plan",
    "Options": "solver.solving",
    "Pipeline": "solver.pipeline",
    "Plan": "solver.plan",
    "Undecided": "solver.plan",
    "alternatives": "solver.rivals",
    "load_live": "solver.files",
    "load_pipelines": "solver.files",
    "solve": "solver.solving",
    "why_not": "solver.rivals",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'solver' has no attribute {name!r}")
