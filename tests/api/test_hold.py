"""Holding: whoever says stop is heard, also just before the process falls asleep."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any

import pytest

from heapwright.api.cli.process import hold

real = select.select


def test_a_signal_just_before_the_sleep_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its handler in Python has run already, as if it had been heard too early: the sleep must not last.
    woken: list[int] = []

    def asleep(reads: list[int], *others: Any) -> Any:
        os.kill(os.getpid(), signal.SIGUSR1)
        ready = real(reads, *others, 20.0)
        woken.extend(ready[0])
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    monkeypatch.setattr(hold.select, "select", asleep)
    try:
        hold.until_stopped(False, lambda: None)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(woken) == 1


def test_other_signals_and_input_do_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reads, writes = os.pipe()
    heard: list[str] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append("signal"))

    def say() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        os.write(writes, b"go on\n")
        heard.append("said")
        os.close(writes)

    try:
        with os.fdopen(reads) as source:
            monkeypatch.setattr(sys, "stdin", source)
            hold.until_stopped(True, say)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert sorted(heard) == ["said", "signal"]
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_being_told_to_stop_is_the_right_end(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    signal.signal(number, before)  # a CP-SAT of another test's own has put the system's action in its place
    with hold.unwinding_on_signals():
        assert number == signal.SIGINT or signal.getsignal(number) is not before
        hold.until_stopped(False, lambda: os.kill(os.getpid(), number))
    assert signal.getsignal(number) is before
