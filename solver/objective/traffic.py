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

from __future__ import annotations

from heapwright.solver.constraints.kind import Placed

NAME = "traffic"
SCOPE = "placed"
UNCACHED_READ = 5


def value(placed: Placed) -> int:
    size = sum(placed.sizes)
    moved = size if placed.moves is None else placed.moves
    total, maintained, mapped = 0, set(), False
    for attachment in placed.attachments:
        device, touched = attachment.device, attachment.moved(moved)
        if device.by_cpu:
            mapped = True
            if attachment.use.access == "read" and (placed.heap.cpu != "cached" or placed.backing.local):
                touched *= UNCACHED_READ
        elif not device.snoops:
            maintained.add(device)
        total += touched
    if mapped and placed.heap.cpu == "cached":
        total += size * len(maintained)
    return placed.rate * total
