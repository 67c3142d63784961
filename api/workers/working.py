"""A worker process from inside: calls come in one by one, reports and a result go out."""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from heapwright.platforms.errors import HeapwrightError

SPARE: Final = 32 << 20
"""Bytes beyond the limit, with which a worker still says that it was reached."""
WORN: Final = 2
"""A worker that keeps more than this part of its limit after a call is replaced: memory comes back with it."""
GARBAGE: Final = 100_000
"""Objects made since Python last looked for cycles of garbage; as in a command."""


class Call(NamedTuple):
    """A function of a module, and what it is called with."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()

    def __call__(self) -> Any:
        return self.function(*self.arguments, **dict(self.named))


class Message(NamedTuple):
    """What a worker says: of a call by its number, or that it is there."""

    kind: Literal["ready", "report", "result", "raised", "memory"]
    call: int = 0
    value: Any = None
    worn: bool = False
    """Whether the worker wants to be replaced."""


_tell: Callable[[Any], None] | None = None


def report(value: Any) -> None:
    """Hand a value to whoever waits for this call, before it is done; nothing where nobody listens."""
    if _tell is not None:
        _tell(value)


def work(pipe: Connection, memory: int) -> None:
    """Do what is asked through `pipe` until its other end is closed, with so many bytes of memory more than now."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what all workers share is not looked at, and stays shared
    gc.set_threshold(GARBAGE)
    most = _written() + memory
    _limit(most)
    with suppress(EOFError, OSError):  # the parent is gone, or needs this worker no more
        _send(pipe, Message("ready"))
        while True:
            number, call = pickle.loads(pipe.recv_bytes())
            message = _done(pipe, number, call)
            worn = message.kind == "memory" or _written() > most - memory + memory // WORN
            _send(pipe, message._replace(worn=worn))
            if worn:
                return


def _done(pipe: Connection, number: int, call: bytes) -> Message:
    """What became of a call."""
    global _tell
    _tell = lambda value: _send(pipe, Message("report", number, value))  # noqa: E731
    try:
        return Message("result", number, pickle.loads(call)())
    except MemoryError:
        _limit(None)
        return Message("memory", number)
    except HeapwrightError as wrong:
        return Message("raised", number, wrong.with_traceback(None))
    except Exception as wrong:
        wrong.add_note("".join(traceback.format_exception(wrong)))
        return Message("raised", number, wrong.with_traceback(None))
    finally:
        _tell = None


def _send(pipe: Connection, message: Message) -> None:
    try:
        data = pickle.dumps(message)
    except MemoryError:
        raise
    except Exception as wrong:  # whatever is in the message
        text = f"{message.kind} of a call cannot be sent: {wrong!r}"
        data = pickle.dumps(message._replace(kind="raised", value=TypeError(text)))
    pipe.send_bytes(data)


def _end_with_parent() -> None:
    """The kernel kills this process when the other end of the pipe to its parent is closed, whatever it does then."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # multiprocessing has started this process
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC | fcntl.fcntl(parent.sentinel, fcntl.F_GETFL))
    if not parent.is_alive():
        os._exit(1)
    with suppress(OSError):  # it may be out of reach, or not there at all
        Path("/proc/self/oom_score_adj").write_text("1000")


def _written() -> int:
    """Bytes that this process may write for itself: what RLIMIT_DATA counts."""
    with open("/proc/self/status", "rb") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(b"VmData:")) << 10


def _limit(most: int | None) -> None:
    """Memory for at most so many bytes; None: for what it takes to say that there was no more."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if most is None:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
        return
    last = most + SPARE if hard == resource.RLIM_INFINITY else min(hard, most + SPARE)
    resource.setrlimit(resource.RLIMIT_DATA, (min(most, last), last))
