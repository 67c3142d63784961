"""Where images stand in the orders of formats and modifiers that ports state (design §4, `prefers`).

What a driver picks when it allocates tells what works well for it. Who writes a buffer allocates it as a
rule, so the order of writers counts before that of readers. What an order does not name comes after all
that it names; a port without one takes anything as gladly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from heapwright.platforms.schema import Preference
from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.layout.modifiers import bare

WRITERS: Final = 4096
"""How much a place of a writer counts: more than what readers can, of whom each has 63 at most."""


class DriverOrder(NamedTuple):
    """Sums of places behind what drivers pick first."""

    format: int = 0
    modifier: int = 0


ANY_ORDER: Final = DriverOrder()


def stated(attachments: Sequence[BoundAttachment]) -> list[tuple[int, Preference]]:
    """The orders that ports state, with what a place counts in each."""
    return [(WRITERS if a.writes else 1, a.port.prefers) for a in attachments if a.port.prefers is not None]


def place(orders: Sequence[tuple[int, Preference]], fourcc: str, modifier: str) -> DriverOrder:
    """Where an image stands in these orders."""
    return DriverOrder(
        sum([weight * _place((fourcc,), order.formats) for weight, order in orders]),
        sum([weight * _place((modifier, bare(modifier)), order.modifiers) for weight, order in orders]),
    )


def _place(names: Sequence[str], order: Sequence[str] | None) -> int:
    """The place of what has one of these names."""
    return next((number for number, each in enumerate(order or ()) if each in names), len(order or ()))
