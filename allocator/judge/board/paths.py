"""How many bytes a second a device can move to or from a memory, as the judge finds it."""

from __future__ import annotations

from typing import NamedTuple

from heapwright.platforms.knowledge.bandwidths import link_bandwidth, memory_bandwidth
from heapwright.platforms.schema import Bandwidth, Platform


class Way(NamedTuple):
    carried: int
    """Bytes a second, of its narrowest part."""
    links: frozenset[str]
    """Those that are crossed."""


def way(platform: Platform, device: str, memory: str) -> Way:
    """From a device to a memory: across its own card's link and that of the memory's card, if these are two."""
    chain = [platform.memory[memory]]
    while chain[-1].inside is not None:
        chain.append(platform.memory[chain[-1].inside])
    owners: set[str] = set()
    for each in chain:
        if each.local:
            owners = {each.local} if isinstance(each.local, str) else set(each.local)
            break
    cards = {platform.devices[name].link for name in owners if name in platform.devices}
    mine = platform.devices[device].link
    if device in owners or (mine is not None and mine in cards):
        crossed = frozenset[str]()
    else:
        crossed = frozenset(link for link in {mine, *cards} if link is not None)
    limits = [memory_bandwidth(chain[-1]).sustained]
    limits += [memory_bandwidth(each).sustained for each in chain if isinstance(each.bandwidth, Bandwidth)]
    limits += [link_bandwidth(platform.links[name]).sustained for name in crossed]
    own = platform.devices[device].bandwidth
    if isinstance(own, Bandwidth):
        limits.append(own.peak)
    return Way(min(limits), crossed)
