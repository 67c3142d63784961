"""Whose allocator a placement comes from (design §6, 11): what a driver's own programs would ask first.

    0  the device that writes it, in memory of its own: local, or behind its firewall
    1  nobody's: a plain heap
    2  a device that takes part otherwise
    3  a device that takes no part

Example:
    heaps.system.exporter: {costs 1: null, costs 2: camera}
"""

from collections.abc import Sequence

from heapwright.solver.objective.term import CostTerm


def _distance(exporter: str | None, own_memory: bool, devices: Sequence[str], accesses: Sequence[str]) -> int:
    if exporter is None:
        return 1
    if exporter not in devices:
        return 3
    return 0 if own_memory and (exporter, "write") in zip(devices, accesses, strict=True) else 2


TERM = CostTerm(
    name="exporter",
    scope="placed",
    reads=("heap.spec.exporter", "heap.own_memory", "attachments.*.device.name", "attachments.*.use.access"),
    rule=_distance,
)
