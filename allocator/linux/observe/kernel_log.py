"""What the kernel writes to its log while something is tried: /dev/kmsg, where it may be read.

Source: Documentation/ABI/testing/dev-kmsg: a record is `level,sequence,time,…;text`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NODE: Final = Path("/dev/kmsg")
_RECORD: Final = 8192
_MOST: Final = 6


class KernelLog:
    """A reader that stands at the end of the log; silent where it may not be read."""

    def __init__(self, fd: int | None) -> None:
        self._fd = fd

    def news(self) -> tuple[str, ...]:
        """The last lines since the last call."""
        found: list[str] = []
        while self._fd is not None:
            try:
                record = os.read(self._fd, _RECORD)
            except BlockingIOError:
                break
            except BrokenPipeError:
                continue  # older records were overwritten meanwhile
            except OSError:
                break
            found.append(record.decode(errors="replace").partition(";")[2].split("\n")[0])
        return tuple(found[-_MOST:])


@contextmanager
def kernel_log(node: Path = NODE) -> Iterator[KernelLog]:
    """The log from now on."""
    try:
        fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield KernelLog(None)
        return
    try:
        os.lseek(fd, 0, os.SEEK_END)
        yield KernelLog(fd)
    finally:
        os.close(fd)
