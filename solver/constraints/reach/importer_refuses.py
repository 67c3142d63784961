"""A driver may refuse foreign dma-bufs, or those of some exporters.

virtio-gpu without blob resources imports nothing; TEE registration takes only
buffers of its own heap; VFIO BARs are given only to peer-to-peer importers.

Source: linux-7.2.13:drivers/gpu/drm/virtio/virtgpu_prime.c
virtgpu_gem_prime_import(); drivers/tee/tee_heap.c tee_heap_update_from_dma_buf();
drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_dma_buf_attach().

Example:
    devices.panel.imports: {violates: none, passes: [system]}
"""

from __future__ import annotations

from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import BoundAttachment, Case

NAME = "importer-refuses"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return (
        attachment.device.spec.imports != "any"
        or attachment.port.takes_from is not None
        or (board.demands_p2p and not (attachment.device.by_cpu or attachment.device.p2p))
    )


def broken(case: Case) -> bool:
    return _by_device(case) or _by_port(case) or _by_heap(case)


def _own(case: Case) -> bool:
    return case.heap.spec.exporter == case.device.name


def _by_device(case: Case) -> bool:
    imports = case.device.spec.imports
    if imports == "any" or _own(case):
        return False
    return isinstance(imports, str) or case.heap.name not in imports


def _by_port(case: Case) -> bool:
    takes = case.attachment.port.takes_from if case.attachment is not None else None
    if takes is None:
        return False
    return not _own(case) if isinstance(takes, str) else case.heap.name not in takes


def _by_heap(case: Case) -> bool:
    return case.heap.spec.requires_p2p and not (case.device.by_cpu or case.device.p2p or _own(case))


def sentence(case: Case) -> str:
    assert case.attachment is not None
    if _by_heap(case) and not _by_device(case) and not _by_port(case):
        return (
            f"{case.heap.name} exports {case.label} to peer-to-peer importers only, "
            f"and {case.device.name} is none"
        )
    if _by_port(case) and not _by_device(case):
        known = _listed(case.attachment.port.takes_from)
        return f"{case.attachment.title} takes {known} only, and not {case.label} from {case.heap.name}"
    known = _listed(case.device.spec.imports)
    return f"{case.device.name} imports {known} only, and not {case.label} from {case.heap.name}"


def _listed(names: object) -> str:
    return f"buffers of {', '.join(names)}" if isinstance(names, tuple) and names else "its own buffers"


def source(case: Case) -> str:
    assert case.attachment is not None
    return case.attachment.port.source if _by_port(case) else case.device.spec.source
