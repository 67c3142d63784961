"""A platform profile: what a board can do, as facts with sources (design §4).

These models check shapes and single values. What needs the whole profile
(dangling names, cycles, sizes that do not fit) is in `heapwright.platforms.checks`.
"""

from heapwright.platforms.schema.addresses import Aperture, Bitmaps, Dma, Iommu, Window
from heapwright.platforms.schema.bandwidths import Bandwidth, Link
from heapwright.platforms.schema.devices import ConversionEdge, Device, Port, PortBytes, PortCount, Preference
from heapwright.platforms.schema.fields import DmabufCounts, Fourccs, Modifiers, Strict, Words
from heapwright.platforms.schema.images import (
    Below,
    Beyond,
    BytesMultiple,
    ColumnHeight,
    Exact,
    ExtentMultiple,
    ExtentRule,
    ImageRule,
    ImpliedOffset,
    Minimum,
    PerBlock,
    PixelGroup,
    PlaneRows,
    RowsMultiple,
    Stride,
    Tail,
    TimesHeight,
    When,
)
from heapwright.platforms.schema.memories import AlignBySize, Heap, HeapName, Lock, Memory
from heapwright.platforms.schema.platform import SCHEMA, Platform
from heapwright.platforms.schema.unknown import Meaning, meanings, settled, trusted

__all__ = [
    "SCHEMA",
    "AlignBySize",
    "Aperture",
    "Bandwidth",
    "Below",
    "Beyond",
    "Bitmaps",
    "BytesMultiple",
    "ColumnHeight",
    "ConversionEdge",
    "Device",
    "Dma",
    "DmabufCounts",
    "Exact",
    "ExtentMultiple",
    "ExtentRule",
    "Fourccs",
    "Heap",
    "HeapName",
    "ImageRule",
    "ImpliedOffset",
    "Iommu",
    "Link",
    "Lock",
    "Meaning",
    "Memory",
    "Minimum",
    "Modifiers",
    "PerBlock",
    "PixelGroup",
    "PlaneRows",
    "Platform",
    "Port",
    "PortBytes",
    "PortCount",
    "Preference",
    "RowsMultiple",
    "Strict",
    "Stride",
    "Tail",
    "TimesHeight",
    "When",
    "Window",
    "Words",
    "meanings",
    "settled",
    "trusted",
]
