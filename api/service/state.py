"""What a running service holds: its limits, the admission of requests, and what is allocated."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata

from heapwright.api.service.admission import Admission
from heapwright.api.service.allocations import AllocationStore
from heapwright.api.service.limits import ServiceLimits


class Service:
    """One service; lives as long as its application."""

    def __init__(self, limits: ServiceLimits) -> None:
        self.limits = limits
        self.admission = Admission(limits.at_once, limits.queue, limits.longest_wait)
        self.allocations = AllocationStore(limits.allocations)

    @staticmethod
    @lru_cache(maxsize=1)
    def version() -> str:
        """The version of heapwright that is installed."""
        try:
            return metadata.version("heapwright")
        except metadata.PackageNotFoundError:
            return "not installed"
