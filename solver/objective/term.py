"""What a cost term is: an integer ≥ 0, worked out from what it says that it reads.

A term has a name (public, stable), the unit in which answers show it, and a scope:

    placed     of the values at paths of a `Placed`: the same however many buffers there are
    counted    of the values at paths of a `Counted`: depends on the count, or on what the pipeline prefers

A term that `fills` is joint besides: what placements fill of memories comes on top, of all together.

It is given the values that it `reads`, in their order, and sees nothing else. Those of which it says
that it `grows` with them may be assumed to be least in a lower bound, and an image that is smaller in
them and equal in the others to be no worse; of the others nothing is assumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from heapwright.solver.board.budget import Budget
from heapwright.solver.constraints.cases import Placed
from heapwright.solver.objective.orders.driver_order import DriverOrder


class Counted(NamedTuple):
    """So many buffers of one placement."""

    placed: Placed
    number: int
    """Of buffers."""
    rank: int
    """Places behind the first choice in the orders the pipeline gives."""
    dropped: int
    """Buffers wished for and not granted."""
    loss: int
    """What the format loses of what there is to show."""
    preferred: DriverOrder
    """Places of its format and modifier in the orders that drivers have of them."""
    shares: Sequence[tuple[Budget, int]]
    """Their share of each bounded memory, in ppm."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CostTerm:
    """One term of the objective."""

    name: str
    scope: Literal["placed", "counted"]
    reads: tuple[str, ...] = ()
    rule: Callable[..., int] = lambda *values: 0
    grows: frozenset[str] = frozenset()
    """Those of its paths with whose values it grows, or stays as it is."""
    fills: bool = False
    """Whether the share of each bounded memory is added."""
    largest: bool = False
    """Whether the largest share, of all placements together, is added."""
    step: int = 1
    """The total is rounded up to whole ones of these."""
    digits: int | None = None
    """Of what a placement costs so many leading digits count, rounded up; None for all."""
    unit: str = ""

    def rounded(self, cost: int) -> int:
        """What a placement costs, as it counts."""
        unit = 1 if self.digits is None else 10 ** max(0, len(str(cost)) - self.digits)
        return -(-cost // unit) * unit
