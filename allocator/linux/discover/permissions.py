"""Who may open a node, and what would let this user do so."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from heapwright.allocator.linux.control import udev_rule


def permission(node: Path, flags: int = os.R_OK) -> str:
    """`0600 root:root`, and a udev rule where this user may not open the node."""
    try:
        found = node.stat()
    except OSError as refused:
        return f"cannot be looked at: {refused.strerror}"
    text = f"{stat.S_IMODE(found.st_mode):04o} {_user(found.st_uid)}:{_group(found.st_gid)}"
    return text if os.access(node, flags) else f"{text}; not open to {_user(os.geteuid())}; {udev_rule(node)}"


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
