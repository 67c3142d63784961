"""How devices address memory: IOMMUs, buses, and how bus addresses are allotted."""

from typing import Annotated, Literal

from heapwright.platforms.schema.fields import Strict
from heapwright.platforms.schema.unknown import ability, requirement
from heapwright.platforms.values import (
    INT64_MAX,
    Address,
    Bits,
    Bytes,
    Count,
    Name,
    PositiveBytes,
    Source,
    Unknown,
)

_AS_DMA_IOMMU = "counted as dma-iommu, and a page is all that is promised"


class Aperture(Strict):
    """A range of bus addresses."""

    base: Address = 0
    size: PositiveBytes


class Bitmaps(Strict):
    """A run of bus addresses starts on its size rounded up to a power of two, at most this: 32-bit ARM."""

    by_size_up_to: PositiveBytes


Iova = Literal["dma-iommu", "drm-mm"] | Bitmaps | Unknown
"""How bus addresses are allotted: on the size rounded up to a power of two (`dma-iommu`), on
pages (`drm-mm`), or on the size up to so much (the bitmaps of 32-bit ARM)."""


class Iommu(Strict):
    """A translation unit in front of one or more devices."""

    bits: Annotated[Bits | Unknown | None, requirement()] = None
    aperture: Annotated[Aperture | Unknown | None, requirement()] = None
    page: PositiveBytes | None = None
    iova: Annotated[Iova | None, ability(None, follows=_AS_DMA_IOMMU)] = None
    source: Source


class Window(Strict):
    """The part of physical memory a bus carries, seen shifted by `offset`."""

    base: Address
    size: PositiveBytes
    offset: Bytes = 0


class Dma(Strict):
    """How a device addresses memory."""

    bits: Annotated[Bits | Unknown | None, requirement()] = None
    iommu: Name | None = None
    mmu: bool = False
    window: Window | None = None
    aperture: Aperture | None = None
    iova: Annotated[Iova | None, ability(None, follows=_AS_DMA_IOMMU)] = None
    """Where its driver allots bus addresses otherwise than the IOMMU's users do, or its own tables do."""
    segments: Annotated[Count | Unknown | None, requirement(INT64_MAX)] = None
    segment_size: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    boundary: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    p2p: Annotated[Literal["none", "static", "dynamic"] | Unknown, ability("none")] = "none"
