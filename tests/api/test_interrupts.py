"""Ctrl-C whenever it comes, and how many cores there are: a true answer or none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import cache

import pytest

from tests.api.test_cli_process import ROOT, SOLVE

QUESTIONS = {
    "a plan": ("--example", "playback", "-p", "rpi4-bcm2711"),
    "a conflict with its remedies": ("--example", "record-and-preview", "-p", "rk3588"),
    "alternatives": ("--example", "playback", "-p", "rpi4-bcm2711", "--alternatives", "8"),
    "why not": ("--example", "playback", "-p", "rpi4-bcm2711", "--why-not", "frame:cma"),
    "every board": ("--example", "playback", "-p", "all"),
}
MOMENTS = 4


@cache
def whole(name: str) -> tuple[int, str, float]:
    """Exit code, what is printed, and the seconds that it takes."""
    began = time.monotonic()
    done = subprocess.run(
        [*SOLVE, *QUESTIONS[name], "--json"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == "" and json.loads(done.stdout)
    return done.returncode, done.stdout, time.monotonic() - began


def interrupted(name: str, after: float) -> tuple[int, str, str]:
    """The same where Ctrl-C comes after so many seconds."""
    with subprocess.Popen(
        [*SOLVE, *QUESTIONS[name], "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] * (name == "every board")) for name in QUESTIONS]
)
def test_whenever_ctrl_c_comes_there_is_the_whole_answer_or_none(name: str) -> None:
    code, said, seconds = whole(name)
    # Before Python itself has started nobody listens; from then on moments spread over all phases.
    for moment in range(MOMENTS):
        found = interrupted(name, 0.1 + seconds * moment / MOMENTS)
        if found[0] in (130, -signal.SIGINT):
            assert found[1] in ("", said)
            assert found[2] == "" or found[0] != 130
        else:
            assert found == (code, said, "")


@pytest.mark.parametrize("limit", [(), ("--work-limit", "0.01")], ids=["no limit", "a limit of work"])
def test_one_core_gives_the_same_answer_as_all(limit: tuple[str, ...]) -> None:
    asked = ("--example", "record-and-preview", "-p", "mt8195", "--engine", "cpsat", "--json")
    command = [*SOLVE, *asked, *limit]
    alone = subprocess.run(
        ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
    )
    assert alone.stdout == subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120).stdout
    answer = json.loads(alone.stdout)
    assert answer.get("limited_by") in (None, "work")  # else the clock decided, and it would say so


WRITING = """
from heapwright.api.cli.output.write import write
import sys
print("begun", end="", file=sys.stderr, flush=True)
write("x" * 1_000_000, None)  # more than a pipe holds
"""


def writing() -> subprocess.Popen[str]:
    """A process that waits for the reader of its answer."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", WRITING], cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    assert process.stderr is not None and process.stderr.read(5) == "begun"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    return process


def test_an_answer_that_is_half_written_is_written_to_its_end() -> None:
    process = writing()
    said, _ = process.communicate(timeout=60)
    assert said == "x" * 1_000_000
    assert process.returncode == -signal.SIGINT


def test_a_second_interrupt_waits_for_no_reader() -> None:
    process = writing()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert len(said) < 1_000_000
    assert process.returncode != 0
