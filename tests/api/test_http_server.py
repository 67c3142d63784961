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

from heapwright.api.cli.commands.serve import listening
from heapwright.api.cli.process.exits import CannotListen, Exit
from tests.api.questions import QUESTION, Command

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
        [sys.executable, "-m", "heapwright.api", "serve", "--port", str(port)],
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


def _served(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "heapwright.api", "serve", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_in_use_has_a_code_and_a_sentence_of_its_own(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    port = server[1].rpartition(":")[2]
    said = _served("--port", port)
    assert (said.returncode, said.stdout) == (Exit.PORT_IN_USE, "")
    assert said.stderr == (
        f"heapwright: port {port} of 127.0.0.1 is in use; stop the process that listens there, "
        "or choose another port with --port (--port 0 picks a free one)\n"
    )
    # The one that was there first answers on.
    assert post(server[1], json.dumps(QUESTION).encode())[0] == 200


def test_a_bound_port_is_in_use_too() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CannotListen) as caught:
            listening("127.0.0.1", taken.getsockname()[1])
    assert caught.value.taken


def test_an_address_of_another_machine_is_bad_input() -> None:
    # 192.0.2.0/24 is set aside for documentation (RFC 5737): no machine has it.
    said = _served("--host", "192.0.2.1")
    assert said.returncode == Exit.BAD_INPUT
    assert "cannot listen on 192.0.2.1: " in said.stderr
    assert "--host" in said.stderr and "Traceback" not in said.stderr


def test_port_0_is_one_free_port_on_every_address_of_a_host() -> None:
    sockets = listening("localhost", 0)
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()


def test_the_codes_are_in_the_help(heapwright: Command) -> None:
    told = heapwright("serve", "--help").out
    assert f"{int(Exit.PORT_IN_USE)}    the port is in use" in told


def test_an_interrupt_is_how_the_service_ends(server: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = server
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
