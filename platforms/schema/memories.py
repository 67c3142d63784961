"""Where bytes lie: ranges of physical memory, and what allocates from them."""

from typing import Annotated, Literal, Self

from pydantic import Field

from heapwright.platforms.schema.bandwidths import Bandwidth
from heapwright.platforms.schema.fields import Names, Strict, Words
from heapwright.platforms.schema.unknown import ability, requirement, worst
from heapwright.platforms.values import (
    UNKNOWN,
    Bytes,
    BytesOrSpan,
    Count,
    Name,
    PageBytes,
    PageCount,
    PositiveBytes,
    Source,
    Unknown,
)
from heapwright.platforms.words import CpuMap, MemoryType, Via

_UNCHECKED = "capacity is not checked, and answers say so"
_A_PAGE = "a page is all that is promised"
_ANYWHERE = "where its buffers lie is not known, so only what reaches everything reaches them"


class Memory(Strict):
    """A range of physical memory; see design §4 for how `base` may be vague."""

    size: Annotated[BytesOrSpan | Unknown, requirement(follows=_UNCHECKED)]
    base: Annotated[BytesOrSpan | Unknown | None, worst("the worst place counts", listed=False)] = None
    inside: Name | None = None
    local: Name | Names | None = None
    type: MemoryType = "other"
    bandwidth: Annotated[Bandwidth | Unknown | None, requirement()] = None
    window: Annotated[PositiveBytes | Unknown | None, requirement()] = None
    reached_by: Annotated[Names | Unknown, ability(())] = ()
    held: Annotated[Bytes | Unknown, requirement(0, follows=_UNCHECKED)] = 0
    step: PositiveBytes | None = None
    source: Source


class AlignBySize(Strict):
    """A buffer starts on its size rounded up to a power of two, at most this."""

    by_size_up_to: PageBytes


class Lock(Strict):
    """What the first buffer of a lazily locked pool takes, and from where."""

    from_: Name = Field(alias="from")
    size: PositiveBytes


NodeName = Annotated[str, Field(min_length=1, max_length=128)]


class HeapName(Strict):
    """A name of a heap that some kernels lack: there from `since` on, gone at `until`."""

    name: NodeName
    since: str | None = None
    until: str | None = None
    source: Source | None = None


class Heap(Strict):
    """Something that allocates buffers."""

    via: Via
    nodes: Annotated[tuple[NodeName | HeapName, ...], Field(strict=False, max_length=64, alias="names")] = ()
    memory: Annotated[
        Annotated[tuple[Name, ...], Field(strict=False, min_length=1, max_length=64)] | Unknown,
        worst(_ANYWHERE, listed=True),
    ]
    run: Annotated[Literal["whole"] | PageBytes | Unknown | None, ability(None, follows=_A_PAGE)] = None
    align: Annotated[AlignBySize | PageBytes | Unknown | None, ability(None, follows=_A_PAGE)] = None
    cpu: Annotated[CpuMap | Unknown, ability("none")]
    access: Annotated[Names | Unknown | None, ability(UNKNOWN)] = None
    """Members that nobody knows: nobody is let in, and nobody is known to be kept out."""
    firewall: Literal["static", "per-buffer"] | None = None
    exporter: Name | None = None
    flags: Words = ()
    granule: Annotated[PageBytes | Unknown | None, requirement()] = None
    largest: Annotated[PageBytes | Unknown | None, requirement()] = None
    buffers: Annotated[Count | Unknown | None, requirement()] = None
    moves_to: Name | None = None
    requires_p2p: bool = False
    sync: Annotated[Literal["none"] | Unknown | None, ability("none")] = None
    locks: Lock | None = None
    since: str | None = None
    until: str | None = None
    permission: str | None = None
    avoid: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Why nothing should be put there that may lie elsewhere."""
    source: Source

    @property
    def names(self) -> tuple[str, ...]:
        """What it is opened by, newest kernel first."""
        return tuple(node if isinstance(node, str) else node.name for node in self.nodes)

    def in_bytes(self, page: int) -> Self:
        """The same heap on a kernel of such pages: no size in it is a number of pages any more."""
        sizes = {"run": self.run, "align": self.align, "granule": self.granule, "largest": self.largest}
        changed: dict[str, object] = {
            field: int(size) * page for field, size in sizes.items() if isinstance(size, PageCount)
        }
        if isinstance(self.align, AlignBySize) and isinstance(self.align.by_size_up_to, PageCount):
            changed["align"] = AlignBySize(by_size_up_to=int(self.align.by_size_up_to) * page)
        return self.model_copy(update=changed) if changed else self
