"""Ports of the board as they attach to one buffer, and the resources that they use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwright.allocator.hardware import DeviceFacts
from heapwright.platforms.schema import ImageRule, Port

Uses = tuple[tuple[str, int], ...]
"""(resource, how many), sorted."""


class JudgedAttachment(NamedTuple):
    """One attachment: a port of a device, and how often it touches the buffer."""

    device: DeviceFacts
    port_name: str
    port: Port
    rarely: bool


def touched_bytes(size: int, rarely: bool) -> int:
    """Bytes that one attachment moves a frame."""
    return -(-size // 16) if rarely else size


def uses_of(attachment: JudgedAttachment, rule: ImageRule | None) -> Uses:
    """What an attachment takes of each resource: the port whatever the rule, and the rule on top."""
    return summed([tuple(attachment.port.uses.items()), tuple(rule.uses.items()) if rule is not None else ()])


def summed(uses: Sequence[Uses]) -> Uses:
    totals: dict[str, int] = {}
    for resource, number in (each for group in uses for each in group):
        totals[resource] = totals.get(resource, 0) + number
    return tuple(sorted(totals.items()))
