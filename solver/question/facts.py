"""What conflicts and reasons are made of."""

from __future__ import annotations

from typing import NamedTuple

from heapwright.platforms.schema import ConversionEdge
from heapwright.platforms.words import Access
from heapwright.solver.board.board import DeviceView


class Fact(NamedTuple):
    """What a conflict is made of: a kind and its subject."""

    kind: str
    subject: str


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
