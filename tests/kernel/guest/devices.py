"""Ports of the machine's pretended devices, and what they say of a buffer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run

from allocator.backend import KernelRefused
from allocator.linux import uapi
from allocator.linux.control import opened
from allocator.linux.dmabuf import OwnedDmabuf
from allocator.linux.nodes import videos
from allocator.linux.queue import Queue

CAPTURE = 1 << 0
XR24 = int.from_bytes(b"XR24", "little")
GREY = int.from_bytes(b"GREY", "little")


@contextmanager
def vivid(allocator: int) -> Iterator[Path]:
    """The capture node of vivid whose buffers are virtual (0) or contiguous (1)."""
    modules = Path("/sys/module/vivid")
    if modules.exists():
        run(["modprobe", "-r", "vivid"], check=True)
    run(["modprobe", "vivid", f"allocators={allocator}", "n_devs=1"], check=True)
    yield next(node.path for node in videos() if node.driver == "vivid" and node.capabilities & CAPTURE)


def queued(node: Path, made: OwnedDmabuf, width: int, height: int, fourcc: int) -> int:
    """0, or the errno with which a capture queue refuses the buffer."""
    with opened(node) as fd, Queue(fd, "capture") as queue:
        queue.format(fourcc, width, height)
        queue.request(1, uapi.V4L2_DMABUF)
        try:
            queue.put(0, made)
        except KernelRefused as refused:
            return refused.errno
    return 0
