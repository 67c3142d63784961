"""What a port accepts of an image: formats, extents, strides, and room around the pixels."""

from typing import Annotated, Literal

from pydantic import Field

from heapwright.platforms.schema.fields import Angles, DmabufCounts, Fourccs, Modifiers, Names, Strict, Words
from heapwright.platforms.schema.unknown import requirement
from heapwright.platforms.values import (
    Amount,
    Bytes,
    Count,
    Fraction,
    Name,
    PositiveBytes,
    Size2D,
    Source,
    Unknown,
)


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

    multiple: Annotated[Count | Unknown | None, requirement()] = None
    pixels: PixelGroup | None = None
    set: Annotated[tuple[Count, ...], Field(strict=False, min_length=1, max_length=256)] | None = None
    power_of_two: bool = False
    min: Annotated[Bytes | Unknown | None, requirement()] = None
    max: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    max_pixels: Annotated[Count | Unknown | None, requirement()] = None
    exact: Exact | None = None
    fixed: bool = False
    beyond: Beyond | None = None
    planes: Literal["equal", "halved"] | None = None


class ExtentRule(Strict):
    """Image sizes a port accepts, in pixels."""

    min: Annotated[Size2D | Unknown | None, requirement()] = None
    max: Annotated[Size2D | Unknown | None, requirement()] = None
    multiple: Annotated[Size2D | Unknown | None, requirement()] = None


class ExtentMultiple(Strict):
    multiple: Annotated[Size2D | Unknown, requirement()]


class RowsMultiple(Strict):
    multiple: Annotated[Count | Unknown, requirement()]


class BytesMultiple(Strict):
    multiple: Annotated[Count | Unknown, requirement()]


class ImpliedOffset(Strict):
    """Chroma lies at stride × image height rounded up to this many rows."""

    rows: RowsMultiple


class PerBlock(Strict):
    of: Size2D
    bytes: Count


class Tail(Strict):
    """Bytes after the image that the device touches."""

    bytes: Annotated[Bytes | Unknown, requirement(0)] = 0
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
