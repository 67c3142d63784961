"""The HTTP application: routes, problems, and its OpenAPI description."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from heapwright.api.service.limits import ServiceLimits
from heapwright.api.service.problems import ProblemDetails, installed
from heapwright.api.service.routes import router
from heapwright.api.service.schema import AllocationRequest, PlanRequest
from heapwright.api.service.state import Service
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement
from heapwright.solver.question.pipeline import Pipeline

_TEMPLATE: Final = "#/components/schemas/{model}"
_BODIES: Final = (PlanRequest, AllocationRequest, Pipeline, Placement, Platform, ProblemDetails)


def application(limits: ServiceLimits = ServiceLimits()) -> FastAPI:
    """A new application with its own admission and allocations."""
    app = FastAPI(
        title="heapwright",
        version=Service.version(),
        summary="Which memory must shared DMA buffers live in, and how must they lie?",
        redirect_slashes=False,
    )
    app.state.service = Service(limits)
    app.include_router(router)
    installed(app)
    _described(app)
    return app


def _described(app: FastAPI) -> None:
    """Add to the OpenAPI description the bodies that routes parse themselves."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = generated()
            _, found = models_json_schema(
                [(model, "validation") for model in _BODIES], ref_template=_TEMPLATE
            )
            schemas = described["components"]["schemas"]
            for name, schema in found["$defs"].items():
                schemas.setdefault(name, schema)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
