"""Names of things in a profile, made from what the kernel calls them."""

from __future__ import annotations

import re
from collections.abc import Collection

_UNFIT = re.compile(r"[^A-Za-z0-9_.,+-]+", re.ASCII)
_LONGEST = 56


def name_for(text: str, taken: Collection[str] = ()) -> str:
    """`text` as a name that is not `taken`: `Camera (USB)` becomes `Camera-USB`."""
    plain = _UNFIT.sub("-", text).strip("-")[:_LONGEST] or "unnamed"
    if plain not in taken:
        return plain
    number = 2
    while f"{plain}-{number}" in taken:
        number += 1
    return f"{plain}-{number}"
