"""What touches buffers by DMA, or the CPU: its ports, and what it converts."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from heapwright.platforms.schema.addresses import Dma
from heapwright.platforms.schema.bandwidths import Bandwidth
from heapwright.platforms.schema.fields import Angles, Fourccs, Modifiers, Names, Strict, Words
from heapwright.platforms.schema.images import BytesMultiple, ImageRule
from heapwright.platforms.schema.unknown import ability, requirement
from heapwright.platforms.values import Amount, Count, Name, PositiveBytes, Source, Unknown
from heapwright.platforms.words import Access, Kind

NodePath = Annotated[str, Field(max_length=128, pattern=r"^/dev/[A-Za-z0-9_.,+/-]+$")]


class PortCount(Strict):
    min: Count | None = None
    max: Count | None = None


class PortBytes(Strict):
    """Limits on the size of one buffer at this port."""

    max: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    multiple: Annotated[Count | Unknown | None, requirement()] = None


class Preference(Strict):
    """What a driver picks first where it may choose, best first; all that it does not name comes after."""

    formats: Annotated[Fourccs, Field(max_length=63)] | None = None
    modifiers: Annotated[Modifiers, Field(max_length=63)] | None = None
    source: Source

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.formats is None and self.modifiers is None:
            raise ValueError("expected formats or modifiers, best first")
        for each in (self.formats or (), self.modifiers or ()):
            twice = sorted({name for name in each if each.count(name) > 1})
            if twice:
                raise ValueError(f"{', '.join(twice)} stands there twice")
        return self


class Port(Strict):
    """One way in which a device touches a buffer."""

    access: Access
    protected: Annotated[Literal["allowed", "required", "refused"] | Unknown, ability("refused")] = "refused"
    declassifies: bool = False
    memory: Annotated[Names | Unknown | None, requirement()] = None
    takes_from: Annotated[Names | Unknown | None, ability("none")] = None
    holds: Amount = 1
    slack: Amount = 0
    count: PortCount = PortCount()
    how_many: Annotated[Count | Unknown | None, requirement()] = None
    """Planes of a display's `scanout` or `cursor`: unknown where nothing is said; of other ports no limit."""
    rotate: Angles = (0,)
    """For which angles its image rules hold that do not say it themselves (`when`)."""
    uses: dict[Name, Count] = Field(default_factory=dict, max_length=64)
    bytes: PortBytes = PortBytes()
    base: BytesMultiple | None = None
    images: Annotated[tuple[ImageRule, ...], Field(strict=False, max_length=1024)] = ()
    prefers: Preference | None = None
    """Lists of rules are no orders: whoever states none takes any of them as gladly."""
    source: Source


class ConversionEdge(Strict):
    """An edge along which a device converts one buffer into another."""

    from_: Name = Field(alias="from")
    to: Name
    may_change: Annotated[
        tuple[Literal["format", "modifier", "memory", "stride", "extent"], ...],
        Field(strict=False, min_length=1, max_length=5),
    ]
    lossless: Annotated[bool | Unknown, ability(False, follows="counts as lossy")] = "unknown"
    throughput: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    source: Source | None = None


class Device(Strict):
    """Something that touches buffers."""

    kind: Kind
    driver: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    node: NodePath | None = None
    """Where a discovered machine has it; profiles of boards leave it out."""
    dma: Dma = Dma()
    link: Name | None = None
    """What stands between its card and the memory of the system; of what sits on the chip, nothing."""
    bandwidth: Annotated[Bandwidth | Unknown | None, requirement()] = None
    """What it moves itself at most, whatever the memory."""
    coherent: Annotated[bool | Unknown, ability(False)] = False
    connectors: Words = ()
    codecs: Words | None = None
    imports: Annotated[Literal["any", "none"] | Names | Unknown, ability("none")] = "any"
    refuses: Literal["EINVAL", "ENODEV", "ENOSYS", "EOPNOTSUPP", "EPERM"] | None = None
    """What its driver itself says, after attaching, of buffers that it does not import."""
    by_cpu: bool = False
    once: bool = False
    converts: Annotated[tuple[ConversionEdge, ...], Field(strict=False, max_length=256)] = ()
    ports: dict[Name, Port] = Field(default_factory=dict, max_length=64)
    source: Source
