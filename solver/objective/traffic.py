"""Bytes per second that the attachments move, and what caches add (design §6, 5).

Every attachment touches the whole buffer at the pipeline's rate; one that is
used `rarely` counts a sixteenth. A CPU read of memory that is not cached weighs
five times: 7.6 s against 1.5 s measured in ikwzm/udmabuf#120, the lowest ratio
known (raspberrypi/linux#5286 reports 30). On a cached heap that the CPU touches,
each device that does not snoop adds one pass of cache maintenance. Of a compressed
image an attachment moves the metadata and half of the rest (docs/modifiers.md, "What
compression is worth").

Example:
    devices.cpu0: {kind: cpu, ports: {read: {}}}
    buffers.frame: {read_by: cpu.read, rate: 60}  # 16 × 16 × 4 = 1024 bytes, written once and read once
    heaps.system.cpu: {costs 122880: cached, costs 368640: uncached}
"""

from typing import Final

from heapwright.solver.board.board import DeviceView
from heapwright.solver.constraints.cases import moved
from heapwright.solver.objective.term import CostTerm
from heapwright.solver.question.pipeline import Attachment

UNCACHED_READ: Final = 5


def _moved(
    rate: int,
    sizes: tuple[int, ...],
    moves: int | None,
    mapping: tuple[bool, bool] | None,
    devices: tuple[DeviceView, ...],
    uses: tuple[Attachment, ...],
) -> int:
    if not rate:
        return 0
    size = sum(sizes)
    (cached, local), total = mapping or (False, False), 0
    for device, use in zip(devices, uses, strict=True):
        touched = moved(size if moves is None else moves, use.how_often)
        uncached = device.by_cpu and use.access == "read" and (local or not cached)
        total += touched * UNCACHED_READ if uncached else touched
    maintained = {device for device in devices if not device.snoops} if cached else ()
    return rate * (total + size * len(maintained))


TERM = CostTerm(
    name="traffic",
    scope="placed",
    reads=("rate", "sizes", "moves", "mapping", "attachments.*.device", "attachments.*.use"),
    rule=_moved,
    grows=frozenset({"sizes", "moves"}),
    unit="bytes/s",
)
