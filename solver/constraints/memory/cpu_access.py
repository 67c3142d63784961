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

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "cpu-access"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.device.spec.kind == "cpu"


def broken(case: Case) -> bool:
    return case.device.spec.kind == "cpu" and case.heap.cpu == "none"


def sentence(case: Case) -> str:
    return f"{case.device.name} must map {case.label}, and buffers of {case.heap.name} cannot be mapped"


def source(case: Case) -> str:
    return case.heap.source
