"""ioctl numbers and calls: the only place that talks to the kernel through file descriptors.

Numbers are made as include/uapi/asm-generic/ioctl.h does. A call that fails raises
`KernelRefused` with its errno and the name of the request.
"""

from __future__ import annotations

import ctypes
import errno as errnos
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from heapwright.allocator.backend import KernelRefused

_NONE, _WRITE, _READ = 0, 1, 2
_MAX_TRIES: Final = 100


class Request(NamedTuple):
    """An ioctl: its name as the headers have it, and its number."""

    name: str
    number: int


def _request(
    name: str, direction: int, kind: str, number: int, argument: type[ctypes.Structure] | int
) -> Request:
    size = argument if isinstance(argument, int) else ctypes.sizeof(argument)
    return Request(name, direction << 30 | size << 16 | ord(kind) << 8 | number)


def plain(name: str, kind: str, number: int) -> Request:
    """`_IO`: no argument."""
    return _request(name, _NONE, kind, number, 0)


def writes(name: str, kind: str, number: int, argument: type[ctypes.Structure] | int) -> Request:
    """`_IOW`: the caller tells the kernel something."""
    return _request(name, _WRITE, kind, number, argument)


def reads(name: str, kind: str, number: int, argument: type[ctypes.Structure] | int) -> Request:
    """`_IOR`: the kernel tells the caller something."""
    return _request(name, _READ, kind, number, argument)


def both(name: str, kind: str, number: int, argument: type[ctypes.Structure] | int) -> Request:
    """`_IOWR`."""
    return _request(name, _READ | _WRITE, kind, number, argument)


Argument = ctypes.Structure | ctypes.Array[ctypes.c_char] | ctypes.c_int | bytearray | int


def call(fd: int, request: Request, argument: Argument = 0) -> int:
    """Do an ioctl, again where a signal came between; what it returns.

    Raises:
        KernelRefused: the kernel said no.
    """
    tries = 0
    while True:
        try:
            return fcntl.ioctl(fd, request.number, argument)
        except OSError as refused:
            tries += 1
            again = refused.errno in (errnos.EINTR, errnos.EAGAIN) and request.name != "VIDIOC_DQBUF"
            if not again or tries == _MAX_TRIES:
                raise KernelRefused(refused.errno or 0, request.name) from refused


class Absent(KernelRefused):
    """The device node is not there: the kernel or the machine has no such thing."""


class NotPermitted(KernelRefused):
    """The node is there and this user may not open it; the text has the udev rule that would change that."""


class Full(KernelRefused):
    """There is no room for another buffer of this size."""


def as_full(refused: KernelRefused, name: str, size: int) -> KernelRefused:
    """What an allocating call said, as `Full` where it says that there is no room."""
    if refused.errno not in (errnos.ENOMEM, errnos.ENOSPC) or isinstance(
        refused, (Absent, NotPermitted, Full)
    ):
        return refused
    return Full(refused.errno, f"{name} has no room for {size} bytes ({refused.text})")


@contextmanager
def room_in(name: str, size: int) -> Iterator[None]:
    """Calls that allocate: what they say where there is no room becomes `Full`."""
    try:
        yield
    except KernelRefused as refused:
        raise as_full(refused, name, size) from refused.__cause__


def open_node(node: Path, flags: int = os.O_RDWR) -> int:
    """Open a device node; the caller owns the descriptor.

    Raises:
        Absent: there is no such node.
        NotPermitted: it may not be opened by this user.
        KernelRefused: anything else.
    """
    try:
        return os.open(node, flags | os.O_CLOEXEC)
    except OSError as refused:
        number = refused.errno or 0
        if number in (errnos.ENOENT, errnos.ENXIO, errnos.ENODEV, errnos.ENOTDIR):
            raise Absent(number, f"{node} is not there") from refused
        if number in (errnos.EACCES, errnos.EPERM):
            raise NotPermitted(number, f"{node} may not be opened; {udev_rule(node)}") from refused
        raise KernelRefused(number, f"opening {node}") from refused


_SUBSYSTEMS: Final = {"dma_heap": "dma_heap", "dri": "drm", "udmabuf": "misc"}


def udev_rule(node: Path) -> str:
    """The rule that would let the group `video` open a node."""
    parent = node.parent.name
    subsystem = _SUBSYSTEMS.get(parent) or _SUBSYSTEMS.get(node.name) or "video4linux"
    rule = f'SUBSYSTEM=="{subsystem}", KERNEL=="{node.name}", GROUP="video", MODE="0660"'
    return f"a udev rule such as {rule} lets the group video do so"


@contextmanager
def opened(node: Path, flags: int = os.O_RDWR) -> Iterator[int]:
    """`open_node`, closed at the end."""
    fd = open_node(node, flags)
    try:
        yield fd
    finally:
        os.close(fd)
