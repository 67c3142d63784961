"""What goes wrong over HTTP, as RFC 9457 problem details.

    Exception
    ├── Refused                   we say no: too large, too busy, no such allocation
    ├── OutOfTime                 503: no answer before the deadline
    └── platforms.errors
        └── InputError            422: a question that is not what it must be
            ├── UnparsableInput   400: not JSON at all
            └── UnknownPlatform   404: no board of that name

Infeasible is an answer and not here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from heapwright.api.service.deadline import OutOfTime
from heapwright.platforms.errors import (
    Diagnostic,
    HeapwrightError,
    InputError,
    UnknownPlatform,
    UnparsableInput,
    dotted,
)
from heapwright.platforms.schema import Strict
from heapwright.solver.question.pins import PIN, QUESTION

MEDIA_TYPE: Final = "application/problem+json"
MAX_ERRORS: Final = 100
BODY: Final = "body"
"""The name under which the problems of a request body are reported."""

_PARTS: Final = {BODY: "", PIN: "options.pins", QUESTION: "options.why_not"}
"""Where in a body stands what is reported under another name."""

_STATUS: Final[dict[type[InputError], int]] = {UnparsableInput: 400, UnknownPlatform: 404, InputError: 422}
_MEANS: Final = {
    400: "The body is not JSON.",
    404: "There is no board, or no allocation, of that name.",
    409: "The plan could not be allocated, or there is no plan.",
    413: "The body is too large.",
    415: "The body is not declared as application/json.",
    422: "The question is not what it must be.",
    429: "Too many allocations are held.",
    503: "Every worker is busy, or the question took too long.",
}


class ErrorDetail(Strict):
    """One thing wrong: where, and what was expected there."""

    path: str
    message: str


class ProblemDetails(Strict):
    """Why a request was refused (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: Annotated[tuple[ErrorDetail, ...], Field(strict=False)] = ()


class Refused(HeapwrightError):
    """A request that is refused with this status."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[ErrorDetail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its OpenAPI description."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {status: {"description": _MEANS[status], "content": {MEDIA_TYPE: schema}} for status in statuses}


def installed(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(InputError, _input_error)
    app.add_exception_handler(OutOfTime, _out_of_time)
    app.add_exception_handler(RequestValidationError, _request_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


def _response(
    status: int, detail: str, errors: Sequence[ErrorDetail] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    problem = ProblemDetails(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=tuple(errors)
    )
    return JSONResponse(
        problem.model_dump(mode="json"), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return _response(error.status, error.detail, error.errors, error.headers)


def _out_of_time(_: Request, error: Exception) -> JSONResponse:
    return _response(503, f"{error}; ask a smaller question")


def _input_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InputError)
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    faults = [ErrorDetail(path=_path(problem), message=_message(problem)) for problem in error.problems]
    detail = faults[0].message if len(faults) == 1 else f"{len(faults)} things are wrong"
    return _response(status, detail, faults[:MAX_ERRORS])


def _path(problem: Diagnostic) -> str:
    """Where in the body; `file` is the part of it that was read by itself, such as `pipelines[0]`."""
    part, inside = _PARTS.get(problem.file, problem.file), dotted(problem.path)
    return part + ("." if part and inside and not inside.startswith("[") else "") + inside


def _message(problem: Diagnostic) -> str:
    return problem.message if problem.line is None else f"line {problem.line}: {problem.message}"


def _request_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        ErrorDetail(path=".".join(map(str, one["loc"])), message=str(one["msg"])) for one in error.errors()
    ]
    return _response(422, "the request is not what it must be", faults[:MAX_ERRORS])


def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _response(error.status_code, str(error.detail), headers=error.headers)


def _bug(_: Request, error: Exception) -> JSONResponse:
    logging.getLogger("heapwright").error("a bug of ours", exc_info=error)
    return _response(500, "a bug of ours; the log of the service has the story")
