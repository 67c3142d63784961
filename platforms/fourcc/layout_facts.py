"""Numbers of hardware behind tiled and compressed layouts: `layouts.toml`, by family."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def facts(family: str) -> dict[str, Any]:
    """The numbers of one family, `source` among them."""
    return _table()[family]


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("heapwright.platforms") / "layouts.toml").read_text("utf-8"))
