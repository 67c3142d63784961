"""A pipeline file: which stages share which buffers, free of board names (design §3).

`Pipeline` is the file as written; `Attachment` is one selector of it, taken
apart. Nothing here knows a platform.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from heapwright.platforms.errors import shown
from heapwright.platforms.schema import Device, DmabufCounts, Fourccs, Modifiers, Strict, Words
from heapwright.platforms.values import Extent, Name, PositiveBytes, Size2D
from heapwright.platforms.words import KINDS, PORTS, Access

SCHEMA: Final = "heapwright/pipeline/1"

_SELECTOR = re.compile(
    r"(?P<kind>[a-z0-9-]+)"
    r"(?:\#(?P<label>[A-Za-z0-9_+-]{1,64}))?"
    r"(?:@(?P<connector>[A-Za-z0-9_+-]{1,64}))?"
    r"(?::(?P<stage>[A-Za-z0-9_+-]{1,64}))?"
    r"(?:\.(?P<port>[a-z]+))?",
    re.ASCII,
)
_CROP = re.compile(r"(\d{1,9})x(\d{1,9})\+(\d{1,9})\+(\d{1,9})", re.ASCII)


class Selector(NamedTuple):
    """`kind#label@connector:stage.port` taken apart; `port` may be absent."""

    kind: str
    label: str | None
    connector: str | None
    stage: str | None
    port: str | None

    def __str__(self) -> str:
        text = self.kind
        for sign, part in (("#", self.label), ("@", self.connector), (":", self.stage), (".", self.port)):
            text += f"{sign}{part}" if part is not None else ""
        return text


def parse_selector(text: Any) -> Selector:
    """Take a selector apart; kind and port must be in the closed table.

    Raises:
        ValueError: malformed, or a kind or port that does not exist.
    """
    if isinstance(text, Selector):
        return text
    match = _SELECTOR.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"expected kind[#label][@connector][:stage][.port], got {shown(text)}")
    found = Selector(**match.groupdict())
    if found.kind not in PORTS:
        raise ValueError(f"no kind {shown(found.kind)}; kinds are {', '.join(sorted(KINDS))}")
    ports = PORTS[found.kind]
    if found.port is not None and found.port not in ports:
        raise ValueError(f"{found.kind} has no port {shown(found.port)}; its ports are {', '.join(ports)}")
    return found


class Crop(NamedTuple):
    """A rectangle of the image, in pixels."""

    width: int
    height: int
    x: int
    y: int


def parse_crop(value: Any) -> Crop:
    """`1920x1080+0+0` as a Crop.

    Raises:
        ValueError: not of that form, or an empty rectangle.
    """
    if isinstance(value, Crop):
        return value
    match = _CROP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected WIDTHxHEIGHT+X+Y, got {shown(value)}")
    crop = Crop(*(int(part) for part in match.groups()))
    if crop.width == 0 or crop.height == 0:
        raise ValueError(f"expected a crop of at least 1x1, got {shown(value)}")
    return crop


_SELECTOR_INPUT = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9-]+(#[A-Za-z0-9_+-]{1,64})?(@[A-Za-z0-9_+-]{1,64})?(:[A-Za-z0-9_+-]{1,64})?([.][a-z]+)?$"
    ),
]
SelectorText = Annotated[Selector, BeforeValidator(parse_selector, json_schema_input_type=_SELECTOR_INPUT)]
_CROP_INPUT = Annotated[str, Field(pattern=r"^[0-9]{1,9}x[0-9]{1,9}[+][0-9]{1,9}[+][0-9]{1,9}$")]


class StatedPicture(Strict):
    """What an image has: bits of each channel, chroma samples (4:4:4 is 444), transparency."""

    depth: Annotated[int, Field(ge=1, le=16)] | None = None
    chroma: Literal[400, 410, 411, 420, 422, 444] | None = None
    alpha: bool | None = None


class Use(Strict):
    """A selector with the way in which it uses the buffer."""

    port: SelectorText
    rotate: Literal[0, 90, 180, 270] = 0
    crop: Annotated[Crop, BeforeValidator(parse_crop, json_schema_input_type=_CROP_INPUT)] | None = None
    scale: Size2D | None = None
    how_often: Literal["often", "rarely"] = "often"
    codec: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9.+-]+$")] | None = None
    depth: Annotated[int, Field(ge=1, le=16)] | None = None
    """Bits of each channel that the stage writes."""
    blend: Literal["premultiplied", "coverage"] | None = None
    """How what is read is laid over something else: it has transparency then."""


class AnyOf(Strict):
    """Alternatives in order of preference; exactly one is attached."""

    any_of: Annotated[tuple[UseText, ...], Field(strict=False, min_length=1, max_length=16)]


def _use(value: Any) -> Any:
    return {"port": value} if isinstance(value, str | Selector) else value


UseText = Annotated[Use, BeforeValidator(_use, json_schema_input_type=SelectorText | Use)]


def _use_or_any(value: Any) -> Any:
    if isinstance(value, dict) and "any_of" in value:
        return AnyOf.model_validate(value)
    return value if isinstance(value, Use | AnyOf) else Use.model_validate(_use(value))


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


_USER_INPUT = SelectorText | Use | AnyOf
UserText = Annotated[Use | AnyOf, BeforeValidator(_use_or_any, json_schema_input_type=_USER_INPUT)]
UserTexts = Annotated[
    tuple[UserText, ...],
    Field(strict=False, max_length=64),
    BeforeValidator(_listed, json_schema_input_type=_USER_INPUT | tuple[_USER_INPUT, ...]),
]


class Wish(Strict):
    """At least `min` buffers; `wish` if there is room."""

    min: Annotated[int, Field(ge=1, le=4096)] = 1
    wish: Annotated[int, Field(ge=1, le=4096)]

    @model_validator(mode="after")
    def _ordered(self) -> Wish:
        if self.wish < self.min:
            raise ValueError(f"expected wish ≥ min, got min {self.min}, wish {self.wish}")
        return self


class Audience(Strict):
    """Who may touch protected content: kinds of device, or selectors."""

    audience: Annotated[tuple[SelectorText, ...], Field(strict=False, min_length=1, max_length=64)]


class Buffer(Strict):
    """One buffer (or a ring of `count` equal ones) and who touches it."""

    size: Size2D | None = None
    bytes: PositiveBytes | None = None
    rate: Annotated[int, Field(ge=0, le=1_000_000)] = 60
    formats: Fourccs | None = None
    modifiers: Modifiers | None = None
    colours: Words | None = None
    picture: StatedPicture | None = None
    dmabufs: DmabufCounts | Annotated[int, Field(ge=1, le=4)] | None = None
    count: Annotated[int, Field(ge=1, le=4096)] | Wish | None = None
    written_by: Annotated[UserTexts, Field(min_length=1)]
    read_by: UserTexts = ()
    protected: bool | Audience = False
    conversions: Literal["allow", "forbid", "lossless"] | None = None

    @model_validator(mode="after")
    def _image_or_bytes(self) -> Buffer:
        if (self.size is None) == (self.bytes is None):
            raise ValueError("expected exactly one of size (an image) and bytes (raw data)")
        if self.bytes is not None:
            for field in ("formats", "modifiers", "colours", "picture", "dmabufs"):
                if getattr(self, field) is not None:
                    raise ValueError(f"raw data (bytes) has no {field}")
        return self


class Pipeline(Strict):
    """A whole pipeline file."""

    schema_: Literal["heapwright/pipeline/1"] = Field(alias="schema")
    name: Name
    title: Annotated[str, Field(max_length=1024)] = ""
    conversions: Literal["allow", "forbid", "lossless"] = "allow"
    buffers: Annotated[dict[Name, Buffer], Field(min_length=1, max_length=4096)]


class Attachment(NamedTuple):
    """One device port touching one buffer, as the pipeline asks for it."""

    selector: Selector
    """With `port` always filled in."""
    access: Access
    rotate: int
    crop: Crop | None
    scale: Extent | None
    how_often: str
    codec: str | None

    def fits(self, device: Device) -> bool:
        """Whether the device has the kind, the port, the connector and the codec asked for."""
        selector = self.selector
        if device.kind != selector.kind or selector.port not in device.ports:
            return False
        if selector.connector is not None and selector.connector not in device.connectors:
            return False
        return self.codec is None or device.codecs is None or self.codec in device.codecs


def attachment_from(use: Use, access: Access) -> Attachment:
    """The attachment a Use asks for, its port filled in from `access`.

    Raises:
        ValueError: the port goes the other way, or the kind has no or several
            ports of that direction.
    """
    selector = use.port
    ports = [port for port, way in PORTS[selector.kind].items() if way == access]
    if selector.port is not None and selector.port not in ports:
        wanted = "written_by" if access == "read" else "read_by"
        raise ValueError(f"{selector.kind}.{selector.port} does not {access} buffers; it belongs in {wanted}")
    if selector.port is None and len(ports) != 1:
        which = f"ports that {access}: {', '.join(ports)}" if ports else f"no port that would {access}"
        raise ValueError(f"{shown(str(selector))} names no port, and {selector.kind} has {which}")
    filled = selector if selector.port is not None else selector._replace(port=ports[0])
    return Attachment(filled, access, use.rotate, use.crop, use.scale, use.how_often, use.codec)


AnyOf.model_rebuild()
