"""How far a buffer gets on the running machine, as values: what is tried, and what was seen.

    opened < allocated < attached < imported < presented < used < pixels

*attached* is a port that has taken the description of the picture and has a slot for a
foreign dma-buf; *imported* is VIDIOC_QBUF, PRIME_FD_TO_HANDLE or mmap; *presented* is a
framebuffer or a running stream; *used* is a frame that went through; *pixels* are bytes compared.
"""

from __future__ import annotations

import errno as errnos
from enum import IntEnum
from typing import NamedTuple

from heapwright.platforms.words import Access, Kind, Via
from heapwright.solver.answer.plan import Plane


class Grade(IntEnum):
    """Each includes those before it."""

    NOTHING = 0
    OPENED = 1
    ALLOCATED = 2
    ATTACHED = 3
    IMPORTED = 4
    PRESENTED = 5
    USED = 6
    PIXELS = 7

    def __str__(self) -> str:
        return self.name.lower()


class Origin(NamedTuple):
    """What makes the buffer: a heap, and the node of the device that exports it, if one does."""

    heap: str
    via: Via
    names: tuple[str, ...]
    node: str | None
    access: Access
    """How the exporting device touches what it makes: `write` is a capture queue."""
    flags: tuple[str, ...] = ()


class Target(NamedTuple):
    """The port that is to take it."""

    device: str
    port: str
    kind: Kind
    node: str | None
    access: Access


class Subject(NamedTuple):
    """One thing to try: a buffer of `origin`, laid out so, at `target`.

    `format` is None for raw data: one plane, and no extent.
    """

    origin: Origin
    target: Target
    format: str | None
    width: int
    height: int
    modifier: int | None
    planes: tuple[Plane, ...]
    size: int
    mapped: bool
    """Whether its bytes may be looked at; what the processor cannot map is never streamed."""


class Observation(NamedTuple):
    """What the machine did: the highest grade, and the refusal that ended it, if one did.

    `errno` is None where no call failed; `call` then says what was otherwise than asked
    (a driver that adjusts a format refuses it without an error).
    """

    grade: Grade
    call: str = ""
    errno: int | None = None
    words: tuple[str, ...] = ()
    """What the kernel wrote to its log meanwhile."""
    changed: int = 0
    """Pages that hold what they should, of `pages`; both 0 if none were compared."""
    pages: int = 0
    note: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.call)

    @property
    def wrong_content(self) -> bool:
        """It was taken to the end, and bytes are missing."""
        return self.changed < self.pages

    @property
    def errno_name(self) -> str:
        """`EFAULT`; `adjusted` where a driver changed what it was asked; nothing if it took it."""
        if self.errno is not None:
            return errnos.errorcode.get(self.errno, str(self.errno))
        return "adjusted" if self.call else ""
