"""The pretended board and the kernel carry out the same sequences and say the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from heapwright.platforms.catalog import load_platform
from heapwright.platforms.schema import Platform
from tests.kernel import sequences
from tests.kernel.guest.devices import card, vivid
from tests.kernel.sequences.calls import descriptors, heap_calls, too_much
from tests.kernel.sequences.compared import compared
from tests.kernel.sequences.language import Step
from tests.kernel.sequences.matrix import ends, matrix
from tests.kernel.sequences.on_kernel import Real

LUCK = 0.2
"""At most so much of a sequence may be luck."""


@pytest.fixture(scope="module")
def machine() -> Platform:
    """What this machine is said to be."""
    return load_platform(Path(sequences.__file__).with_name(f"{os.environ['HEAPWRIGHT_VM']}.yaml"))


def nodes(machine: Platform) -> dict[str, Path]:
    """Where the profile's devices are."""
    cameras = {"vmalloc": 0, "contig": 1}
    return {
        name: vivid(cameras[name]) if name in cameras else card(facts.driver or "")
        for name, facts in machine.devices.items()
    }


SEQUENCES: dict[str, Callable[[Platform], Iterable[Step]]] = {
    "matrix": matrix,
    "short buffers, and imports twice": lambda _: ends(),
    "arguments": lambda _: heap_calls("system"),
    "too much": lambda _: too_much("system", 64 << 30),
    "descriptors": lambda _: descriptors("system"),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_kernel_and_board_say_the_same(
    machine: Platform, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    went = compared(machine, list(SEQUENCES[name](machine)), Real(machine, nodes(machine)))
    with capfd.disabled():
        print(f"sequence {name}: {went.steps} steps, {went.luck} of luck, {len(went.disagreements)} disagree")
    assert not went.disagreements, "\n".join(str(each) for each in went.disagreements)
    assert went.luck <= LUCK * went.steps
