"""Devices in words: how each sees memory, and its ports with what they accept."""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.api.drawing.phrases import Blocks, a_second, first_few, listed, sentence, several, sized
from heapwright.platforms.schema import Aperture, Bitmaps, Device, Iommu, Link, Platform, Port
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import PLANES
from heapwright.solver.answer.render import Heading, Labelled


def devices(platform: Platform, width: int) -> Blocks:
    """Every device: a line on itself, and one for each of its ports."""
    if not platform.devices:
        return
    yield Heading("Devices")
    rows = []
    for name, device in platform.devices.items():
        rows.append(Labelled(name, sentence(_what(device))))
        rows += [
            Labelled(name, f"· {port} ({_VERB[spec.access]}): {sentence(_port(device.kind, port, spec))}")
            for port, spec in device.ports.items()
        ]
    yield from listed(rows, width)


_VERB = {"read": "reads", "write": "writes"}


def _what(device: Device) -> Iterator[str]:
    yield device.kind + (f", driver {device.driver}" if device.driver else "")
    yield sees(device)
    if device.dma.window is not None:
        window = device.dma.window
        seen = f", seen at +{window.offset:#x}" if window.offset else ""
        yield f"its bus carries {window.base:#x} to {window.base + window.size:#x}{seen}"
    if device.dma.aperture is not None:
        yield f"an aperture of {sized(device.dma.aperture.size)} from {device.dma.aperture.base:#x}"
    if device.dma.iova is not None:
        yield _allotted(device.dma.iova)
    if device.dma.segments is not None:
        yield f"{device.dma.segments} segments"
    if device.dma.segment_size is not None:
        yield f"segments of at most {sized(device.dma.segment_size)}"
    if device.dma.boundary is not None:
        yield f"no segment across {sized(device.dma.boundary)}"
    if device.dma.p2p != "none":
        yield "peer-to-peer unknown" if device.dma.p2p == UNKNOWN else f"peer-to-peer ({device.dma.p2p})"
    yield _snoops(device)
    if device.link is not None:
        yield f"behind {device.link}"
    if device.bandwidth is not None:
        yield f"moves at most {a_second(device.bandwidth)}"
    if device.imports != "any":
        yield f"imports {several(device.imports)}"
    if device.once:
        yield "attaches a buffer once"
    if device.connectors:
        yield f"connectors {several(device.connectors)}"
    if device.codecs is not None:
        yield f"codecs {several(device.codecs) or 'none'}"


def sees(device: Device) -> str:
    """How it sees memory: `32 bits behind mmu0`."""
    if device.kind == "cpu":
        return "the CPU's page tables"
    if device.by_cpu:
        return "through a CPU mapping"
    bits = "unknown bits" if device.dma.bits == UNKNOWN else f"{device.dma.bits} bits"
    if device.dma.iommu is not None:
        return f"{bits} behind {device.dma.iommu}"
    return f"{bits}, page tables of its own" if device.dma.mmu else f"{bits} of physical addresses"


def _snoops(device: Device) -> str:
    if device.kind == "cpu" or device.by_cpu:
        return ""
    if device.coherent == UNKNOWN:
        return "not known to snoop caches"
    return "snoops caches" if device.coherent else "does not snoop caches"


def _port(kind: str, name: str, port: Port) -> Iterator[str]:
    formats = tuple(dict.fromkeys(fourcc for rule in port.images for fourcc in rule.formats))
    yield first_few(formats) or "raw data"
    modifiers = tuple(dict.fromkeys(name for rule in port.images for name in rule.modifiers))
    if modifiers not in ((), ("LINEAR",)):
        yield first_few(modifiers, 4)
    if port.protected != "refused":
        yield f"protected buffers {port.protected}"
    if port.declassifies:
        yield "ends protection"
    if port.memory is not None:
        yield f"works from {several(port.memory)} only"
    if port.takes_from is not None:
        yield f"takes {several(port.takes_from)} only"
    if port.holds != 1 or port.slack:
        yield f"holds {port.holds}" + (f" and {port.slack} spare" if port.slack else "")
    if port.count.min is not None:
        yield f"at least {port.count.min} buffers"
    if port.count.max is not None:
        yield f"at most {port.count.max} buffers"
    if port.rotate != (0,):
        yield f"turns pictures by {several([str(angle) for angle in port.rotate if angle])}"
    if isinstance(port.how_many, int):
        yield f"{port.how_many} such ports"
    elif port.how_many is not None or (kind, name) in PLANES:
        yield "an unknown number of such ports"
    if port.uses:
        yield "uses " + ", ".join(f"{number} {name}" for name, number in port.uses.items())


def iommus(platform: Platform, width: int) -> Blocks:
    """Every IOMMU with who stands behind it."""
    if not platform.iommus:
        return
    yield Heading("IOMMUs")
    rows = (
        Labelled(name, sentence(_iommu(platform, name, iommu))) for name, iommu in platform.iommus.items()
    )
    yield from listed(rows, width)


def links(platform: Platform, width: int) -> Blocks:
    """Every link with who stands behind it."""
    if not platform.links:
        return
    yield Heading("Links")
    yield from listed(
        (Labelled(name, sentence(_link(platform, name, link))) for name, link in platform.links.items()),
        width,
    )


def _link(platform: Platform, name: str, link: Link) -> Iterator[str]:
    behind = [device for device, spec in platform.devices.items() if spec.link == name]
    yield f"{link.type} to {several(behind) or 'nobody'}"
    if link.bandwidth is not None:
        yield f"{a_second(link.bandwidth)} in each direction"


def _allotted(iova: object) -> str:
    if isinstance(iova, Bitmaps):
        return f"bus addresses on multiples of the size up to {sized(iova.by_size_up_to)}"
    if iova == UNKNOWN:
        return "bus addresses allotted as nobody knows"
    return (
        "bus addresses on pages (drm_mm)"
        if iova == "drm-mm"
        else "bus addresses on multiples of the size (dma-iommu)"
    )


def _iommu(platform: Platform, name: str, iommu: Iommu) -> Iterator[str]:
    behind = [device for device, spec in platform.devices.items() if spec.dma.iommu == name]
    yield f"in front of {several(behind) or 'nobody'}"
    if iommu.bits is not None:
        yield f"{iommu.bits} bits of physical addresses"
    if isinstance(iommu.aperture, Aperture):
        yield f"an aperture of {sized(iommu.aperture.size)} from {iommu.aperture.base:#x}, shared"
    elif iommu.aperture is not None:
        yield "an aperture nobody knows"
    if iommu.iova is not None:
        yield _allotted(iommu.iova)
    if iommu.page is not None:
        yield f"pages of {sized(iommu.page)}"


def resources(platform: Platform, width: int) -> Blocks:
    """What ports share by number."""
    if platform.resources:
        yield Heading("Resources")
        rows = (Labelled(name, str(number)) for name, number in platform.resources.items())
        yield from listed(rows, width)


_LOSSLESS = {"True": "lossless", "False": "lossy", UNKNOWN: "not known to be lossless"}


def converters(platform: Platform, width: int) -> Blocks:
    """Edges along which a device turns one buffer into another."""
    rows = []
    for name, device in platform.devices.items():
        for edge in device.converts:
            lossless = _LOSSLESS[str(edge.lossless)]
            fast = f"; at most {sized(edge.throughput)} a second" if edge.throughput is not None else ""
            said = f"{edge.from_} → {edge.to}; may change {several(edge.may_change)}; {lossless}{fast}"
            rows.append(Labelled(name, said))
    if rows:
        yield Heading("Conversions")
        yield from listed(rows, width)


def domains(platform: Platform, width: int) -> Blocks:
    """Who may hold protected content, and where."""
    rows = []
    for name, heap in platform.heaps.items():
        if heap.access is not None:
            kind = f"{heap.firewall} firewall" if heap.firewall else "firewall"
            rows.append(Labelled(name, f"{kind}; inside: {several(heap.access) or 'nobody'}"))
    for name, device in platform.devices.items():
        for port, spec in device.ports.items():
            if spec.protected != "refused":
                rows.append(Labelled(f"{name}.{port}", f"protected buffers {spec.protected}"))
    if rows:
        yield Heading("Protected")
        yield from listed(rows, width)
