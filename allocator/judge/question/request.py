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
    """One way in which one role may use a buffer."""

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


class PlannedAssignment(NamedTuple):
    """Who attaches to one buffer: for each of its attachments, in the order of the file."""

    taken: tuple[int, ...]
    """Which alternative."""
    devices: tuple[str, ...]
    at: tuple[int, ...] = ()
    """Which placement of the buffer's tree; empty where there is only one."""


class BufferProtection(NamedTuple):
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
    users: tuple[tuple[BufferUser, ...], ...]
    """For each attachment its alternatives, writers first, in the order of the file."""
    conversions: Literal["allow", "forbid", "lossless"]
    domain: BufferProtection | None = None
    """Known once devices are assigned; None if not protected."""

    @property
    def key(self) -> tuple[str, str]:
        return (self.pipeline, self.name)

    def users_of(self, assignment: PlannedAssignment) -> list[BufferUser]:
        return [alternatives[index] for alternatives, index in zip(self.users, assignment.taken, strict=True)]

    @property
    def extent(self) -> Extent:
        return self.buffer.size or Extent(0, 0)

    @property
    def own_domain(self) -> BufferProtection | None:
        """The protection that the file itself states."""
        stated = self.buffer.protected
        if isinstance(stated, Audience):
            return BufferProtection(frozenset([stated.audience]))
        return BufferProtection(frozenset()) if stated else None

    @property
    def wish(self) -> Wish | None:
        return self.buffer.count if isinstance(self.buffer.count, Wish) else None


def _alternatives(file: int, buffer: Buffer) -> Iterator[tuple[BufferUser, ...]]:
    for users, access in ((buffer.written_by, "write"), (buffer.read_by, "read")):
        for user in users:
            uses = user.any_of if isinstance(user, AnyOf) else (user,)
            yield tuple(_user(file, use, "write" if access == "write" else "read") for use in uses)


def _user(file: int, use: Use, access: Access) -> BufferUser:
    request = attachment_from(use, access)
    selector = request.selector
    assert selector.port is not None
    return BufferUser(
        role=DeviceRole(file, selector.kind, selector.label, None if selector.label else selector.connector),
        stage=selector.stage,
        port=selector.port,
        access=access,
        connector=selector.connector,
        codec=request.codec,
        codecs=frozenset(),
        rotate=request.rotate,
        crop=request.crop is not None,
        scale=request.scale is not None,
        rarely=request.how_often == "rarely",
    )


def _with_codecs(
    buffers: dict[str, list[tuple[BufferUser, ...]]],
) -> dict[str, tuple[tuple[BufferUser, ...], ...]]:
    """Give every user the codecs that its stage states elsewhere in the file; an alternative may not be taken."""
    stated: dict[tuple[DeviceRole, str | None], set[str]] = {}
    for users in buffers.values():
        for user in (alternatives[0] for alternatives in users if len(alternatives) == 1):
            stated.setdefault(user.job, set()).update({user.codec} if user.codec else ())

    def completed(user: BufferUser) -> BufferUser:
        codecs = stated.get(user.job, set()) | ({user.codec} if user.codec else set())
        return user._replace(codec=user.codec or min(codecs, default=None), codecs=frozenset(codecs))

    return {
        name: tuple(tuple(completed(user) for user in alternatives) for alternatives in users)
        for name, users in buffers.items()
    }


def requested_buffers(pipelines: Sequence[Pipeline]) -> tuple[RequestedBuffer, ...]:
    """Every buffer of every file, in order.

    Raises:
        ValueError: an attachment names a port that goes the other way.
    """
    request: list[RequestedBuffer] = []
    for file, pipeline in enumerate(pipelines):
        users = _with_codecs(
            {name: list(_alternatives(file, buffer)) for name, buffer in pipeline.buffers.items()}
        )
        request += [
            RequestedBuffer(
                file, pipeline.name, name, buffer, users[name], buffer.conversions or pipeline.conversions
            )
            for name, buffer in pipeline.buffers.items()
        ]
    return tuple(request)
