"""What goes in and out over HTTP, beside the answers themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from heapwright.api.service.limits import DEFAULT_SECONDS, LONGEST_SECONDS
from heapwright.platforms.errors import shown
from heapwright.platforms.schema import Strict
from heapwright.platforms.values import Name
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.terms import EngineOrder

Text = Annotated[str, Field(min_length=1, max_length=512)]


def _name_or_profile(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise ValueError(f"expected the name of a board or a profile, got {shown(value)}")
    return value


PlatformReference = Annotated[
    Name | dict[str, Any],
    BeforeValidator(_name_or_profile),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^[A-Za-z0-9_.,+-]{1,64}$"},
                {"$ref": "#/components/schemas/Platform"},
            ]
        }
    ),
]
"""A board by name, or a whole profile; a profile may extend our boards."""

Documents = Annotated[tuple[Any, ...], Field(strict=False, min_length=1, max_length=64)]


def _list_of(model: str, **bounds: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": {"$ref": f"#/components/schemas/{model}"}, **bounds})


Pipelines = Annotated[Documents, _list_of("Pipeline", minItems=1, maxItems=64)]
"""Pipelines as written; `heapwright.solver.question.load` reads them, as it reads files."""
Live = Annotated[tuple[Any, ...], Field(strict=False, max_length=1024), _list_of("Placement", maxItems=1024)]
"""Placements of earlier answers, read the same way."""


KernelVersion = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,6}){0,3}$")]


class SolveOptions(Strict):
    """How to solve; every field may be left out."""

    kernel: KernelVersion | None = None
    """Judge the board as on this kernel, not on the one its profile states."""
    strict: bool = False
    time_limit: Annotated[float, Field(ge=0, le=LONGEST_SECONDS)] = DEFAULT_SECONDS
    """Seconds by the clock for each answer."""
    work_limit: Annotated[float, Field(ge=0, le=LONGEST_SECONDS)] | None = None
    """Deterministic work of each search, about seconds."""
    gap: Annotated[float, Field(ge=0, le=1)] = 0.0
    engine: EngineOrder = "all"
    """Whom to ask: all engines in order, or CP-SAT alone."""
    pins: Annotated[tuple[Text, ...], Field(strict=False, max_length=256)] = ()


class QuestionOptions(SolveOptions):
    """How to solve, and what else to answer."""

    alternatives: Annotated[int, Field(ge=0, le=10)] = 0
    why_not: Text | None = None


class PlanRequest(Strict):
    """One question: pipelines that are live together, on one board."""

    platform: PlatformReference
    pipelines: Pipelines
    live: Live = ()
    options: QuestionOptions = QuestionOptions()


class PlanWithAlternatives(Plan):
    """A plan, and the next best ones if they were asked for."""

    alternatives: Annotated[tuple[Plan, ...], Field(strict=False)] = ()
    alternatives_ended: str | None = Field(default=None, exclude_if=lambda why: why is None)
    """Why there are not as many as were asked for."""


class AllocationRequest(Strict):
    """A plan to carry out in the simulator; without `plan` the question is solved first."""

    platform: PlatformReference
    pipelines: Pipelines
    plan: PlanWithAlternatives | None = None
    live: Live = ()
    options: SolveOptions = SolveOptions()


class Held(Strict):
    """Buffers held in the simulator until they are deleted."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{1,64}$")]
    platform: str
    plan: Plan


class BoardSummary(Strict):
    """A board in a list."""

    name: str
    title: str
    kernel: str


class Boards(Strict):
    """The boards that come with heapwright."""

    platforms: Annotated[tuple[BoardSummary, ...], Field(strict=False)]


class Health(Strict):
    """The service answers."""

    status: str = "ok"
    version: str
