"""A driver may refuse foreign dma-bufs, or those of some exporters.

virtio-gpu without blob resources imports nothing; TEE registration takes only
buffers of its own heap; VFIO BARs are given only to peer-to-peer importers.

Source: linux-7.2.13:drivers/gpu/drm/virtio/virtgpu_prime.c
virtgpu_gem_prime_import(); drivers/tee/tee_heap.c tee_heap_update_from_dma_buf();
drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_dma_buf_attach().

Example:
    devices.panel.imports: {violates: none, passes: [system]}
"""

from heapwright.solver.board.board import DeviceView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind

Listed = tuple[str, ...] | str | None
"""Heaps from which is taken, by name; `none` or nobody knows: from its own; None or `any`: from all."""


def _concern(any_p2p: bool, device: DeviceView, takes_from: Listed) -> bool:
    return (
        device.spec.imports != "any"
        or takes_from is not None
        or (any_p2p and not (device.by_cpu or device.p2p))
    )


def _refused(
    device: DeviceView, takes_from: Listed, exporter: str | None, listed: str | None, requires_p2p: bool
) -> bool:
    return (
        _by_device(device, exporter, listed)
        or _by_port(device, takes_from, exporter, listed)
        or _by_heap(device, exporter, requires_p2p)
    )


def _by_device(device: DeviceView, exporter: str | None, listed: str | None) -> bool:
    imports = device.spec.imports
    if imports == "any" or exporter == device.name:
        return False
    return isinstance(imports, str) or listed not in imports


def _by_port(device: DeviceView, takes: Listed, exporter: str | None, listed: str | None) -> bool:
    if takes is None:
        return False
    return exporter != device.name if isinstance(takes, str) else listed not in takes


def _by_heap(device: DeviceView, exporter: str | None, requires_p2p: bool) -> bool:
    return requires_p2p and not (device.by_cpu or device.p2p or exporter == device.name)


def _who(case: Case) -> tuple[bool, bool, bool]:
    """Whether the device, the port and the heap refuse."""
    device, takes, exporter, listed, requires_p2p = KIND.given(case)
    return (
        _by_device(device, exporter, listed),
        _by_port(device, takes, exporter, listed),
        _by_heap(device, exporter, requires_p2p),
    )


def _words(case: Case) -> str:
    by_device, by_port, by_heap = _who(case)
    if by_heap and not by_device and not by_port:
        return (
            f"{case.heap.name} exports {case.label} to peer-to-peer importers only, "
            f"and {case.device.name} is none"
        )
    if by_port and not by_device:
        known = _listed(case.attached.port.takes_from)
        return f"{case.attached.title} takes {known} only, and not {case.label} from {case.heap.name}"
    known = _listed(case.device.spec.imports)
    return f"{case.device.name} imports {known} only, and not {case.label} from {case.heap.name}"


def _listed(names: object) -> str:
    return f"buffers of {', '.join(names)}" if isinstance(names, tuple) and names else "its own buffers"


def _source(case: Case) -> str:
    return case.attached.port.source if _who(case)[1] else case.device.spec.source


KIND = ConstraintKind(
    name="importer-refuses",
    scope="reach",
    concerned_by=("board.demands_p2p", "attachment.device", "attachment.port.takes_from"),
    concern=_concern,
    reads=(
        "attachment.device", "attachment.port.takes_from", "heap.spec.exporter", "heap.listed", "heap.spec.requires_p2p"
    ),
    rule=_refused,
    words=_words,
    source=_source,
)  # fmt: skip
