"""What carries bytes, and how many a second."""

from heapwright.platforms.schema.fields import Strict
from heapwright.platforms.values import PositiveBytes, Source
from heapwright.platforms.words import LinkType


class Bandwidth(Strict):
    """What a memory or a device carries at most: more is physically impossible, or refused by its driver."""

    peak: PositiveBytes
    source: Source


class Link(Strict):
    """What stands between a card, or an adapter, and the memory of the system: the same for all its devices."""

    type: LinkType
    bandwidth: PositiveBytes | None = None
    """Of one direction, encoding deducted. It ranks plans, and refuses none."""
    source: Source
