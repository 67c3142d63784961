"""Contiguous and protected pools: kernel and pretended board count the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

import pytest

from heapwright.platforms.schema import Platform
from tests.kernel.guest.both.test_sequences import machine, nodes  # noqa: F401 (a fixture)
from tests.kernel.sequences import pools
from tests.kernel.sequences.calls import descriptors, heap_calls, too_much
from tests.kernel.sequences.compared import UNLUCKY, compared
from tests.kernel.sequences.language import KIB, MIB, Step
from tests.kernel.sequences.on_kernel import Real

SEQUENCES: dict[str, Callable[[], Iterable[Step]]] = {
    "CMA, sixteen sizes": pools.cma_capacity,
    "one pool by two names": pools.one_pool_by_two_names,
    "a stray page": pools.stray_page,
    "every second freed": pools.every_second_freed,
    "drivers take from the pool": pools.drivers_take_from_the_pool,
    "protected pool": pools.protected_pool,
    "CMA at random": lambda: pools.at_random("cma", 1, 250, 8 * MIB, ballast=3000 * KIB),
    "CMA at random, small": lambda: pools.at_random("cma", 2, 250, 2 * MIB, ballast=700 * KIB),
    "CMA at random, large": lambda: pools.at_random("cma", 3, 250, 48 * MIB),
    "protected at random": lambda: pools.at_random("video", 4, 300, 3 * MIB),
    "arguments": lambda: chain(heap_calls("cma"), heap_calls("video")),
    "too much": lambda: chain(too_much("cma", 161 * MIB), too_much("video", 8 * MIB + 4 * KIB)),
    "descriptors": lambda: chain(descriptors("cma"), descriptors("video")),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_pools_agree(machine: Platform, name: str, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    went = compared(machine, list(SEQUENCES[name]()), Real(machine, nodes(machine)), [UNLUCKY])
    with capfd.disabled():
        print(f"sequence {name}: {went.steps} steps, {went.luck} of luck, {len(went.disagreements)} disagree")
    assert not went.disagreements, "\n".join(str(each) for each in went.disagreements)
