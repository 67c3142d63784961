"""Boards by name or by file: reading, combining and checking profiles.

A profile is read, put on top of what it `extends`, completed by the rules of
its drivers, and only then validated as a `Platform` and cross-checked. Every
problem keeps the file and line in which the offending value stands.
How they are combined: `heapwright.platforms.layers`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from heapwright.platforms.checks.consistency import faults
from heapwright.platforms.checks.firewalls import disputes
from heapwright.platforms.checks.notes import notable
from heapwright.platforms.errors import (
    Diagnostic,
    UnknownPlatform,
)
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.layers.extending import layers
from heapwright.platforms.layers.files import SUFFIXES, bundled, bundled_document, names_under
from heapwright.platforms.layers.rules import with_rules
from heapwright.platforms.reading.documents import Document, document_from
from heapwright.platforms.reading.validation import headed, partial, validated
from heapwright.platforms.reading.yaml_source import read_file, read_text
from heapwright.platforms.schema import SCHEMA, Platform
from heapwright.platforms.values import UNKNOWN

_PART = re.compile(r"^part:\s*true\b", re.MULTILINE)
_SECTION = re.compile(r"^(memory|iommus|links|heaps|devices|resources):", re.MULTILINE)


def board_names() -> tuple[str, ...]:
    """The boards that come with heapwright, in order; parts are left out."""
    profiles = bundled("profiles").items()
    return tuple(sorted(name for name, file in profiles if not _PART.search(file.read_text("utf-8"))))


class Summary(NamedTuple):
    """A board in a list."""

    name: str
    title: str
    kernel: str


@lru_cache(maxsize=1)
def summaries() -> tuple[Summary, ...]:
    """Our boards in order, read no further than their first section: a list need not check them all."""
    return tuple(Summary(name, *_headline(name)) for name in board_names())


def _head(name: str) -> Document:
    """A profile of ours up to its first section."""
    text = bundled("profiles")[name].read_text("utf-8")
    section = _SECTION.search(text)
    return read_text(text[: section.start() if section else None], f"platforms/profiles/{name}.yaml")


def _headline(name: str) -> tuple[str, str]:
    """Title and kernel of a board, its own or those of the layers below."""
    head = _head(name)
    title, kernel = "", UNKNOWN
    for below in names_under(head, "extends", "a board or part"):
        inherited = _headline(below)
        is_part = bool(_PART.search(bundled("profiles")[below].read_text("utf-8")))
        title, kernel = (
            (title if is_part else inherited[0]),
            inherited[1] if inherited[1] != UNKNOWN else kernel,
        )
    return str(head.data.get("title", title)), str(head.data.get("kernel", kernel))


def extended(name: str) -> tuple[str, ...]:
    """The boards and parts that a board of ours names under `extends`."""
    return tuple(names_under(_head(name), "extends", "a board or part"))


def load_platform(name_or_path: str | FilePath, *, kernel: str | None = None) -> Platform:
    """The platform of that name, or in that file (anything with a `/` or a suffix .yaml, .yml, .json).

    With `kernel`, as it is on that kernel instead of the one its profile states.

    Raises:
        UnknownPlatform: no board has that name.
        InputError: the profile is not what it must be; all its problems.
    """
    platform = _loaded(name_or_path)
    return platform if kernel is None else on_kernel(platform, kernel)


def _loaded(name_or_path: str | FilePath) -> Platform:
    return _platform(*_read(name_or_path))


def _read(name_or_path: str | FilePath, *, parts: bool = False) -> tuple[Document, FilePath | None]:
    """A profile as it is written, and the folder it stands in if it is none of ours."""
    text = str(name_or_path)
    if isinstance(name_or_path, FilePath) or "/" in text or text.endswith(SUFFIXES):
        return read_file(text), FilePath(text).parent
    boards = board_names()
    if text not in boards and not (parts and text in bundled("profiles")):
        raise UnknownPlatform(text, boards, parts=bundled("profiles").keys() - set(boards))
    return bundled_document("profiles", text), None


def notes(name_or_path: str | FilePath) -> tuple[Diagnostic, ...]:
    """What is legal in a sound profile and yet may be a slip.

    Modifiers whose names nobody knows, and displays that do not say how many planes they have.

    Raises:
        InputError: the profile cannot be read or put together.
    """
    document, folder = _read(name_or_path, parts=True)
    whole = with_rules(layers(document, folder, ()), folder)
    return tuple(Diagnostic(*whole.where(path), (), f"note: {said}") for path, said in notable(whole.data))


def doubts(name_or_path: str | FilePath) -> tuple[Diagnostic, ...]:
    """What a profile that can be used claims and cannot be relied on: firewalls that other heaps undo.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    document, folder = _read(name_or_path)
    platform = _platform(document, folder)
    whole = with_rules(layers(document, folder, ()), folder)
    return tuple(Diagnostic(*whole.where(path), path, said) for path, said in disputes(platform))


def check_profile(name_or_path: str | FilePath) -> Platform | None:
    """The platform of that name or in that file; None for a part that is sound as far as one can be judged alone.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    document, folder = _read(name_or_path, parts=True)
    if headed(document, SCHEMA).get("part") is not True:
        return _platform(document, folder)
    whole = with_rules(layers(document, folder, ()), folder)
    partial(Platform, whole, data=_profile(whole))
    return None


def platform_from(data: Any, file: str = "platform", *, kernel: str | None = None) -> Platform:
    """The platform in `data` (an HTTP body, a dict); it may extend our boards, never a file.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    platform = _platform(data if isinstance(data, Document) else document_from(data, file), None)
    return platform if kernel is None else on_kernel(platform, kernel)


def _platform(document: Document, folder: FilePath | None) -> Platform:
    data = headed(document, SCHEMA)
    if data.get("part") is True:
        raise document.error(("part",), "this is a part; a board combines it by extends: [BOARD, PART]")
    whole = with_rules(layers(document, folder, ()), folder)
    return validated(Platform, whole, data=_profile(whole), checks=faults)


def _profile(whole: Document) -> dict[str, Any]:
    return {key: value for key, value in whole.data.items() if key not in ("extends", "part")}
