"""Pipelines taken apart: who should touch which buffer, before any device is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from heapwright.platforms.values import Extent
from heapwright.platforms.words import Access
from heapwright.solver.question.pipeline import (
    AnyOf,
    Audience,
    Buffer,
    Pipeline,
    Selector,
    Use,
    Wish,
    attachment_from,
)


class DeviceRole(NamedTuple):
    """A device still to be chosen: one for each label of a kind in a file, else one for each connector."""

    file: int
    kind: str
    label: str | None
    connector: str | None

    def __str__(self) -> str:
        return str(Selector(self.kind, self.label, self.connector, None, None))


class BufferUser(NamedTuple):
    """One way in which one role may touch a buffer."""

    role: DeviceRole
    stage: str | None
    port: str
    access: Access
    connector: str | None
    codec: str | None
    codecs: frozenset[str]
    """Everything its stage is asked to handle."""
    rotate: int
    crop: bool
    scale: bool
    rarely: bool

    @property
    def job(self) -> tuple[DeviceRole, str | None]:
        return (self.role, self.stage)


class DeviceAssignment(NamedTuple):
    """Who attaches to one buffer: for each of its attachments, in the order of the file."""

    taken: tuple[int, ...]
    """Which alternative."""
    devices: tuple[str, ...]
    at: tuple[int, ...] = ()
    """Which placement of the buffer's tree; empty where there is only one."""


class ProtectionDomain(NamedTuple):
    """Protection of a buffer: whoever can see it must be a member of every audience."""

    audiences: frozenset[tuple[Selector, ...]]
    overstated: tuple[str, ...] = ()
    """Whom the file names for the buffer although they may not see what comes into it."""


@dataclass(frozen=True)
class RequestedBuffer:
    """One buffer of one file."""

    file: int
    pipeline: str
    name: str
    buffer: Buffer
    parties: tuple[tuple[BufferUser, ...], ...]
    """For each attachment its alternatives, writers first, in the order of the file."""
    conversions: Literal["allow", "forbid", "lossless"]
    ward: ProtectionDomain | None = None
    """Known once everybody is seated; None if not protected."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.pipeline, self.name)

    def seated(self, seating: DeviceAssignment) -> list[BufferUser]:
        return [alternatives[index] for alternatives, index in zip(self.parties, seating.taken, strict=True)]

    @property
    def extent(self) -> Extent:
        return self.buffer.size or Extent(0, 0)

    @property
    def own_ward(self) -> ProtectionDomain | None:
        """The protection that the file itself states."""
        stated = self.buffer.protected
        if isinstance(stated, Audience):
            return ProtectionDomain(frozenset([stated.audience]))
        return ProtectionDomain(frozenset()) if stated else None

    @property
    def wish(self) -> Wish | None:
        return self.buffer.count if isinstance(self.buffer.count, Wish) else None


def _alternatives(file: int, buffer: Buffer) -> Iterator[tuple[BufferUser, ...]]:
    for parties, access in ((buffer.written_by, "write"), (buffer.read_by, "read")):
        for party in parties:
            uses = party.any_of if isinstance(party, AnyOf) else (party,)
            yield tuple(_party(file, use, "write" if access == "write" else "read") for use in uses)


def _party(file: int, use: Use, access: Access) -> BufferUser:
    asked = attachment_from(use, access)
    selector = asked.selector
    assert selector.port is not None
    return BufferUser(
        role=DeviceRole(file, selector.kind, selector.label, None if selector.label else selector.connector),
        stage=selector.stage,
        port=selector.port,
        access=access,
        connector=selector.connector,
        codec=asked.codec,
        codecs=frozenset(),
        rotate=asked.rotate,
        crop=asked.crop is not None,
        scale=asked.scale is not None,
        rarely=asked.how_often == "rarely",
    )


def _with_codecs(
    buffers: dict[str, list[tuple[BufferUser, ...]]],
) -> dict[str, tuple[tuple[BufferUser, ...], ...]]:
    """Tell every party the codecs that its stage states elsewhere in the file; an alternative may not be taken."""
    stated: dict[tuple[DeviceRole, str | None], set[str]] = {}
    for parties in buffers.values():
        for party in (alternatives[0] for alternatives in parties if len(alternatives) == 1):
            stated.setdefault(party.job, set()).update({party.codec} if party.codec else ())

    def told(party: BufferUser) -> BufferUser:
        codecs = stated.get(party.job, set()) | ({party.codec} if party.codec else set())
        return party._replace(codec=party.codec or min(codecs, default=None), codecs=frozenset(codecs))

    return {
        name: tuple(tuple(told(party) for party in alternatives) for alternatives in parties)
        for name, parties in buffers.items()
    }


def requested_buffers(pipelines: Sequence[Pipeline]) -> tuple[RequestedBuffer, ...]:
    """Every buffer of every file, in order.

    Raises:
        ValueError: an attachment names a port that goes the other way.
    """
    asked: list[RequestedBuffer] = []
    for file, pipeline in enumerate(pipelines):
        parties = _with_codecs(
            {name: list(_alternatives(file, buffer)) for name, buffer in pipeline.buffers.items()}
        )
        asked += [
            RequestedBuffer(
                file, pipeline.name, name, buffer, parties[name], buffer.conversions or pipeline.conversions
            )
            for name, buffer in pipeline.buffers.items()
        ]
    return tuple(asked)
