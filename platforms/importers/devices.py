"""Devices of a profile, whatever they are: what was probed, on top of what is known of the driver."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from heapwright.platforms.importers.exporting import Exporting
from heapwright.platforms.importers.records import BusFacts, Entry, Hardware, TreeDevice
from heapwright.platforms.knowledge.drivers import DriverFacts
from heapwright.platforms.knowledge.recognition import Identity


class Found(NamedTuple):
    """A device as the profile will have it, and what it exports."""

    name: str
    entry: Entry
    exports: Exporting | None
    kernel_mapping: bool
    """It touches buffers through dma_buf_vmap()."""
    local: Entry | None = None
    """Memory of its own, as the profile's section `memory` has it."""
    resources: Mapping[str, int] = MappingProxyType({})
    """What it has a number of, under names of its own."""
    note: str = ""
    """Why its driver was not recognised, where several files could be meant."""


_CODEC_CARD: Final = re.compile(r"([a-z0-9]+,[A-Za-z0-9._-]+)-(?:enc|dec)")
"""drivers/media/platform/verisilicon/hantro_drv.c hantro_add_func(): compatible, and what the node does."""


def identity(driver: str, hardware: Hardware, tree: Sequence[TreeDevice], card: str = "") -> Identity:
    """What a machine says of a device, what its device tree and the name of its card add included."""
    compatible = hardware.compatible
    if not compatible and (told := _CODEC_CARD.fullmatch(card)):
        compatible = (told[1],)
    place = hardware.bus.removeprefix("platform:")
    if not compatible and place:
        here = {each.compatible for each in tree if each.platform == place}
        compatible = next(iter(here)) if len(here) == 1 else ()
    nearby = frozenset(text for each in tree for text in each.compatible)
    return Identity(driver, compatible, hardware.pci, nearby)


def common(kind: str, driver: str, node: str | None, reach: BusFacts, known: DriverFacts | None) -> Entry:
    """Fields that every device has, ports left out."""
    facts = dict(known.device) if known is not None else {}
    entry: Entry = {"kind": kind, "driver": driver}
    if node is not None:
        entry["node"] = node
    dma = _dma(reach, facts.get("dma"))
    if dma:
        entry["dma"] = dma
    if not dma and not facts.get("by_cpu"):
        entry["dma"] = {"bits": "unknown"}
    for key in ("coherent", "codecs", "imports", "by_cpu", "once"):
        if key in facts:
            entry[key] = facts[key]
    if "coherent" not in entry:
        entry["coherent"] = "unknown"
    return entry


def _dma(reach: BusFacts, known: Mapping[str, Any] | None) -> Entry:
    """How the device addresses memory: translated by an IOMMU if sysfs says so."""
    dma: Entry = dict(known or {})
    if reach.group is not None:
        dma.pop("mmu", None)
        dma["iommu"] = reach.group
    if reach.mask_bits is not None and "bits" not in dma:
        dma["bits"] = reach.mask_bits
    if dma and "bits" not in dma:
        dma["bits"] = "unknown"
    return dma


def device_source(probed: str, known: DriverFacts | None, note: str = "") -> str:
    """Where the fields of `common` come from."""
    if known is None and note:
        return f"{probed}; {note}"
    if known is None:
        return f"{probed}; nothing is known of the driver: its reach is taken as the narrowest there is"
    return f"{known.source}; {probed}"
