"""The question that every interface answers, design §3's pipeline, and what a command says to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

RECORD: dict[str, Any] = {
    "schema": "heapwright/pipeline/1",
    "name": "record-and-preview",
    "buffers": {
        "frame": {
            "size": "1366x768",
            "formats": ["XR24", "NV12"],
            "count": 4,
            "written_by": "gpu.render",
            "read_by": ["display.scanout", "video-encoder.frame"],
        }
    },
}


QUESTION: dict[str, Any] = {"platform": "acme-one", "pipelines": [RECORD]}


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


def problem(response: Any, status: int) -> Any:
    """The problem document of a refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["title"] and found["detail"]
    return found
