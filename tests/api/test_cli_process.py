"""The command line as a process: start-up, pipes, signals, odd streams."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SOLVE = [sys.executable, "-c", "from heapwright.api.start import solve; solve()"]
HEAPWRIGHT = [sys.executable, "-m", "heapwright.api"]
ROOT = Path(__file__).parents[2]
HEAVY = ("fastapi", "ortools", "numpy", "ruamel", "rich", "uvicorn", "heapwright.solver.solve")


def run(command: list[str], *arguments: str, **keywords: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, text=True, capture_output=True, timeout=60, **keywords
    )  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("entry", ["solve --help", "heapwright solve --help", "heapwright --help"])
def test_help_imports_nothing_heavy(entry: str) -> None:
    main, *arguments = entry.split()
    code = f"""
import atexit, sys
atexit.register(lambda: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr))
sys.argv = ["x", *{arguments}]
from heapwright.api.start import {main}
{main}()
"""
    done = run([sys.executable, "-c", code])
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_help_has_worked_examples_and_exit_codes() -> None:
    said = run(SOLVE, "--help").stdout
    assert "--why-not frame:system" in said and "130  interrupted" in said


def test_a_reader_that_leaves_is_no_error(record: str) -> None:
    script = (
        f"{sys.executable} -m heapwright.api solve {record} -p acme-one | head -n 1; echo ${{PIPESTATUS[0]}}"
    )
    done = run(["bash", "-c", script])
    assert done.stdout.splitlines() == ["record-and-preview on acme-one: optimal plan", "0"]
    assert done.stderr == ""


def test_a_full_disk_is_said(record: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*SOLVE, record, "-p", "acme-one"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_closed_streams_do_not_matter(record: str) -> None:
    done = run(["bash", "-c", f"{sys.executable} -m heapwright.api solve {record} -p acme-one >&- 2>&-"])
    assert done.returncode == 0


def test_a_narrow_locale_gets_an_answer(record: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = run(SOLVE, record, "-p", "acme-one", "--json", env=environment)
    assert done.returncode == 0 and done.stdout.isascii()
    assert "frame\\u2192encoder" in done.stdout
    assert run(SOLVE, record, "-p", "acme-one", env=environment).returncode == 0


SEARCHED = ("examples/record-and-preview.yaml", "-p", "mt8195", "--engine", "cpsat")
"""A question that CP-SAT is asked, whatever other engines could decide."""

INTERRUPT = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                raise ImportError("initialization failed") from None  # as modules in C do
sys.meta_path.insert(0, Interrupting())
from heapwright.api.start import {entry}
{entry}()
"""


@pytest.mark.parametrize("entry", ["solve", "heapwright"])
@pytest.mark.parametrize("module", ["typer", "ruamel.yaml", "ortools"])
def test_an_interrupt_while_importing_is_quiet(entry: str, module: str) -> None:
    command = ["solve"] if entry == "heapwright" else []
    code = INTERRUPT.format(entry=entry, module=module)
    done = run([sys.executable, "-c", code, *command, *SEARCHED])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_caller_that_ignores_interrupts_is_obeyed() -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{INTERRUPT.format(entry='solve', module='typer')}"
    done = run([sys.executable, "-c", code, "--version"])
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_ends_with_130_even_while_searching(record: str) -> None:
    code = textwrap.dedent(
        """
        import threading, heapwright
        from heapwright.api.cli.app import solve_main
        def solve(*_, **__):
            print("searching", flush=True)
            threading.Event().wait(30)
        heapwright.solve = solve
        solve_main()
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, record, "-p", "acme-one"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "searching\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("look", [1, 2, 5, 20, 60, 200])
def test_an_interrupt_in_any_phase_leaves_no_half_answer(look: int, small_cma: str, record: str) -> None:
    # Every phase looks at the clock: Ctrl-C comes as it does so for the last time.
    code = textwrap.dedent(
        f"""
        import os, signal, threading
        from heapwright.api.cli.app import solve_main
        from heapwright.solver.question import limits
        looks = 0
        def clock():
            global looks
            looks += 1
            if looks == {look}:
                print("interrupted", flush=True)
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(30)
            return 0.0
        limits.clock = clock
        solve_main()
        """
    )
    done = run([sys.executable, "-c", code], record, "-p", small_cma)
    assert (done.returncode, done.stdout, done.stderr) == (130, "interrupted\n", "")


def test_an_interrupt_is_still_heard_after_a_search() -> None:
    # CP-SAT would put the default action in the place of Python's handler, and the process would just die.
    code = textwrap.dedent(
        """
        import os, signal, sys, heapwright
        file, _, board, _, engine = sys.argv[1:]
        asked = heapwright.load_platform(board), heapwright.load_pipelines([file])
        heapwright.solve(*asked, options=heapwright.Options(engine=engine))
        assert "ortools" in sys.modules
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        except KeyboardInterrupt:
            print("heard")
        """
    )
    assert run([sys.executable, "-c", code], *SEARCHED).stdout == "heard\n"


def test_a_terminal_gets_colour_and_a_pipe_none(record: str) -> None:
    assert "\x1b[" not in run(SOLVE, record, "-p", "acme-one").stdout
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([*SOLVE, record, "-p", "acme-one"], cwd=ROOT, stdout=theirs, env=environment)
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:
        pass  # EIO: the other end of the terminal is closed
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"\x1b[" in seen and b"1366x768" in seen


def test_completion_offers_the_boards() -> None:
    environment = {
        **os.environ,
        "_SOLVE_COMPLETE": "complete_bash",
        "COMP_WORDS": "solve -p acme",
        "COMP_CWORD": "2",
    }
    assert run(SOLVE, env=environment).stdout.split() == ["acme-one"]


def test_a_list_of_boards_costs_little() -> None:
    # CPU time of the child, so that a busy machine does not matter; a board is read no further than its head.
    code = "import sys; from heapwright.api.cli.app import heapwright_app, run; sys.exit(run(heapwright_app(), 'heapwright', ['platforms', 'list']))"
    before = os.times()
    assert run([sys.executable, "-c", code]).returncode == 0
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 1.0
