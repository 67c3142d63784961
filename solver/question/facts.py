"""What conflicts and reasons are made of."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from heapwright.platforms.schema import ConversionEdge
from heapwright.platforms.words import Access
from heapwright.solver.board.board import DeviceView


class Fact(NamedTuple):
    """What a conflict is made of: a kind and its subject."""

    kind: str
    subject: str


class FactSets:
    """Sets of some facts as numbers, a bit for each fact; bits are in the order of the facts."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = tuple(facts)
        self.bits = {fact: 1 << number for number, fact in enumerate(self.facts)}
        self.all = (1 << len(self.facts)) - 1

    def of(self, facts: Iterable[Fact]) -> int:
        """These facts; of those that are about something else, none."""
        found = 0
        for fact in facts:
            found |= self.bits.get(fact, 0)
        return found

    def of_kinds(self, kinds: Collection[str]) -> int:
        """Those of some kinds."""
        return self.of(fact for fact in self.facts if fact.kind in kinds)

    def named(self, chosen: int) -> list[Fact]:
        return [fact for fact, bit in self.bits.items() if bit & chosen]


def protected_flow(label: str, device: str) -> Fact:
    """That protected content comes into a buffer where this device writes it."""
    return Fact("protected-flow", f"{label}→{device}")


def stated_audience(label: str, device: str) -> Fact:
    """That a buffer is stated for nobody who may not see what this device writes to it."""
    return Fact("audience", f"{label}→{device}")


class End(NamedTuple):
    """One side of a conversion: a device reads here, or writes here, along one of its edges."""

    device: DeviceView
    number: int
    """Of the edge among those of the device."""
    edge: ConversionEdge
    access: Access

    @property
    def title(self) -> str:
        return f"{self.device.name}.{self.edge.from_}>{self.edge.to}"

    @property
    def port(self) -> str:
        return self.edge.from_ if self.access == "read" else self.edge.to
