"""The CPU touches only memory that can be mapped.

A protected heap has no `mmap`; an attachment of the CPU there is impossible. On
uncached or write-combined memory it works, and reading costs (costs/traffic).

Source: linux-7.2.13:drivers/tee/tee_heap.c tee_heap_buf_ops; drivers/dma-buf/dma-buf.c
dma_buf_mmap_internal().

Example:
    devices.cpu0: {kind: cpu, ports: {read: {}}}
    buffers.frame.read_by: cpu.read
    heaps.system.cpu: {violates: none, passes: uncached}
"""

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap


def _concern(kind: str) -> bool:
    return kind == "cpu"


def _unmapped(kind: str, cpu: str) -> bool:
    return kind == "cpu" and cpu == "none"


def _words(case: Case) -> str:
    return f"{case.device.name} must map {case.label}, and buffers of {case.heap.name} cannot be mapped"


KIND = ConstraintKind(
    name="cpu-access",
    scope="reach",
    concerned_by=("attachment.device.spec.kind",),
    concern=_concern,
    reads=("attachment.device.spec.kind", "heap.cpu"),
    rule=_unmapped,
    words=_words,
    source=of_heap,
)
