"""The routes under /v1. Each parses, waits for a worker, calls, and maps."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from heapwright.api.documents.profile import as_profile
from heapwright.api.service.answering import answered, planned, platform_of
from heapwright.api.service.bodies import body, described, parsed
from heapwright.api.service.deadline import within
from heapwright.api.service.problems import declared
from heapwright.api.service.schema import (
    AllocationRequest,
    Boards,
    BoardSummary,
    Health,
    Held,
    KernelVersion,
    PlanRequest,
    PlanWithAlternatives,
)
from heapwright.api.service.state import Service
from heapwright.platforms.catalog import summaries
from heapwright.solver.answer.plan import Infeasible, Undecided

router = APIRouter()
_PROFILE: Final = {
    "description": "The profile.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Platform"}}},
}


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Here = Annotated[Service, Depends(_service)]
Body = Annotated[bytes, Depends(body)]
BoardName = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.,+-]{1,64}$")]
AllocationId = Annotated[str, Path(alias="id", min_length=1, max_length=64, pattern=r"^[0-9a-f]{1,64}$")]


@router.post(
    "/v1/plans",
    tags=["plans"],
    response_model=PlanWithAlternatives | Infeasible | Undecided,
    responses=declared(400, 404, 413, 415, 422, 503),
    openapi_extra=described(PlanRequest),
)
def create_plan(raw: Body, service: Here) -> Any:
    """Place the buffers of one or several pipelines on a board.

    "No plan exists" is an answer: status 200, `"status": "infeasible"`, with the
    facts that clash and the ways out. With `options.why_not` the answer is to
    that question: a plan if it is possible, the conflict if it is not.
    """
    with service.admission.admitted():
        return JSONResponse(within(service.limits.deadline, lambda: answered(parsed(PlanRequest, raw))))


@router.get("/v1/platforms", tags=["platforms"], response_model=Boards)
def list_platforms() -> Any:
    """The boards that come with heapwright."""
    return Boards(platforms=tuple(BoardSummary(**one._asdict()) for one in summaries()))


@router.get(
    "/v1/platforms/{name}",
    tags=["platforms"],
    response_model=None,
    responses={200: _PROFILE, **declared(404, 422)},
)
def show_platform(name: BoardName, kernel: Annotated[KernelVersion | None, Query()] = None) -> Any:
    """One board as a profile, everything it extends merged in; it may be changed and sent back.

    With `kernel`, heaps have the names they have on that kernel.
    """
    return JSONResponse(as_profile(platform_of(name, kernel)))


@router.post(
    "/v1/allocations",
    tags=["allocations"],
    status_code=201,
    response_model=Held,
    responses=declared(400, 404, 409, 413, 415, 422, 429, 503),
    openapi_extra=described(AllocationRequest),
)
def create_allocation(raw: Body, service: Here) -> Any:
    """Carry a plan out in the simulator and hold its buffers until they are deleted.

    Without `plan` the question is solved first; no plan is a conflict (409), and
    so is a plan that the simulated board refuses.
    """
    with service.admission.admitted():
        given, plan = within(service.limits.deadline, lambda: planned(parsed(AllocationRequest, raw)))
        # Not under the deadline: a board that others share must not be left half done.
        key = service.allocations.allocate(given.platform, given.pipelines, plan)
    held = Held(id=key, platform=given.platform.name, plan=plan)
    return JSONResponse(held.model_dump(mode="json", by_alias=True), 201)


@router.delete("/v1/allocations/{id}", tags=["allocations"], status_code=204, responses=declared(404, 422))
def delete_allocation(key: AllocationId, service: Here) -> Response:
    """Free the buffers of an allocation."""
    service.allocations.release(key)
    return Response(status_code=204)


@router.get("/healthz", tags=["service"], response_model=Health)
def health() -> Any:
    """The service answers."""
    return Health(version=Service.version())
