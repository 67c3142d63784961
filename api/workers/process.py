"""A worker process from outside: started, given a call, listened to, ended."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from contextlib import suppress
from multiprocessing import connection
from typing import Final

from heapwright.api.workers import working
from heapwright.api.workers.working import Message

PRELOADED: Final = [
    "heapwright.api.workers.asking",
    "heapwright.platforms.catalog",
    "heapwright.solver.question.load",
    "heapwright.solver.solve",
    "ortools.sat.python.cp_model_helper",
]
"""What every worker has imported before it is forked."""
LAST: Final = 5.0
"""Seconds for a worker to go once nobody needs it."""


class WorkerProcess:
    """One process and the pipe to it."""

    def __init__(self, memory: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        self.pipe, theirs = context.Pipe()
        try:
            self._process = context.Process(
                target=working.work, args=(theirs, memory), name="heapwright worker", daemon=True
            )
            self._process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            theirs.close()
        self.ready = False
        self.task: int | None = None
        """The number of the call that it does."""

    @property
    def number(self) -> int | None:
        """Its process id."""
        return self._process.pid

    def give(self, number: int, call: bytes) -> None:
        """Let it do a call.

        Raises:
            OSError: it is gone.
        """
        self.task = number
        self.pipe.send_bytes(pickle.dumps((number, call)))

    def heard(self) -> Message | None:
        """What it said; None once it is gone. Waits if it has said nothing."""
        try:
            message: Message = pickle.loads(self.pipe.recv_bytes())
        except Exception:  # cut off, or no message: its process is ended
            return None
        return message

    def ended(self, *, kill: bool) -> str:
        """End it, by force or by asking no more, and say how it went."""
        if kill:
            self._process.kill()
        self.pipe.close()
        self._process.join(LAST)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        code = self._process.exitcode
        self._process.close()
        return _said(code)


def _said(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    name = str(-code)
    with suppress(ValueError):
        name = signal.Signals(-code).name
    return f"signal {name}"


waiting = connection.wait
"""Which of several pipes have something to say."""
