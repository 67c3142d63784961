"""The memories and heaps of a case, as ours.

That system has one heap where we have several: its `system_ram` is cached for
all, maintained, or never touched by the CPU (its domains), and scattered or in
one run. Each of these is a heap of its own to us, on the same memory. Equal
heaps are told apart by name alone (design §6, 8), so names begin with the rank
that the other system gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .cases import Environment, World
from .party import Party

SYSTEM_RAM: Final = "system_ram"
POOL: Final = "contiguous-pool"
_SPACING: Final = 1 << 48


@dataclass(frozen=True)
class Variant:
    """A heap of the other system in one domain, scattered or in one run."""

    name: str
    heap: str
    domain: str
    whole: bool
    secure: bool


def variants(world: World, limits: Environment, parties: Sequence[Party]) -> tuple[Variant, ...]:
    """Every heap in the order that system prefers: system RAM, then as listed; protected ones by name.

    A heap that nobody names, and that is neither protected nor given a size, is
    not on the board: that system would not hand it out unasked either.
    """
    secure = {heap for heap, facts in world.heaps.items() if facts.secure}
    listed = [heap for party in parties for heap in party.heaps or () if heap not in secure]
    ranked = dict.fromkeys([SYSTEM_RAM, *listed, *sorted({*limits.free, *secure})])
    domains = ["cpu", "ram", "inaccessible"]
    if any(party.display for party in parties):
        domains = ["ram", "cpu", "inaccessible"]
    found = []
    for rank, heap in enumerate(heap for heap in ranked if heap in world.heaps):
        facts = world.heaps[heap]
        for whole in (False, True) if heap == SYSTEM_RAM else (True,):
            for order, domain in enumerate(domains):
                if domain in facts.domains:
                    run = "whole" if whole else "pages"
                    name = f"{rank:02}-{plain(heap)}-{run}-{order}-{domain}"
                    found.append(Variant(name, heap, domain, whole, facts.secure))
    return tuple(found)


def plain(text: str) -> str:
    """`text` as a name of ours."""
    return re.sub(r"[^A-Za-z0-9_+-]", "+", text)[:24]


def takes(party: Party, every: Iterable[Variant]) -> list[str]:
    """The heaps a participant takes buffers from: permitted, in a domain it works in.

    A CPU needs no physical run to reach memory, so for a CPU alone the wish for
    one is a choice of heaps; for any other device it is the lack of an MMU.
    """
    only_whole = party.contiguous and all(kind == "cpu" for kind, _ in party.ports)
    return [
        found.name
        for found in every
        if found.domain in party.domains
        and (found.whole or not only_whole)
        and (party.opted_in(found.heap) if found.secure else party.heaps is None or found.heap in party.heaps)
    ]


def memories(every: Iterable[Variant], limits: Environment, source: str) -> dict[str, Any]:
    """A memory per heap; contiguous system RAM has one of its own where the case says so."""
    sizes = {found.heap: limits.free.get(found.heap, limits.max_total_bytes) for found in every}
    if limits.contiguous_pool_free is not None:
        sizes[POOL] = limits.contiguous_pool_free
    return {
        plain(name): {"base": number * _SPACING, "size": max(size, 1), "source": source}
        for number, (name, size) in enumerate(sorted(sizes.items()))
    }


def heaps(
    every: Iterable[Variant], access: dict[str, list[str]], align: int, limits: Environment, source: str
) -> dict[str, Any]:
    """The heaps; `access` says which devices sit behind each protected one."""
    largest = min(limits.max_buffer_bytes, limits.max_allocation_size or limits.max_buffer_bytes)
    found: dict[str, Any] = {}
    for variant in every:
        pooled = variant.whole and variant.heap == SYSTEM_RAM and limits.contiguous_pool_free is not None
        spec: dict[str, Any] = {
            "via": "tee" if variant.secure else "dma-heap",
            "memory": [POOL if pooled else plain(variant.heap)],
            "run": "whole" if variant.whole else limits.page_size,
            "align": max(limits.page_size, align) if variant.whole else limits.page_size,
            "cpu": "none" if variant.secure or variant.domain == "inaccessible" else "cached",
            "largest": largest,
            "source": source,
        }
        if variant.secure:
            spec |= {"access": access.get(variant.heap, []), "firewall": "static"}
        found[variant.name] = spec
    return found
