"""A process that answers for weeks grows by no client's values: every cache has a bound."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("heapwright", "platforms", "solver", "allocator", "api")


def modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def unbounded(tree: ast.Module) -> Iterator[int]:
    """Lines where something is remembered for every argument there ever was."""
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "functools"
        for alias in node.names
    } | {"functools.cache", "functools.lru_cache"}
    free = {
        id(decorator)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not ast.unparse(node.args)
        for decorator in node.decorator_list
    }
    for node in ast.walk(tree):
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name not in imported:
            continue
        if name.endswith("lru_cache"):
            if not _bounded(tree, node):
                yield node.lineno
        elif name.endswith("cache") and id(node) not in free:
            yield node.lineno


def _bounded(tree: ast.Module, name: ast.expr) -> bool:
    """Whether a use of `lru_cache` is a call with a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.func is name:
            given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "maxsize")]
            return [type(getattr(value, "value", None)) for value in given] == [int]
    return False


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("@cache\ndef f(x): ...", True),
        ("@functools.cache\ndef f(*, x): ...", True),
        ("f = functools.cache(g)", True),
        ("@lru_cache\ndef f(x): ...", True),
        ("@lru_cache(maxsize=None)\ndef f(x): ...", True),
        ("@lru_cache(None)\ndef f(x): ...", True),
        ("f = lru_cache(maxsize=None)(lambda x: x)", True),
        ("@cache\ndef f(): ...", False),
        ("@lru_cache(maxsize=16)\ndef f(x): ...", False),
        ("@lru_cache(16)\ndef f(x): ...", False),
    ],
)
def test_an_unbounded_cache_is_recognised(code: str, found: bool) -> None:
    imports = "import functools; from functools import cache, lru_cache\n"
    assert list(unbounded(ast.parse(imports + code))) == [2] * found


def test_no_cache_is_without_a_bound() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        for line in unbounded(ast.parse(path.read_text()))
    ]
    assert len(modules()) > 200
    assert found == []


GROWTH = """
import functools, gc, sys, tracemalloc
bounded = functools.lru_cache
def small(maxsize=128, typed=False):
    return bounded(maxsize and min(maxsize, 8), typed) if not callable(maxsize) else bounded(8)(maxsize)
functools.lru_cache = small  # so that what is bounded is full at once, and what is not grows on

from heapwright.api.allocate.simulated import simulated
from tests.builders import board, buffer, device, image, pipeline, port
import heapwright

def ask(number):
    name = f"n{number}"
    rule = image("XR24", "NV12", modifiers=["LINEAR", hex((0x7F << 56) + number)])
    platform = board(devices={
        "camera": device("camera", capture=port(rule)),
        "panel": device("display", scanout=port(rule)),
        name: device("isp", input=port(rule)),
    })
    asked = pipeline(name, **{name: buffer(size=f"{16 + number}x{16 + number}", formats=["XR24", "NV12"])})
    answer = heapwright.solve(platform, [asked])
    assert answer.status == "optimal"
    heapwright.why_not(platform, [asked], f"{name}:system")
    simulated(platform, [asked], answer, ())

def grown(questions):
    for number in questions:
        ask(number)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]

for number in range(10):
    ask(number)
tracemalloc.start()
after = [grown(range(first, first + 80)) for first in (10, 90, 170)]
print(min(after[1] - after[0], after[2] - after[1]) / 80)  # a table that is made larger once is no leak
"""


def test_many_different_questions_leave_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWTH], cwd=ROOT, text=True, capture_output=True, timeout=120, check=True
    )
    # Less than one small string a question: an entry of a cache is at least its key and a link to it.
    assert float(done.stdout) < 40
