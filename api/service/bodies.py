"""Request bodies: read with a limit, parsed as strictly as our files are.

The framework would parse JSON itself, but takes NaN and duplicate keys, and
works on the thread that answers everybody. So a route takes the bytes, and
parses and validates them where it solves.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from heapwright.api.service.problems import BODY, Refused
from heapwright.platforms.reading.validation import validated
from heapwright.platforms.reading.yaml_source import read_text

Parsed = TypeVar("Parsed", bound=BaseModel)

_DRAIN: Final = 8
"""A body that is too large is read up to so many times the limit, so that its sender hears why it is refused."""


async def body(request: Request) -> bytes:
    """The body of a request.

    Raises:
        Refused: 413, 415, or 400 if the client went away.
    """
    _require_json(request)
    limit: int = request.app.state.service.limits.body
    chunks: list[bytes] = []
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length <= limit:
                chunks.append(chunk)
            elif length > _DRAIN * limit:
                break
    except ClientDisconnect:
        raise Refused(400, "the client went away") from None
    if length > limit:
        raise Refused(413, f"the body has more than {limit} bytes")
    return b"".join(chunks)


def _require_json(request: Request) -> None:
    """Only what is declared as JSON: a form on a web page can send text, but not this type without permission."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated != "application/json":
        raise Refused(415, "expected content-type: application/json")


def parsed(model: type[Parsed], raw: bytes) -> Parsed:
    """A body as a `model`.

    Raises:
        UnparsableInput: it is no JSON.
        InputError: it is JSON that we refuse, or not of this form.
    """
    return validated(model, read_text(raw, BODY, as_json=True, limit=len(raw)))


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI description of a body that `parsed` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
