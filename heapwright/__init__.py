"""Which memory should this buffer live in?

    import heapwright

    platform = heapwright.load_platform("rk3588")
    pipelines = heapwright.load_pipelines(["record-and-preview.yaml"])
    answer = heapwright.solve(platform, pipelines)
    if isinstance(answer, heapwright.Plan):
        for placement in answer.placements:
            print(placement.buffer, placement.heap, placement.size)

"No plan exists" is an answer (`Infeasible`), not an exception. Everything that is raised on
purpose is a `HeapwrightError`; its tree is drawn in `heapwright.platforms.errors`.

Names are imported on first use, so that `import heapwright` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heapwright.platforms.catalog import load_platform as load_platform
    from heapwright.platforms.errors import HeapwrightError as HeapwrightError
    from heapwright.platforms.errors import InputError as InputError
    from heapwright.platforms.schema import Platform as Platform
    from heapwright.solver.answer.plan import Answer as Answer
    from heapwright.solver.answer.plan import Infeasible as Infeasible
    from heapwright.solver.answer.plan import Placement as Placement
    from heapwright.solver.answer.plan import Plan as Plan
    from heapwright.solver.answer.plan import Undecided as Undecided
    from heapwright.solver.question.load import load_live as load_live
    from heapwright.solver.question.load import load_pipelines as load_pipelines
    from heapwright.solver.question.pins import Pin as Pin
    from heapwright.solver.question.pipeline import Pipeline as Pipeline
    from heapwright.solver.question.terms import Options as Options
    from heapwright.solver.solve import alternatives as alternatives
    from heapwright.solver.solve import solve as solve
    from heapwright.solver.solve import why_not as why_not

_DEFINED_IN = {
    "Answer": "solver.answer.plan",
    "HeapwrightError": "platforms.errors",
    "Infeasible": "solver.answer.plan",
    "InputError": "platforms.errors",
    "Options": "solver.question.terms",
    "Pin": "solver.question.pins",
    "Pipeline": "solver.question.pipeline",
    "Placement": "solver.answer.plan",
    "Plan": "solver.answer.plan",
    "Platform": "platforms.schema",
    "Undecided": "solver.answer.plan",
    "alternatives": "solver.solve",
    "load_live": "solver.question.load",
    "load_pipelines": "solver.question.load",
    "load_platform": "platforms.catalog",
    "solve": "solver.solve",
    "why_not": "solver.solve",
}

_MISSING = [
    name for name in ("allocator", "api", "platforms", "solver") if not find_spec(f"{__name__}.{name}")
]
if _MISSING:
    raise ImportError(
        f"{', '.join(_MISSING)}: missing in {__path__[0]}, for this checkout lacks symbolic links"
        " (git config core.symlinks true, then git checkout -- heapwright)"
    )

__all__ = sorted(_DEFINED_IN)


if not TYPE_CHECKING:  # else every misspelt name would be one that it gives

    def __getattr__(name: str) -> Any:
        if name not in _DEFINED_IN:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_DEFINED_IN[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
