"""Which hardware is behind a node: PCI ids and device tree strings, from sysfs.

Sources: Documentation/ABI/testing/sysfs-bus-pci (vendor, device);
Documentation/ABI/testing/sysfs-devices `of_node`, a link into /sys/firmware/devicetree,
whose properties are files (Documentation/ABI/testing/sysfs-firmware-ofw).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from heapwright.allocator.linux.discover.files import folders, text
from heapwright.platforms.importers.records import Hardware, TreeDevice

OUTWARDS: Final = 4
"""A node's device may sit on others (auxiliary, virtio) before there is one of a bus that has ids."""
MOST_STRINGS: Final = 16


def hardware(device: Path, bus: str = "") -> Hardware:
    """What sysfs tells of the device behind a node, or of the device that it sits on."""
    folder = device.resolve()
    for _ in range(OUTWARDS):
        if not folder.is_dir() or len(folder.parts) < 3:
            break
        compatible = strings(folder / "of_node/compatible")
        pci = _pci(folder)
        if compatible or pci:
            return Hardware(compatible, pci, bus)
        folder = folder.parent
    return Hardware(bus=bus)


def _pci(folder: Path) -> str:
    """`8086:9a49`; other buses have files of the same names."""
    if (folder / "subsystem").resolve().name != "pci":
        return ""
    found = [(text(folder / name) or "").removeprefix("0x") for name in ("vendor", "device")]
    return ":".join(each.lower() for each in found) if all(len(each) == 4 for each in found) else ""


def strings(path: Path) -> tuple[str, ...]:
    """A property that is a list of strings, each of which ends in a zero byte."""
    try:
        found = path.read_bytes().split(b"\0")[:MOST_STRINGS]
    except OSError:
        return ()
    texts = [each.decode("ascii", "replace") for each in found if each]
    return tuple(each for each in texts if each.isprintable())


def tree(root: Path) -> tuple[TreeDevice, ...]:
    """The platform devices that the kernel made of device tree nodes: those that are not disabled."""
    found = []
    for folder in folders(root / "sys/bus/platform/devices"):
        compatible = strings(folder / "of_node/compatible")
        if compatible:
            address, _, node = folder.name.partition(".")
            found.append(TreeDevice(f"{node}@{address}" if node else address, compatible))
    return tuple(found)
