"""The face `heapwright`: what it names, and that its modules are imported by their full names."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import heapwright

ROOT = Path(__file__).parents[2]


def typed() -> dict[str, str]:
    """Names that a type checker sees, and the modules they are from."""
    tree = ast.parse(Path(heapwright.__file__).read_text())
    [block] = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    assert all(
        alias.asname == alias.name for node in imports for alias in node.names
    )  # else they are private
    return {
        alias.name: str(node.module).removeprefix("heapwright.") for node in imports for alias in node.names
    }


def test_what_a_type_checker_sees_is_what_there_is() -> None:
    assert typed() == heapwright._DEFINED_IN
    assert heapwright.__all__ == sorted(typed())
    assert {*heapwright.__all__} <= {*dir(heapwright)}


@pytest.mark.parametrize("name", heapwright.__all__)
def test_a_name_is_the_thing_that_its_module_defines(name: str) -> None:
    assert getattr(heapwright, name) is getattr(import_module(f"heapwright.{typed()[name]}"), name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'heapwright' has no attribute 'sovle'"):
        heapwright.sovle  # noqa: B018


@pytest.mark.parametrize("name", ["allocator", "api", "platforms", "solver"])
def test_a_bare_name_is_an_error_of_ruff(name: str) -> None:
    code = f"import {name}\nfrom {name}.module import thing\nimport heapwright.{name}\nfrom heapwright.{name} import x\n"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", "x.py", "-"],
        input=code, cwd=ROOT, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    banned = [line.partition(" TID251 ")[0] for line in done.stdout.splitlines() if " TID251 " in line]
    assert banned == ["x.py:1:8:", "x.py:2:1:"]
