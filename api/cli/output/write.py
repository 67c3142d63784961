"""Where answers go: a terminal, a pipe, or a file that is replaced in one step."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heapwright.api.cli.process.exits import CannotWrite
from heapwright.api.cli.process.interrupts import finishing

if TYPE_CHECKING:
    from heapwright.solver.answer.render import TextBlock


def on_terminal() -> bool:
    """Whether standard output is a terminal that can show colour and move its cursor."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def show(blocks: Iterable[TextBlock], to: Path | None) -> None:
    """Blocks in colour on a terminal, as plain text anywhere else.

    Raises:
        CannotWrite: the file or the standard output does not take it.
    """
    if to is None and on_terminal():
        from heapwright.api.cli.output.terminal import draw

        draw(blocks)
        return
    from heapwright.solver.answer.render import plain

    write(plain(blocks), to)


def write_json(data: Any, to: Path | None) -> None:
    """`data` as JSON; the same data gives the same bytes.

    Raises:
        CannotWrite: the file or the standard output does not take it.
    """
    encoding = "utf-8" if to is not None or sys.stdout is None else sys.stdout.encoding or "ascii"
    beyond_ascii = encoding.lower().replace("-", "") == "utf8"
    write(json.dumps(data, indent=2, ensure_ascii=not beyond_ascii) + "\n", to)


def write(text: str, to: Path | None) -> None:
    """`text` to a file, or to standard output.

    Raises:
        CannotWrite: the file or the standard output does not take it.
    """
    if to is not None:
        replace(to, text)
    elif sys.stdout is not None:
        _print(text)


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    # A narrow locale gets `?` for an arrow, not an error.
    fitting = text.encode(encoding, "replace")
    try:
        with finishing():
            _write_all(fitting, encoding)
    except BrokenPipeError:
        return  # the reader has seen enough; `exit_with` makes the last flush quiet
    except OSError as error:
        raise CannotWrite(f"standard output: {error.strerror}") from None


def _write_all(data: bytes, encoding: str) -> None:
    """All of it, also where standard output is not buffered (PYTHONUNBUFFERED): a signal ends a write half-way."""
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # a caller's own text stream
        sys.stdout.write(data.decode(encoding))
    while binary is not None and data:
        data = data[binary.write(data) :]
    sys.stdout.flush()


def replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half of it.

    What is not a regular file (`/dev/stdout`, a pipe) is written to directly.

    Raises:
        CannotWrite: the file cannot be written.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
        else:
            _swap(target, text)
    except (OSError, ValueError) as error:
        raise CannotWrite(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _swap(target: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:64]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), _mode(target))
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or what a new file would get."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
