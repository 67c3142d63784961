"""What a running service holds: its limits, whose turn it is, and what is allocated."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata

from heapwright.api.service.admission import Turns
from heapwright.api.service.allocations import Shelf
from heapwright.api.service.limits import Limits


class Service:
    """One service; lives as long as its application."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.turns = Turns(limits.at_once, limits.line, limits.patience)
        self.shelf = Shelf(limits.allocations)

    @staticmethod
    @lru_cache(maxsize=1)
    def version() -> str:
        """The version of heapwright that is installed."""
        try:
            return metadata.version("heapwright")
        except metadata.PackageNotFoundError:
            return "not installed"
