"""A platform profile: what a board can do, as facts with sources (design §4).

These models check shapes and single values. What needs the whole profile
(dangling names, cycles, sizes that do not fit) is in `heapwright.platforms.checks.consistency`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from heapwright.platforms.fourcc.formats import known_fourcc
from heapwright.platforms.fourcc.modifiers import canonical
from heapwright.platforms.values import (
    Address,
    Amount,
    Bits,
    Bytes,
    Count,
    Fraction,
    Name,
    PageBytes,
    Pages,
    PositiveBytes,
    Reach,
    Size2D,
    Source,
    Unknown,
)
from heapwright.platforms.words import Access, CpuMap, Kind, Via

SCHEMA = "heapwright/platform/1"

Fourcc = Annotated[str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,3}$"), BeforeValidator(known_fourcc)]
"""A fourcc of the table of pixel formats, without trailing blanks."""
ModifierText = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^[\x21-\x7e ]+$"), BeforeValidator(canonical)
]
"""A modifier under its canonical name (`heapwright.platforms.fourcc.modifiers`), whatever its spelling in the file."""
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]


def sequence(item: object) -> object:
    """A tuple of `item` that also accepts a list, as YAML and JSON give."""
    return Annotated[tuple[item, ...], Field(strict=False, max_length=1024)]  # type: ignore[valid-type]


Names = Annotated[tuple[Name, ...], Field(strict=False, max_length=1024)]
Words = Annotated[tuple[Word, ...], Field(strict=False, max_length=1024)]
Fourccs = Annotated[tuple[Fourcc, ...], Field(strict=False, min_length=1, max_length=1024)]
Modifiers = Annotated[tuple[ModifierText, ...], Field(strict=False, min_length=1, max_length=1024)]
Angles = Annotated[tuple[Literal[0, 90, 180, 270], ...], Field(strict=False, min_length=1, max_length=4)]
"""Degrees by which a picture is turned clockwise on its way."""
DmabufCounts = Annotated[
    tuple[Annotated[int, Field(ge=1, le=4)], ...], Field(strict=False, min_length=1, max_length=4)
]


class Strict(BaseModel):
    """Frozen; wrong types, unknown keys and missing keys are errors."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Aperture(Strict):
    """A range of bus addresses."""

    base: Address = 0
    size: PositiveBytes


class Memory(Strict):
    """A range of physical memory; see design §4 for how `base` may be vague."""

    size: Reach | Unknown
    base: Reach | Unknown | None = None
    inside: Name | None = None
    local: Name | Names | None = None
    bandwidth: PositiveBytes | Unknown | None = None
    window: PositiveBytes | Unknown | None = None
    reached_by: Names | Unknown = ()
    held: Bytes | Unknown = 0
    step: PositiveBytes | None = None
    source: Source


class AlignBySize(Strict):
    """A buffer starts on its size rounded up to a power of two, at most this."""

    by_size_up_to: PageBytes


class Bitmaps(Strict):
    """The same of bus addresses, as 32-bit ARM keeps them."""

    by_size_up_to: PositiveBytes


Iova = Literal["dma-iommu", "drm-mm"] | Bitmaps | Unknown
"""How bus addresses are allotted: on the size rounded up to a power of two (`dma-iommu`), on
pages (`drm-mm`), or on the size up to so much (the bitmaps of 32-bit ARM)."""


class Iommu(Strict):
    """A translation unit in front of one or more devices."""

    bits: Bits | Unknown | None = None
    aperture: Aperture | Unknown | None = None
    page: PositiveBytes | None = None
    iova: Iova | None = None
    source: Source


class Lock(Strict):
    """What the first buffer of a lazily locked pool takes, and from where."""

    from_: Name = Field(alias="from")
    size: PositiveBytes


NodeName = Annotated[str, Field(min_length=1, max_length=128)]
NodePath = Annotated[str, Field(max_length=128, pattern=r"^/dev/[A-Za-z0-9_.,+/-]+$")]


class Node(Strict):
    """A name of a heap that some kernels lack: there from `since` on, gone at `until`."""

    name: NodeName
    since: str | None = None
    until: str | None = None
    source: Source | None = None


class Heap(Strict):
    """Something that allocates buffers."""

    via: Via
    nodes: Annotated[tuple[NodeName | Node, ...], Field(strict=False, max_length=64, alias="names")] = ()
    memory: Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=64)] | Unknown
    run: Literal["whole"] | PageBytes | Unknown | None = None
    align: AlignBySize | PageBytes | Unknown | None = None
    cpu: CpuMap | Unknown
    access: Names | Unknown | None = None
    firewall: Literal["static", "per-buffer"] | None = None
    exporter: Name | None = None
    flags: Words = ()
    granule: PageBytes | Unknown | None = None
    largest: PageBytes | Unknown | None = None
    buffers: Count | Unknown | None = None
    moves_to: Name | None = None
    requires_p2p: bool = False
    sync: Literal["none"] | Unknown | None = None
    locks: Lock | None = None
    since: str | None = None
    until: str | None = None
    permission: str | None = None
    source: Source

    @property
    def names(self) -> tuple[str, ...]:
        """What it is opened by, newest kernel first."""
        return tuple(node if isinstance(node, str) else node.name for node in self.nodes)

    def in_bytes(self, page: int) -> Heap:
        """The same heap on a kernel of such pages: no size in it is a number of pages any more."""
        sizes = {"run": self.run, "align": self.align, "granule": self.granule, "largest": self.largest}
        changed: dict[str, object] = {
            field: int(size) * page for field, size in sizes.items() if isinstance(size, Pages)
        }
        if isinstance(self.align, AlignBySize) and isinstance(self.align.by_size_up_to, Pages):
            changed["align"] = AlignBySize(by_size_up_to=int(self.align.by_size_up_to) * page)
        return self.model_copy(update=changed) if changed else self


class Window(Strict):
    """The part of physical memory a bus carries, seen shifted by `offset`."""

    base: Address
    size: PositiveBytes
    offset: Bytes = 0


class Dma(Strict):
    """How a device addresses memory."""

    bits: Bits | Unknown | None = None
    iommu: Name | None = None
    mmu: bool = False
    window: Window | None = None
    aperture: Aperture | None = None
    iova: Iova | None = None
    """Where its driver allots bus addresses otherwise than the IOMMU's users do, or its own tables do."""
    segments: Count | Unknown | None = None
    segment_size: PositiveBytes | Unknown | None = None
    boundary: PositiveBytes | Unknown | None = None
    p2p: Literal["none", "static", "dynamic"] | Unknown = "none"


class PixelGroup(Strict):
    """`group` pixels occupy `bytes` bytes of a row."""

    group: Count
    bytes: Count


class Exact(Strict):
    """The stride is that of the image width rounded up to a multiple, no more."""

    width_multiple: Count


class Beyond(Strict):
    """Above `bytes`, strides must be multiples of `multiple`."""

    bytes: Bytes
    multiple: Count


class Stride(Strict):
    """What a port accepts as bytes from one row to the next."""

    multiple: Count | Unknown | None = None
    pixels: PixelGroup | None = None
    set: Annotated[tuple[Count, ...], Field(strict=False, min_length=1, max_length=256)] | None = None
    power_of_two: bool = False
    min: Bytes | Unknown | None = None
    max: PositiveBytes | Unknown | None = None
    max_pixels: Count | Unknown | None = None
    exact: Exact | None = None
    fixed: bool = False
    beyond: Beyond | None = None
    planes: Literal["equal", "halved"] | None = None


class ExtentRule(Strict):
    """Image sizes a port accepts, in pixels."""

    min: Size2D | Unknown | None = None
    max: Size2D | Unknown | None = None
    multiple: Size2D | Unknown | None = None


class ExtentMultiple(Strict):
    multiple: Size2D | Unknown


class RowsMultiple(Strict):
    multiple: Count | Unknown


class BytesMultiple(Strict):
    multiple: Count | Unknown


class ImpliedOffset(Strict):
    """Chroma lies at stride × image height rounded up to this many rows."""

    rows: RowsMultiple


class PerBlock(Strict):
    of: Size2D
    bytes: Count


class Tail(Strict):
    """Bytes after the image that the device touches."""

    bytes: Bytes | Unknown = 0
    per_block: PerBlock | None = None
    rows: Amount = 0
    at_least_stride_or: Bytes | None = None
    per_plane: bool = False


class Minimum(Strict):
    """The buffer must hold the image with its height rounded up to this."""

    rows_multiple: Count


class Below(Strict):
    """Planes of fewer than `bytes` take whole groups of `multiple` rows instead."""

    bytes: PositiveBytes
    multiple: Count


class PlaneRows(Strict):
    """The buffer must hold each plane with its own rows rounded up to this, whatever the others have."""

    multiple: Count
    below: Below | None = None


class TimesHeight(Strict):
    min: Fraction
    max: Fraction


class ColumnHeight(Strict):
    """The column height a SAND modifier may carry, in rows."""

    min: Count | None = None
    max: Count | None = None
    times_height: TimesHeight | None = None


class When(Strict):
    """The rule holds only for attachments used in this way."""

    codec: Words | None = None
    rotate: Angles | None = None
    """Where the rule does not say: the port's `rotate`."""
    crop: bool | None = None
    scale: bool | None = None


class ImageRule(Strict):
    """One thing a port accepts; a port accepts what any of its rules accepts."""

    formats: Fourccs
    modifiers: Modifiers = ("LINEAR",)
    colours: Words | None = None
    extent: ExtentRule = ExtentRule()
    coded: ExtentMultiple | None = None
    stride: Stride = Stride()
    rows: RowsMultiple | None = None
    offset: BytesMultiple | None = None
    metadata: BytesMultiple | None = None
    """Where pixels begin after metadata in their plane: AFBC's body."""
    first_offset: Literal[0] | None = None
    implied_offset: ImpliedOffset | None = None
    dmabufs: DmabufCounts = (1,)
    banks: Names | None = None
    tail: Tail | None = None
    minimum: Minimum | None = None
    plane_rows: PlaneRows | None = None
    column_height: ColumnHeight | None = None
    when: When | None = None
    uses: dict[Name, Count] = Field(default_factory=dict, max_length=64)
    source: Source | None = None


class PortCount(Strict):
    min: Count | None = None
    max: Count | None = None


class PortBytes(Strict):
    """Limits on the size of one buffer at this port."""

    max: PositiveBytes | Unknown | None = None
    multiple: Count | Unknown | None = None


class Port(Strict):
    """One way in which a device touches a buffer."""

    access: Access
    protected: Literal["allowed", "required", "refused"] | Unknown = "refused"
    declassifies: bool = False
    memory: Names | Unknown | None = None
    takes_from: Names | Unknown | None = None
    holds: Amount = 1
    slack: Amount = 0
    count: PortCount = PortCount()
    how_many: Count | Unknown | None = None
    """Planes of a display's `scanout` or `cursor`: unknown where nothing is said; of other ports no limit."""
    rotate: Angles = (0,)
    """For which angles its image rules hold that do not say it themselves (`when`)."""
    uses: dict[Name, Count] = Field(default_factory=dict, max_length=64)
    bytes: PortBytes = PortBytes()
    base: BytesMultiple | None = None
    images: Annotated[tuple[ImageRule, ...], Field(strict=False, max_length=1024)] = ()
    source: Source


class Conversion(Strict):
    """An edge along which a device converts one buffer into another."""

    from_: Name = Field(alias="from")
    to: Name
    may_change: Annotated[
        tuple[Literal["format", "modifier", "memory", "stride", "extent"], ...],
        Field(strict=False, min_length=1, max_length=5),
    ]
    lossless: bool | Unknown = "unknown"
    throughput: PositiveBytes | Unknown | None = None
    source: Source | None = None


class Device(Strict):
    """Something that touches buffers."""

    kind: Kind
    driver: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    node: NodePath | None = None
    """Where a discovered machine has it; profiles of boards leave it out."""
    dma: Dma = Dma()
    coherent: bool | Unknown = False
    connectors: Words = ()
    codecs: Words | None = None
    imports: Literal["any", "none"] | Names | Unknown = "any"
    refuses: Literal["EINVAL", "ENODEV", "ENOSYS", "EOPNOTSUPP", "EPERM"] | None = None
    """What its driver itself says, after attaching, of buffers that it does not import."""
    by_cpu: bool = False
    once: bool = False
    converts: Annotated[tuple[Conversion, ...], Field(strict=False, max_length=256)] = ()
    ports: dict[Name, Port] = Field(default_factory=dict, max_length=64)
    source: Source


class Platform(Strict):
    """A whole profile, `extends` and driver rules already merged in."""

    schema_: Literal["heapwright/platform/1"] = Field(alias="schema")
    name: Name
    title: Annotated[str, Field(max_length=256)] = ""
    kernel: Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,6}){0,3}$")] | Unknown = "unknown"
    page: PositiveBytes = 4096
    memory: dict[Name, Memory] = Field(default_factory=dict, max_length=256)
    iommus: dict[Name, Iommu] = Field(default_factory=dict, max_length=256)
    heaps: dict[Name, Heap] = Field(default_factory=dict, max_length=256)
    devices: dict[Name, Device] = Field(default_factory=dict, max_length=256)
    resources: dict[Name, Amount] = Field(default_factory=dict, max_length=256)

    @field_validator("heaps")
    @classmethod
    def _of_pages(cls, heaps: dict[str, Heap], info: ValidationInfo) -> dict[str, Heap]:
        """Sizes in pages become bytes: from here on every size is one number."""
        page: int = info.data.get("page", 4096)
        return {name: heap.in_bytes(page) for name, heap in heaps.items()}
