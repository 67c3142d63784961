"""What the library does to the process that imports it: nothing but answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ASK = """
import sys
import heapwright
def ask(board, name="record-and-preview", **more):
    pipelines = heapwright.load_pipelines([f"examples/{name}.yaml"])
    return heapwright.solve(heapwright.load_platform(board), pipelines, **more).status
def heavy():
    return sorted({"ortools", "numpy", "pandas", "google.protobuf", "fastapi", "typer"} & {*sys.modules})
"""


def printed(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ASK + code], cwd=ROOT, text=True, capture_output=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("question", "status"),
    [("'acme-one'", "optimal"), ("'acme-one', pins=['frame:count=900']", "infeasible")],
)
def test_a_question_that_is_decided_without_search_imports_no_solver(question: str, status: str) -> None:
    assert printed(f"print(ask({question}), heavy())") == [f"{status} []"]


def test_a_question_that_needs_a_search_imports_the_solver() -> None:
    # The measure of the tests above: what they forbid is seen where it happens.
    cpsat = "options=heapwright.Options(engine='cpsat')"
    assert printed(f"print(ask('mt8195', {cpsat}), 'ortools' in heavy())") == ["optimal True"]


def test_solving_leaves_the_process_as_it_was() -> None:
    code = """
import gc, locale, logging, os, signal, threading, warnings
def process():
    return {
        "garbage": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), gc.get_debug()),
        "signals": [signal.getsignal(number) for number in sorted(signal.valid_signals())],
        "threads": threading.active_count(),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "switching": sys.getswitchinterval(),
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "path": list(sys.path),
        "hooks": (sys.excepthook, threading.excepthook, sys.gettrace(), sys.getprofile()),
    }
gc.set_threshold(500, 7, 9)
during = []
gc.callbacks.append(lambda *_: during.append(gc.isenabled()))
before = process()
print(ask("mt8195", options=heapwright.Options(engine="cpsat")), all(during) and len(during) > 5)
print([name for name, value in process().items() if value != before[name]])
"""
    assert printed(code) == ["optimal True", "[]"]
