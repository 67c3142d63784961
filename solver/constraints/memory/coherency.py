"""A device that does not snoop needs cache maintenance on a cached heap.

Where the heap's exporter does none (`sync: none`), dirty lines reach memory
after the device has read it: stripes. With maintenance it is a cost only.

Source: linux-7.2.13:drivers/dma-buf/heaps/system_heap.c system_heap_map_dma_buf();
rockchip-linux/mpp#943.

Example:
    devices.panel.coherent: false
    heaps.system.sync: none
    heaps.system.cpu: {violates: cached, passes: uncached}
"""

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "coherency"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return board.has_unsynced and not attachment.device.snoops


def broken(case: Case) -> bool:
    return case.heap.unsynced and not case.device.snoops


def sentence(case: Case) -> str:
    return (
        f"{case.device.name} does not snoop CPU caches; {case.label} is cached in {case.heap.name}, "
        "which does no cache maintenance"
    )


def source(case: Case) -> str:
    return case.heap.source
