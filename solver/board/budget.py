"""Limits that placements share, and what a placement takes of them."""

from typing import NamedTuple


class Budget(NamedTuple):
    """A shared limit: Σ of what placements charge must not exceed `limit`."""

    kind: str
    subject: str
    limit: int
    what: str
    """What is summed, for tables: `bytes of memory`, `IOVA bytes`, a resource's name."""
    shared: bool
    """Whether it is a bounded memory, whose share is a cost (design §6, load)."""


Charge = tuple[Budget, int, int]
"""What a placement takes of a budget: for each of its buffers, and once however many they are."""
