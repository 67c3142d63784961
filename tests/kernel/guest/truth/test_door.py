"""`solve --allocate linux` as somebody types it: real buffers, held, corrected where the profile is wrong."""

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from heapwright.api.cli.app import run, solve_app
from tests.kernel.guest.machine import document

BUFINFO = Path("/sys/kernel/debug/dma_buf/bufinfo")
PREVIEW = {
    "schema": "heapwright/pipeline/1", "name": "preview", "conversions": "forbid",
    "buffers": {"frame": {
        "size": "1920x1080", "formats": ["XR24"], "count": 8, "written_by": "camera.capture",
        "read_by": ["display.scanout", "cpu.read"],
    }},
}  # fmt: skip


def buffers() -> int:
    found = re.search(r"Total (\d+) objects", BUFINFO.read_text())
    assert found is not None
    return int(found[1])


class Process:
    """`solve` in a child of this process, so that what is imported already need not be again."""

    def __init__(self, folder: Path, board: dict[str, Any], *options: str) -> None:
        (folder / "board.yaml").write_text(json.dumps(board))
        (folder / "preview.yaml").write_text(json.dumps(PREVIEW))
        files = [str(folder / "preview.yaml"), "-p", str(folder / "board.yaml")]
        arguments = [*files, "--allocate", "linux", "--json", *options]
        ends = [os.pipe() for _ in range(3)]
        self.number = os.fork()
        if self.number == 0:
            _become(ends, arguments)
        for descriptor in (ends[0][0], ends[1][1], ends[2][1]):
            os.close(descriptor)
        self.input = ends[0][1]
        self.out, self.err = os.fdopen(ends[1][0]), os.fdopen(ends[2][0])

    def ended(self) -> tuple[int, Any, str]:
        """Its exit code, what it answered and what it said."""
        with self.out, self.err:
            answer, said = json.loads(self.out.read()), self.err.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self.number, 0)[1])
        os.close(self.input)
        return code, answer, said


def _become(ends: list[tuple[int, int]], arguments: list[str]) -> None:
    """The child: its streams are the pipes, its end is that of the command."""
    code = 99
    try:
        for number, (reads, writes) in enumerate(ends):
            os.dup2(reads if number == 0 else writes, number)
            os.close(reads)
            os.close(writes)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run(solve_app(), "solve", arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


def test_what_the_profile_promises_wrongly_is_told_and_planned_anew(tmp_path: Path) -> None:
    # The profile takes the system heap for contiguous; eight frames of 8 MiB are not, whatever the luck of one.
    board = document()
    board["heaps"] = {name: board["heaps"][name] for name in ("system", "cma")}
    board["heaps"]["system"]["run"] = "whole"
    before = buffers()
    code, answer, said = Process(tmp_path, board).ended()
    assert code == 0, said
    assert [each["heap"] for each in answer["placements"]] == ["cma"]
    [told] = answer["allocation"]["disagreements"]
    assert (told["kind"], told["heap"], told["device"], told["errno"]) == (
        "not-imported", "system", "camera", "EFAULT",
    )  # fmt: skip
    assert (told["kernel"], told["size"]) == ("VIDIOC_QBUF", 8_294_400)
    assert buffers() == before


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "EOF"])
def test_held_buffers_are_there_until_somebody_says_stop(tmp_path: Path, how: str) -> None:
    before = buffers()
    process = Process(tmp_path, document(), "--hold")
    line = process.err.readline()
    assert line == f"solve: process {process.number} holds 8 buffers; Ctrl-C or the end of input ends it\n"
    assert buffers() == before + 8
    if how == "EOF":
        os.close(process.input)
        process.input = os.open(os.devnull, os.O_RDONLY)
    else:
        os.kill(process.number, signal.Signals[how])
    code, answer, _ = process.ended()
    assert code == 0
    names = {each["name"] for buffer in answer["allocation"]["buffers"] for each in buffer["dmabufs"]}
    assert names == {f"frame.{number}" for number in range(8)}
    assert buffers() == before


def test_a_heap_that_is_not_here_is_told_and_left(tmp_path: Path) -> None:
    board = document()
    board["heaps"]["cma"]["names"] = ["toaster"]
    code, answer, said = Process(tmp_path, board).ended()
    assert code == 4
    assert [each["kind"] for each in answer["allocation"]["disagreements"]] == ["absent"]
    assert "no heap toaster in /dev/dma_heap" in said
    assert "no plan is left" in said
