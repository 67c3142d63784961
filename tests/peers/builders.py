"""Nodes and cases of the schema, readable."""

from __future__ import annotations

from typing import Any

CPU = {"cpu": ["read_often", "write_often"]}
GPU = {"vulkan": ["sampled"]}
DISPLAY = {"display": ["layer"]}
DECODER = {"video": ["hw_decoder"]}
RAW = {"min_size": 4096}
HIDDEN = {"cpu": False, "ram": False, "inaccessible": True}
TOP = 2**32 - 1


def p(name: str = "a", parent: str | None = None, usage: Any = None, **said: Any) -> dict[str, Any]:
    """A participant that wants one buffer; node keys are given as `node`."""
    node: dict[str, Any] = said.pop("node", {})
    stated = {"usage": usage or CPU, "count": {"min": 1}} | said
    return {"id": name, "type": "participant", "parent": parent, "constraints": stated, **node}


def g(name: str, parent: str = "a") -> dict[str, Any]:
    return {"id": name, "type": "group", "parent": parent}


def im(fmt: str = "R8G8B8A8", modifier: str | None = "LINEAR", **said: Any) -> dict[str, Any]:
    yuv = fmt in ("NV12", "I420", "YV12", "YUY2")
    return {"formats": [[fmt, modifier]], "color_spaces": ["REC709" if yuv else "SRGB"], **said}


def raw(**said: Any) -> dict[str, Any]:
    return p(mem=RAW | said)


def pic(*images: dict[str, Any], **said: Any) -> dict[str, Any]:
    return p(images=[*images], **said)


def ok(*nodes: dict[str, Any], case: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return {"nodes": [*nodes], "expect": {"outcome": "ok", "derived": values}} | (case or {})


def fail(*nodes: dict[str, Any], **case: Any) -> dict[str, Any]:
    return {"nodes": [*nodes], "expect": {"outcome": "fail"}} | case
