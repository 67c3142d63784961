"""Some drivers attach a dma-buf once: a second attachment is refused.

Source: linux-7.2.13:drivers/iio/industrialio-buffer.c iio_buffer_attach_dmabuf()
(-EBUSY for a dma-buf that is attached already).

Example:
    devices.pl: {kind: fpga, ports: {read: {images: []}, write: {images: []}}}
    buffers.frame: {bytes: 4KiB, written_by: fpga.write, read_by: fpga.read}
    devices.pl.once: {violates: true, passes: false}
"""

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_device


def _again(once: bool, device: str, attached: tuple[str, ...]) -> bool:
    return once and attached.count(device) > 1


def _words(case: Case) -> str:
    times = sum(t.device is case.device for t in case.attachments)
    return f"{case.device.name} attaches a buffer once, and {case.label} is attached to it {times} times"


KIND = ConstraintKind(
    name="attach-once",
    scope="attachment",
    concerned_by=("attachment.device.spec.once",),
    concern=bool,
    reads=("attachment.device.spec.once", "attachment.device.name", "attachments.*.device.name"),
    rule=_again,
    words=_words,
    source=of_device,
)
