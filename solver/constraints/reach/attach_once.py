"""Some drivers attach a dma-buf once: a second attachment is refused.

Source: linux-7.2.13:drivers/iio/industrialio-buffer.c iio_buffer_attach_dmabuf()
(-EBUSY for a dma-buf that is attached already).

Example:
    devices.pl: {kind: fpga, ports: {read: {images: []}, write: {images: []}}}
    buffers.frame: {bytes: 4KiB, written_by: fpga.write, read_by: fpga.read}
    devices.pl.once: {violates: true, passes: false}
"""

from __future__ import annotations

from heapwright.solver.constraints.kind import Case

NAME = "attach-once"
SCOPE = "attachment"


def broken(case: Case) -> bool:
    return case.device.spec.once and sum(t.device is case.device for t in case.attachments) > 1


def sentence(case: Case) -> str:
    times = sum(t.device is case.device for t in case.attachments)
    return f"{case.device.name} attaches a buffer once, and {case.label} is attached to it {times} times"


def source(case: Case) -> str:
    return case.device.spec.source
