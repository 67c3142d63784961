"""How much one client may ask of the service."""

from __future__ import annotations

import os
from typing import NamedTuple

DEFAULT_SECONDS = 10.0
LONGEST_SECONDS = 30.0
"""By the clock, for one answer; of work as many."""


class ServiceLimits(NamedTuple):
    """Bounds that keep one request from taking the whole machine."""

    body: int = 8 << 20
    """Bytes of a request body."""
    at_once: int = os.cpu_count() or 1
    """Questions worked on at the same time: the search releases the interpreter lock, so one per core."""
    queue: int = 16
    """Requests that may wait for a worker; together with `at_once` below the 40 threads of the server."""
    deadline: float = 60.0
    """Seconds by the clock after which a question is given up, search and explanation together."""
    longest_wait: float = 10.0
    """Seconds that a request waits for a worker."""
    allocations: int = 64
    """Plans held allocated at the same time."""
