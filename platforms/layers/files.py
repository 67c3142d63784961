"""The files that profiles are made of: those that come with heapwright, and those beside a profile."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Final

from heapwright.platforms.errors import (
    Diagnostic,
    UnparsableInput,
    near,
    shown,
)
from heapwright.platforms.reading.documents import Document
from heapwright.platforms.reading.yaml_source import read_file, read_text

SUFFIXES: Final = (".yaml", ".yml", ".json")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.,+-]{1,64}", re.ASCII)


@lru_cache(maxsize=3)
def bundled(kind: str) -> dict[str, Traversable]:
    """Our files in a folder (`profiles`, `drivers`, `exporters`) by their names."""
    folder = resources.files("heapwright.platforms") / kind
    files = folder.iterdir() if folder.is_dir() else ()
    return {file.name.removesuffix(".yaml"): file for file in files if file.name.endswith(".yaml")}


def bundled_document(kind: str, name: str) -> Document:
    """The file of ours of that name."""
    file = bundled(kind)[name]
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnparsableInput(
            [Diagnostic(file.name, None, (), f"cannot be read: {error.strerror}")]
        ) from None
    return read_text(content, f"platforms/{kind}/{file.name}")


def names_under(document: Document, key: str, what: str) -> list[str]:
    """The names under `key`: none, one, or a list of different ones."""
    stated = document.data.get(key)
    names = [] if stated is None else stated if isinstance(stated, list) else [stated]
    if not all(isinstance(name, str) and _PLAIN_NAME.fullmatch(name) for name in names):
        raise document.error((key,), f"expected the name of {what}, or a list of names, got {shown(stated)}")
    if len(set(names)) < len(names):
        raise document.error((key,), f"expected different names, got {shown(', '.join(names))}")
    return names


def named(kind: str, name: str, folder: FilePath | None, user: Document) -> tuple[Document, FilePath | None]:
    """The file called `name`: beside the one that uses it, else one of ours."""
    beside = folder / f"{name}.yaml" if folder is not None else None
    if beside is not None and beside != FilePath(user.file) and beside.is_file():
        return read_file(beside), folder
    known = bundled(kind)
    if name not in known:
        key, what = ("extends", "board or part") if kind == "profiles" else ("rules", "driver rules")
        plain = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), None)
        if plain is not None:
            raise user.error(
                (key,), f"expected the name of a {what} without suffix: {shown(plain)}, not {shown(name)}"
            )
        file = f" and no file {shown(str(beside))}" if beside is not None else ""
        raise user.error((key,), f"no {what} {shown(name)}{file}{near(name, known)}")
    return bundled_document(kind, name), None
