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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heapwright.platforms.catalog import load_platform as load_platform
    from heapwright.platforms.errors import HeapwrightError as HeapwrightError
    from heapwright.platforms.errors import InputError as InputError
    from heapwright.platforms.schema import Platform as Platform
    from heapwright.solver.files import load_live as load_live
    from heapwright.solver.files import load_pipelines as load_pipelines
    from heapwright.solver.pins import Pin as Pin
    from heapwright.solver.pipeline import Pipeline as Pipeline
    from heapwright.solver.plan import Answer as Answer
    from heapwright.solver.plan import Infeasible as Infeasible
    from heapwright.solver.plan import Placement as Placement
    from heapwright.solver.plan import Plan as Plan
    from heapwright.solver.plan import Undecided as Undecided
    from heapwright.solver.rivals import alternatives as alternatives
    from heapwright.solver.rivals import why_not as why_not
    from heapwright.solver.solving import Options as Options
    from heapwright.solver.solving import solve as solve

_DEFINED_IN = {
    "Answer": "solver.plan",
    "HeapwrightError": "platforms.errors",
    "Infeasible": "solver.plan",
    "InputError": "platforms.errors",
    "Options": "solver.solving",
    "Pin": "solver.pins",
    "Pipeline": "solver.pipeline",
    "Placement": "solver.plan",
    "Plan": "solver.plan",
    "Platform": "platforms.schema",
    "Undecided": "solver.plan",
    "alternatives": "solver.rivals",
    "load_live": "solver.files",
    "load_pipelines": "solver.files",
    "load_platform": "platforms.catalog",
    "solve": "solver.solving",
    "why_not": "solver.rivals",
}

_FOLDERS = ("allocator", "api", "platforms", "solver")

__all__ = sorted(_DEFINED_IN)


def __getattr__(name: str) -> Any:
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_DEFINED_IN[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.removeprefix(f"{__name__}.") not in _FOLDERS:
            raise
        raise ImportError(
            f"{error.name} is missing: this checkout lacks the symbolic links of the folder heapwright/"
            " (git config core.symlinks true, then git checkout -- heapwright)"
        ) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
