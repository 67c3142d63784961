"""The words of an answer: one schema for the command line, HTTP and Python (design §9).

`Answer = Plan | Infeasible | Undecided`. "No plan exists" is an answer, not an
exception. Sizes are bytes; more fields may be added, those here stay.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from heapwright.platforms.schema import Strict
from heapwright.platforms.values import INT64_MAX, Count, Name
from heapwright.platforms.words import Access

SCHEMA: Final = "heapwright/answer/1"
Natural = Annotated[int, Field(ge=0, le=INT64_MAX)]
Hex = Annotated[str, Field(pattern=r"^0x[0-9a-f]{1,16}$")]


Change = Literal["format", "modifier", "memory", "stride"]
"""What a conversion may make different."""
LimitedBy = Literal["wall", "work", "memory", "process"]
"""Which limit ended a search or an explanation: seconds by the clock, deterministic work, memory of the process
that worked, or its end by somebody else.

Unless it was work, the same question may be answered otherwise the next time.
"""
Ended = Annotated[LimitedBy | None, Field(exclude_if=lambda by: by is None)]
"""As JSON an answer that no limit ended says nothing of it."""


class Reason(Strict):
    """A fact that decided something, as one sentence with its source."""

    decides: (
        Literal["heap", "format", "modifier", "stride", "size", "count", "offset", "device", "dmabufs"] | None
    ) = None
    kind: str
    subject: str
    text: str
    source: str


class Plane(Strict):
    """Where one plane of an image lies; `offset` counts from its own dma-buf.

    Planes are those of a DRM framebuffer of that format and modifier. Compression metadata
    inside a plane's range comes first: pixels begin at `offset + metadata`. As JSON, a plane without
    any says nothing of it.
    """

    offset: Natural
    stride: Natural
    size: Natural
    dmabuf: Natural = 0
    metadata: Natural = Field(default=0, exclude_if=lambda size: size == 0)
    """Bytes of metadata at the start of the plane, padding included; part of `size`."""
    metadata_stride: Natural = Field(default=0, exclude_if=lambda size: size == 0)
    """Bytes of one row of metadata; 0 if there is none."""


class AttachedPort(Strict):
    """A device port that touches the buffer, as bound on this board.

    What follows `access` is for whoever solves beside this buffer (`live:`), and left out
    of JSON where it says nothing.
    """

    device: str
    port: str
    access: Access
    uses: Annotated[dict[Name, Count], Field(max_length=64)] | None = Field(
        default=None, exclude_if=lambda uses: uses is None
    )
    """Of each resource, by the port and its image rule. Stated, if only as `{}`, where they use
    any; where it is not, the most that the port may use is charged."""
    how_often: Literal["often", "rarely"] = Field(default="often", exclude_if=lambda often: often == "often")
    converts: Natural | None = Field(default=None, exclude_if=lambda edge: edge is None)
    """Of a side of a conversion: which of the device's `converts`, counted from 0."""


class Rejected(Strict):
    """A heap that was not chosen, and why."""

    heap: str
    reasons: Annotated[tuple[Reason, ...], Field(strict=False)]


class Placement(Strict):
    """The answer for one buffer: heap, layout and count.

    For raw data `format` and `modifier` are None, `width` and `height` 0, and
    there is one plane of stride 0.
    """

    pipeline: str
    buffer: str
    heap: str
    names: Annotated[tuple[str, ...], Field(strict=False)]
    format: str | None
    modifier: str | None
    modifier_value: Hex | None
    colour: str | None = None
    width: Natural
    height: Natural
    coded_width: Natural
    coded_height: Natural
    planes: Annotated[tuple[Plane, ...], Field(strict=False)]
    size: Natural
    """What the layout needs, summed over its dma-bufs."""
    allocated: Natural
    """What one buffer costs its memory, summed over its dma-bufs."""
    sizes: Annotated[tuple[Natural, ...], Field(strict=False)]
    """Bytes each dma-buf must hold, in order; one entry unless planes lie apart."""
    count: Natural
    rate: Natural = 0
    """Frames per second the question asked for."""
    attachments: Annotated[tuple[AttachedPort, ...], Field(strict=False)]
    reasons: Annotated[tuple[Reason, ...], Field(strict=False)] = ()
    rejected: Annotated[tuple[Rejected, ...], Field(strict=False)] = ()


class Parts(Strict):
    """Of what a load is made, in ppm: their sum is rounded up."""

    traffic: Natural
    """Of the bandwidth of the paths that attachments take."""
    largest_share: Natural
    """Of any bounded memory."""
    sum_of_shares: Natural
    """Of all bounded memories."""


class Level(Strict):
    """One term of the objective, closed in order."""

    term: str
    value: int
    bound: int
    gap: float
    parts: Parts | None = None


class Dropped(Strict):
    """A wish that was not granted."""

    buffer: str
    pipeline: str
    wish: Natural
    granted: Natural
    text: str


class UnknownFact(Strict):
    """Something the profile does not know and the plan therefore does not promise."""

    subject: str
    field: str
    text: str


class AssumedFact(Strict):
    """Something the profile does not state, and what is usual in its place: it ranks plans, and promises nothing."""

    subject: str
    field: str
    value: Natural
    text: str
    source: str


class Conversion(Strict):
    """An inserted stage: `device` reads one placement of a buffer and writes another."""

    pipeline: str
    buffer: str
    reads: str
    """The placement it reads: the buffer itself or one inserted before."""
    writes: str
    """The inserted placement it makes: `buffer>1`, `buffer>2`, …"""
    device: str
    from_: str = Field(alias="from")
    to: str
    changes: Annotated[tuple[Change, ...], Field(strict=False)] = ()
    """What differs between the two."""
    lossless: bool
    bytes_per_second: Natural
    """Read and written, at the buffer's rate."""
    text: str
    source: str


class Plan(Strict):
    """A proven (`optimal`) or bounded (`feasible`) answer."""

    schema_: Literal["heapwright/answer/1"] = Field(default=SCHEMA, alias="schema")
    status: Literal["optimal", "feasible"]
    limited_by: Ended = None
    platform: str
    pipelines: Annotated[tuple[str, ...], Field(strict=False)]
    placements: Annotated[tuple[Placement, ...], Field(strict=False)]
    conversions: Annotated[tuple[Conversion, ...], Field(strict=False)] = ()
    dropped: Annotated[tuple[Dropped, ...], Field(strict=False)] = ()
    warnings: Annotated[tuple[str, ...], Field(strict=False)] = ()
    unknown_facts: Annotated[tuple[UnknownFact, ...], Field(strict=False)] = ()
    assumed: Annotated[tuple[AssumedFact, ...], Field(strict=False)] = ()
    levels: Annotated[tuple[Level, ...], Field(strict=False)] = ()


class Remedy(Strict):
    """A change after which a plan exists; `change` is a path in profile or pipeline."""

    change: str
    to: object
    text: str
    rank: Natural


class Infeasible(Strict):
    """No plan exists: an irreducible conflict, and the ways out, cheapest first.

    What ended by a limit is not the answer but its explanation.
    """

    schema_: Literal["heapwright/answer/1"] = Field(default=SCHEMA, alias="schema")
    status: Literal["infeasible"] = "infeasible"
    limited_by: Ended = None
    platform: str
    pipelines: Annotated[tuple[str, ...], Field(strict=False)]
    pinned: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """What was fixed before solving, such as `frame:heap=system`: part of the question, no fact."""
    conflict: Annotated[tuple[Reason, ...], Field(strict=False)]
    irreducible: bool = Field(default=True, exclude_if=lambda irreducible: irreducible)
    """Whether no fact of the conflict can be left out; False where a limit came before that was known."""
    remedies: Annotated[tuple[Remedy, ...], Field(strict=False)] = ()
    untried: Annotated[tuple[str, ...], Field(strict=False, exclude_if=lambda ways: not ways)] = ()
    """Kinds of changes that were not tried to the end before a limit came."""
    unknown_facts: Annotated[tuple[UnknownFact, ...], Field(strict=False)] = ()


class Undecided(Strict):
    """A limit was reached before a plan or a proof was found."""

    schema_: Literal["heapwright/answer/1"] = Field(default=SCHEMA, alias="schema")
    status: Literal["undecided"] = "undecided"
    limited_by: Ended = None
    platform: str
    pipelines: Annotated[tuple[str, ...], Field(strict=False)]
    text: str
    unknown_facts: Annotated[tuple[UnknownFact, ...], Field(strict=False)] = ()


Answer = Plan | Infeasible | Undecided
