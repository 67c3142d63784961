"""What needs the whole profile to judge: names that lead nowhere, and what contradicts itself.

`faults` runs after `extends` and driver rules are merged in, and reports
everything at once as (path, sentence) pairs. Each subject has a module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from heapwright.platforms.checks.devices import device_contradictions
from heapwright.platforms.checks.memories import cycles, overlaps
from heapwright.platforms.checks.ranges import bad_ranges
from heapwright.platforms.checks.references import (
    dangling_devices,
    dangling_heaps,
    dangling_memories,
    shared_names,
)
from heapwright.platforms.errors import Finding
from heapwright.platforms.schema import Platform


def faults(platform: Platform) -> Iterator[Finding]:
    """Everything in `platform` that is dangling, circular, impossible or contradictory."""
    for check in _CHECKS:
        yield from check(platform)


_CHECKS: Final[tuple[Callable[[Platform], Iterator[Finding]], ...]] = (
    dangling_memories,
    dangling_heaps,
    dangling_devices,
    cycles,
    overlaps,
    device_contradictions,
    shared_names,
    bad_ranges,
)
