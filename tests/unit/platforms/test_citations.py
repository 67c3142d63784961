"""Every fact says where it was read, and says it so that a reader can go and look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heapwright.platforms.reading.yaml_source import read_text
from tests.examples import ROOT

FILES = sorted((ROOT / "platforms").glob("*/*.yaml"))
FILE = re.compile(
    r"[\w+@,.-]+\.(c|h|S|rs|py|cpp|hpp|dts|dtsi|dtso|rst|txt|yaml|xml|def|inc|md|adoc|ini)\b|\b(Kconfig|[a-z0-9_]*defconfig|Makefile)\b"
)
"""A file of some tree; which tree is said before it."""
SPEC = re.compile(r"§|\b[\w.-]+/[\w.-]+ (issue )?#\d+|\bspec(ification)?\b")
UNRESOLVED = re.compile(r"\bunresolved: \S")
BARE = re.compile(r"\bindex ids?\b|\bids? \d|https?:|\bTODO\b|^\s*$")
NO_SYMBOL = re.compile(r"linux-[\d.]+: ?\S+\.[ch]")
NUMBER = re.compile(r"(0x[0-9a-fA-F]+|\d+ ?(B|KiB|MiB|GiB|TiB)?|\d+x\d+|\d+/\d+)(\.\..+)?")
NO_FACTS = frozenset({"source", "kernel", "page", "name", "schema", "title", "since", "until", "resources"})
"""Beside the facts: what a file is called, and numbers whose users carry the source (resources)."""


@cache
def data(path: Path) -> Any:
    return read_text(path.read_bytes(), path.name).data


def sources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "source" and isinstance(inner, str):
                yield inner
            else:
                yield from sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sources(inner)


def uncited(value: Any, path: tuple[Any, ...] = (), cited: bool = False) -> Iterator[str]:
    """Numbers without a source beside or around them."""
    if isinstance(value, dict):
        cited = cited or isinstance(value.get("source"), str) or ruled(value.get("rules"))
        for key, inner in value.items():
            if key not in NO_FACTS:
                yield from uncited(inner, (*path, key), cited)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from uncited(inner, (*path, index), cited)
    elif not cited and not isinstance(value, bool) and NUMBER.fullmatch(str(value)):
        yield f"{'.'.join(map(str, path))} = {value}"


def ruled(rules: Any) -> bool:
    """Whether a device starts from driver rules, which have a source of their own."""
    names = [rules] if isinstance(rules, str) else rules or []
    return any("source" in data(ROOT / "platforms" / "drivers" / f"{name}.yaml") for name in names)


def is_citation(source: str) -> bool:
    if BARE.search(source) or NO_SYMBOL.fullmatch(source):
        return False
    return bool(FILE.search(source) or SPEC.search(source) or UNRESOLVED.search(source))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_number_has_a_source_at_or_above_it(path: Path) -> None:
    assert list(uncited(data(path))) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_source_is_one_that_can_be_looked_up_or_says_why_not(path: Path) -> None:
    assert [source for source in sources(data(path)) if not is_citation(source)] == []


@pytest.mark.parametrize(
    ("source", "good"),
    [
        ("linux-6.12: drivers/dma-buf/heaps/system_heap.c orders[]", True),
        ("linux-7.2.13:arch/arm64/configs/defconfig CONFIG_CMA_SIZE_MBYTES=32", True),
        ("OpenGL ES 2.0 §3.7 texturing", True),
        ("unresolved: an example size; boards differ", True),
        ("linux-7.2.13:drivers/gpu/drm/xe/xe_dma_buf.c", False),
        ("index id 17309097588", False),
        ("somebody said so", False),
        ("unresolved", False),
    ],
)
def test_what_is_a_citation(source: str, good: bool) -> None:
    assert is_citation(source) == good


def test_a_number_without_a_source_is_found() -> None:
    profile = {"memory": {"a": {"size": "1GiB"}, "b": {"size": 5, "source": "x"}}, "page": 4096}
    assert list(uncited(profile)) == ["memory.a.size = 1GiB"]


def test_what_ports_take_of_a_resource_has_a_source() -> None:
    for path in FILES:
        for device in (data(path).get("devices") or {}).values():
            for port in ((device or {}).get("ports") or {}).values():
                assert not (port or {}).get("uses") or "source" in port, path.name
