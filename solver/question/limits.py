"""How long an answer may take: one object goes with a question through all that is done about it.

The clock is read here and nowhere else, and only where a number of seconds was asked for: with no such
limit an answer follows from the question alone.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Final

from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.answer.plan import LimitedBy

Clock = Callable[[], float]
clock: Clock = monotonic
"""Seconds from some beginning; tests put their own here."""

DEFAULT_WORK: Final = 10.0
"""Deterministic time of one search where no limit is asked for, about seconds."""
SEARCHED: Final = 0.9
"""Of the seconds that were asked for, what a search may take: reasons are told in the rest."""
LEAST: Final = 1.0
"""An explanation may take so long, however short the search was."""
CHECK: Final = 0.01
"""Deterministic time that one more question of an explanation counts as."""


class LimitReached(HeapwrightError):
    """There is no time left for what was begun."""


class Limits:
    """What is left of the seconds and of the deterministic work for a question.

    `phase` says in words what is being done; a phase may have to end earlier than the whole.
    """

    def __init__(self, seconds: float | None = None, work: float | None = None) -> None:
        self._clock = clock
        self._started = 0.0 if seconds is None else clock()
        self._last = inf if seconds is None else self._started + seconds
        self._until = inf if seconds is None else self._started + seconds * SEARCHED
        self._counted = work is not None and seconds is None
        self.work_left = inf if work is None else work
        self._spent = 0.0
        self._checks = False
        self.phase = "the buffers were looked at one by one"
        self.reached: LimitedBy | None = None
        """Which of the two has ended anything so far."""

    @property
    def timed(self) -> bool:
        """Whether the clock counts."""
        return self._last < inf

    @property
    def seconds_left(self) -> float:
        """By the clock, for this phase."""
        return self._until - self._clock() if self.timed else inf

    def are_reached(self) -> bool:
        """Whether this phase is over; then that is noted."""
        if self._checks and self.work_left <= 0:
            self.reached = "work"
        elif self.timed and self._clock() >= self._until:
            self.reached = "wall"
        else:
            return False
        return True

    def stop(self) -> None:
        """Something was ended by the clock."""
        self.reached = "wall"

    def check(self) -> None:
        """Go on only if this phase is not over.

        Raises:
            LimitReached: it is.
        """
        if (self.timed or self._checks) and self.are_reached():
            raise LimitReached

    def spend(self, work: float) -> None:
        """Count deterministic work."""
        self.work_left -= work
        self._spent += work

    def ask(self) -> None:
        """Count one more question of an explanation.

        Raises:
            LimitReached: there may be no more.
        """
        self.check()
        if self._checks:
            self.spend(CHECK)

    def explain(self) -> None:
        """From here on the answer is explained, until all seconds are over.

        Where work alone is limited, questions are counted: as much as the search took, or `LEAST`.
        """
        self._until, self.reached = self._last, None
        self._checks = self._counted
        self.work_left = max(LEAST, self._spent) if self._counted else inf

    def look_for_remedies(self) -> None:
        """From here on the same, but for as long at most as all before took, or `LEAST`."""
        if self._counted:
            self.work_left = max(LEAST, self._spent)
        if self.timed:
            now = self._clock()
            self._until = min(self._last, now + max(LEAST, now - self._started))


NO_LIMITS: Final = Limits()
