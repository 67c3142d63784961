"""The scalar types of our files: bytes, addresses, extents, ranges and `unknown`.

Every value is an integer (or a pair of integers) once parsed; text such as
`64MiB`, `1366x768` or `4GiB..32GiB` exists only at the edge.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from heapwright.platforms.errors import shown

INT64_MAX: Final = 2**63 - 1
UNKNOWN: Final = "unknown"
KERNEL_VERSION: Final = r"\d{1,3}(\.\d{1,6}){0,3}"
"""A regular expression; `heapwright.platforms.kernels` judges versions."""

Unknown = Literal["unknown"]
"""A value nobody has read off the hardware or its driver; see design §4."""

_UNITS: Final = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_BYTES = re.compile(r"(\d{1,19})\s?(|B|KiB|MiB|GiB|TiB)", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}", re.ASCII)
_PAGES = re.compile(r"page|(\d{1,9}) pages", re.ASCII)
_EXTENT = re.compile(r"(\d{1,9})x(\d{1,9})", re.ASCII)
_RATIO = re.compile(r"(\d{1,6})(?:/(\d{1,6}))?", re.ASCII)


class Span(NamedTuple):
    """A value known only to lie between two ends, both included."""

    low: int
    high: int


class PageCount(int):
    """A size in pages of the kernel, whatever their size: an order of 8 is 256 of them.

    It is one until the profile around it, which states the page, is read.
    """


class Extent(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Ratio(NamedTuple):
    """A positive fraction such as 3/2."""

    numerator: int
    denominator: int


def parse_bytes(value: Any) -> int:
    """A byte count or address: an integer, `64MiB`, or hexadecimal text.

    Raises:
        ValueError: `value` is none of these, is negative, or exceeds int64.
    """
    number: int
    if isinstance(value, bool):
        raise ValueError(f"expected bytes such as 64MiB, got {value}")
    if isinstance(value, int):
        number = value
    elif isinstance(value, str) and _HEX.fullmatch(value):
        number = int(value, 16)
    elif isinstance(value, str) and (match := _BYTES.fullmatch(value)):
        number = int(match[1]) * _UNITS[match[2]]
    else:
        raise ValueError(f"expected bytes such as 64MiB or 4096, got {shown(value)}")
    if not 0 <= number <= INT64_MAX:
        raise ValueError(f"expected 0 to 2^63 - 1, got {shown(value)}")
    return number


def parse_span(value: Any) -> Any:
    """`4GiB..32GiB` as a Span; anything else is left for the next validator.

    Raises:
        ValueError: an end is malformed, or the low end exceeds the high one.
    """
    if isinstance(value, Span):
        return value
    if isinstance(value, str) and ".." in value:
        low, _, high = value.partition("..")
        span = Span(parse_bytes(low.strip()), parse_bytes(high.strip()))
        if span.low > span.high:
            raise ValueError(f"the range {shown(value)} ends before it starts")
        return span
    return parse_bytes(value) if value != UNKNOWN else value


def parse_paged(value: Any) -> int:
    """`page` or `256 pages` as a PageCount; anything else as bytes.

    Raises:
        ValueError: neither pages nor bytes, or none at all.
    """
    if isinstance(value, str) and "page" in value:
        match = _PAGES.fullmatch(value)
        if match is None:
            raise ValueError(f"expected page, or a number of pages such as 256 pages, got {shown(value)}")
        number: int = PageCount(match[1] or 1)
    else:
        number = parse_bytes(value)
    if number == 0:
        raise ValueError(f"expected at least 1, got {shown(value)}")
    return number


def parse_extent(value: Any) -> Extent:
    """`1366x768` as an Extent of two positive integers.

    Raises:
        ValueError: not of that form, or a side is zero.
    """
    if isinstance(value, Extent):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f"expected WIDTHxHEIGHT such as 1920x1080, got {_as_number(value)}")
    if not isinstance(value, str) or not (match := _EXTENT.fullmatch(value)):
        raise ValueError(f"expected WIDTHxHEIGHT such as 1920x1080, got {shown(value)}")
    extent = Extent(int(match[1]), int(match[2]))
    if extent.width == 0 or extent.height == 0:
        raise ValueError(f"expected a width and height of at least 1, got {shown(value)}")
    return extent


def _as_number(value: int) -> str:
    """A number where an extent should be: what begins with 0x is hexadecimal in YAML, and looks like one."""
    written = f"{value:#x}"
    looks = _EXTENT.fullmatch(written) is not None
    return f"the number {value}" + (f" ({written} without quotes is that number in YAML)" if looks else "")


def parse_ratio(value: Any) -> Ratio:
    """`3/2` or `2` as a Ratio.

    Raises:
        ValueError: not of that form, or a part is zero.
    """
    if isinstance(value, Ratio):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not (match := _RATIO.fullmatch(value)):
        raise ValueError(f"expected a ratio such as 3/2, got {shown(value)}")
    ratio = Ratio(int(match[1]), int(match[2] or 1))
    if 0 in ratio:
        raise ValueError(f"expected a positive ratio, got {shown(value)}")
    return ratio


def in_units(number: int) -> str:
    """A byte count as a person writes it: `64 MiB`, `20.5 MiB` is never rounded."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if number and number % _UNITS[unit] == 0:
            return f"{number // _UNITS[unit]} {unit}"
    return f"{number} bytes"


_BYTES_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": INT64_MAX},
        {"type": "string", "pattern": r"^(\d{1,19} ?(B|KiB|MiB|GiB|TiB)?|0x[0-9a-fA-F]{1,16})$"},
    ]
}
_SPAN_SCHEMA = {
    "anyOf": [*_BYTES_SCHEMA["anyOf"], {"type": "string", "pattern": r"^[^.]{1,30}\.\.[^.]{1,30}$"}]
}

Bytes = Annotated[int, BeforeValidator(parse_bytes), WithJsonSchema(_BYTES_SCHEMA)]
"""A number of bytes, 0 to 2^63 - 1."""
Address = Bytes
"""A bus or physical address."""
PositiveBytes = Annotated[int, Field(ge=1), BeforeValidator(parse_bytes), WithJsonSchema(_BYTES_SCHEMA)]
BytesOrSpan = Annotated[Span | int, BeforeValidator(parse_span), WithJsonSchema(_SPAN_SCHEMA)]
"""A number of bytes or an address, known exactly or as a Span."""
PageBytes = Annotated[
    int,
    PlainValidator(parse_paged),
    WithJsonSchema(
        {"anyOf": [*_BYTES_SCHEMA["anyOf"], {"type": "string", "pattern": r"^(page|\d{1,9} pages)$"}]}
    ),
]
"""A number of bytes, or of pages: what a kernel states as orders of pages follows the page."""
Size2D = Annotated[
    Extent,
    BeforeValidator(parse_extent),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}x\d{1,9}$"}),
]
Fraction = Annotated[
    Ratio,
    BeforeValidator(parse_ratio),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d{1,6}(/\d{1,6})?$"}]}
    ),
]
Count = Annotated[int, Field(ge=1, le=1 << 31)]
"""A positive whole number: pixels, rows, multiples, groups."""
Amount = Annotated[int, Field(ge=0, le=1 << 31)]
"""A whole number, zero allowed."""
Bits = Annotated[int, Field(ge=1, le=64)]
"""A width of addresses in bits."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.,+-]{1,64}$")]
"""The name of a thing in a file."""
Source = Annotated[str, Field(min_length=1, max_length=4096)]
"""Where a fact was read: kernel file and symbol, spec section, measurement."""
