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

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap


def _concern(any_unsynced: bool, snoops: bool) -> bool:
    return any_unsynced and not snoops


def _stale(unsynced: bool, snoops: bool) -> bool:
    return unsynced and not snoops


def _words(case: Case) -> str:
    return (
        f"{case.device.name} does not snoop CPU caches; {case.label} is cached in {case.heap.name}, "
        "which does no cache maintenance"
    )


KIND = ConstraintKind(
    name="coherency",
    scope="reach",
    concerned_by=("board.has_unsynced", "attachment.device.snoops"),
    concern=_concern,
    reads=("heap.unsynced", "attachment.device.snoops"),
    rule=_stale,
    words=_words,
    source=of_heap,
)
