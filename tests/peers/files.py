"""Case files: ours, and others of the same schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from .cases import World, read_world
from .reading import words
from .remarks import is_remark

OURS: Final = Path(__file__).parent / "sysmem.json"
KINDS: Final = ("cases", "beyond_cases", "preference_cases", "pool_cases", "layout_cases")
_TABLES: Final = ("schema", "heaps", "formats", "color_space_rank_best_first")


def read_cases(path: Path | None = None) -> tuple[World, list[tuple[str, Any]]]:
    """The shared tables of a file and its cases, each with the list it stands in.

    A file without some table is read with ours. Every list of objects that is no
    table and no remark is a list of cases, so that one we do not know is counted, not
    skipped; in a list that we do know everything counts as a case.

    Raises:
        pytest.UsageError: the file cannot be read, its tables are none, or it has no cases.
    """
    data = json.loads(OURS.read_text())
    if path is not None:
        try:
            given = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise pytest.UsageError(f"--sysmem-cases {path}: {error}") from error
        if not isinstance(given, dict):
            raise pytest.UsageError(f"--sysmem-cases {path}: expected an object with lists of cases")
        data = {key: data[key] for key in _TABLES} | {k: v for k, v in given.items() if v is not None}
    for kind in KINDS:
        if not isinstance(data.get(kind, []), list):
            raise pytest.UsageError(f"--sysmem-cases {path}: {kind} is no list")
    cases = [
        (kind, case)
        for kind, listed in data.items()
        if kind not in _TABLES and isinstance(listed, list) and (kind in KINDS or not is_remark(kind, listed))
        for case in listed
        if kind in KINDS or isinstance(case, dict)
    ]
    if not cases:
        raise pytest.UsageError(f"{path}: no cases")
    try:
        return read_world(data), cases
    except ValidationError as error:
        raise pytest.UsageError(f"--sysmem-cases {path}: {words(error, 'tables')}") from error
