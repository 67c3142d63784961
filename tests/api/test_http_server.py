"""`heapwright serve` as a process, over a real socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.questions import QUESTION

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running service and its address."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, address
    finally:
        process.kill()
        process.wait()


def post(address: str, body: bytes) -> tuple[int, Any]:
    """POST a question and read the answer."""
    request = urllib.request.Request(f"{address}/v1/plans", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_question_over_a_socket(server: tuple[subprocess.Popen[str], str]) -> None:
    status, answer = post(server[1], json.dumps(QUESTION).encode())
    assert (status, answer["status"]) == (200, "optimal")


def test_a_body_that_is_too_large_hears_why(server: tuple[subprocess.Popen[str], str]) -> None:
    status, told = post(server[1], b'{"platform": "' + b"a" * (10 << 20) + b'"}')
    assert (status, told["status"]) == (413, 413)
    assert "8388608 bytes" in told["detail"]


def test_an_interrupt_is_how_the_service_ends(server: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = server
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
