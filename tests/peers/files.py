"""Case files: ours, and others of the same schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from .cases import World, read_world

OURS: Final = Path(__file__).parent / "sysmem.json"
_TABLES: Final = ("schema", "heaps", "formats", "color_space_rank_best_first")


def read_cases(path: Path | None = None) -> tuple[World, list[tuple[str, dict[str, Any]]]]:
    """The shared tables of a file and its cases, each with the list it stands in.

    A file without some table is read with ours. Every list of objects that is no
    table is a list of cases, so that one we do not know is counted, not skipped.

    Raises:
        pytest.UsageError: the file cannot be read, or has no cases.
    """
    data = json.loads(OURS.read_text())
    if path is not None:
        try:
            given = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise pytest.UsageError(f"--sysmem-cases {path}: {error}") from error
        if not isinstance(given, dict):
            raise pytest.UsageError(f"--sysmem-cases {path}: expected an object with lists of cases")
        data = {key: data[key] for key in _TABLES} | given
    cases = [
        (kind, case)
        for kind, listed in data.items()
        if kind not in _TABLES and isinstance(listed, list)
        for case in listed
        if isinstance(case, dict)
    ]
    if not cases:
        raise pytest.UsageError(f"{path}: no cases")
    return read_world(data), cases
