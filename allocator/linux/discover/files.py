"""Small files of /proc and /sys: text, or None where there is none to be had."""

from __future__ import annotations

from pathlib import Path


def text(path: Path) -> str | None:
    """The file's text without surrounding blanks."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: Path) -> int | None:
    """The decimal number a file holds."""
    found = text(path)
    return int(found) if found is not None and found.isdigit() else None


def meminfo(root: Path) -> dict[str, int]:
    """/proc/meminfo in bytes, counts as they are."""
    found: dict[str, int] = {}
    for line in (text(root / "proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            found[name] = int(words[0]) << (10 if len(words) > 1 else 0)
    return found


def folders(path: Path) -> list[Path]:
    """What is in a folder, in order of names; nothing if it is not there or may not be read."""
    try:
        return sorted(path.iterdir())
    except OSError:
        return []
