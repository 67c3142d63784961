"""What memories and links carry: what a profile states, else what is usual for their type (`bandwidths.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from heapwright.platforms.schema import Bandwidth, Link, Memory
from heapwright.platforms.values import Ratio, parse_ratio


class Carried(NamedTuple):
    """How many bytes a second something carries."""

    peak: int
    efficiency: Ratio
    """The share of the peak that can be had."""
    source: str
    """Of the peak."""
    assumed: bool
    """Whether the profile does not state it, so that it is what is usual."""

    @property
    def sustained(self) -> int:
        """Bytes a second that can be had: plans are ranked by shares of it."""
        return max(1, self.peak * self.efficiency.numerator // self.efficiency.denominator)


def memory_bandwidth(memory: Memory) -> Carried:
    """What a memory carries, reads and writes together."""
    stated = memory.bandwidth
    if isinstance(stated, Bandwidth):
        return Carried(stated.peak, _efficiency("memory"), stated.source, assumed=False)
    return _usual("memory", memory.type)


def link_bandwidth(link: Link) -> Carried:
    """What a link carries in each direction."""
    if link.bandwidth is not None:
        return Carried(link.bandwidth, _efficiency("link"), link.source, assumed=False)
    return _usual("link", link.type)


def _usual(of: str, kind: str) -> Carried:
    usual = _table()[of]["types"][kind]
    return Carried(usual["bandwidth"], _efficiency(of), usual["source"], assumed=True)


def _efficiency(of: str) -> Ratio:
    found: Ratio = parse_ratio(_table()[of]["efficiency"])
    return found


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("heapwright.platforms") / "bandwidths.toml").read_text("utf-8"))
