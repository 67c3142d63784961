"""Work that must end: after so many seconds its thread is interrupted.

An answer has a limit of its own, but a request may ask for several, and what
looks at no clock for long (a large profile, say) ends no sooner for it. The exception is delivered between two steps of the interpreter
(https://docs.python.org/3/c-api/init.html#c.PyThreadState_SetAsyncExc), and
each call into the solver is short, so it is heard soon.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

from heapwright.platforms.errors import HeapwrightError

Result = TypeVar("Result")

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)
_raise_in.restype = ctypes.c_int


class OutOfTime(HeapwrightError):
    """The deadline came before the work was done."""


class _Stop(BaseException):
    """What the working thread gets; not an Exception, so that nothing on its way takes it for an error."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of `work`, which runs in this thread.

    Raises:
        OutOfTime: it was not done after `seconds`.
    """
    worker = threading.get_ident()
    lock = threading.Lock()
    done = False

    def stop() -> None:
        with lock:
            if not done:
                _raise_in(worker, _Stop)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    try:
        try:
            timer.start()
            return work()
        finally:
            with lock:
                done = True
            timer.cancel()
    except _Stop:
        raise OutOfTime(f"not done within {seconds:g} s") from None
