"""Format modifiers as facts: canonical names, 64-bit values, and tiles of the fixed-tile ones.

A modifier is written as a name (`LINEAR`, with or without `DRM_FORMAT_MOD_`), as a
family with parameters (`ARM_AFBC(16x16,SPARSE,YTR)`), or as its 64-bit value. All
spellings of one modifier have one canonical name. A name that we do not know is
carried as it is, without a value. The table is `modifiers.toml`; how bytes lie under
each is docs/modifiers.md.

Source: include/uapi/drm/drm_fourcc.h, "Format Modifiers".
"""

from __future__ import annotations

import difflib
import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, Final, NamedTuple

from heapwright.platforms.errors import shown
from heapwright.platforms.fourcc.modifier_families import Family, Macro, Spelt, family, macro

SOURCE: Final = "include/uapi/drm/drm_fourcc.h"
LINEAR: Final = "LINEAR"
INVALID: Final = "INVALID"
MAX_VALUE: Final = 2**64 - 1
_LOW: Final = (1 << 56) - 1
_CALL: Final = re.compile(r"([A-Za-z0-9_]+)\s*\(([^()]*)\)", re.ASCII)
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
_HBB: Final = re.compile(r"QCOM_COMPRESSED\(\s*HBB\s*=\s*([0-9]{1,2})\s*\)", re.ASCII)


class Tile(NamedTuple):
    """A fixed tile: `width` pixels, or bytes of a row where `in_bytes`, by `height` rows, in each plane.

    `chroma_height` differs from `height` where tiles of the second plane are taller or lower.
    """

    width: int
    height: int
    in_bytes: bool = False
    chroma_height: int | None = None
    align: int = 1
    """Where planes start."""


class Modifier(NamedTuple):
    """A modifier: canonical name, value if known, its tile if it has a fixed one, its parameters."""

    name: str
    value: int | None
    tile: Tile | None = None
    words: tuple[str, ...] = ()
    """Parameters as the canonical name has them."""
    compressed: bool = False
    """Devices move fewer bytes than the buffer has."""

    @property
    def linear(self) -> bool:
        return self.value == 0

    @property
    def family(self) -> str:
        """The name without its parameters: `ARM_AFBC` of `ARM_AFBC(16x16)`."""
        return self.name.partition("(")[0]


class _Table(NamedTuple):
    vendors: dict[str, int]
    aliases: dict[str, str]
    fixed: dict[str, Modifier]
    by_value: dict[int, Modifier]
    kinds: tuple[Family | Macro, ...]
    tiles: dict[str, Tile | None]
    by_name: dict[str, Family | Macro]


@lru_cache(maxsize=1)
def _table() -> _Table:
    raw: dict[str, Any] = tomllib.loads(
        (resources.files("heapwright.platforms") / "modifiers.toml").read_text("utf-8")
    )
    vendors: dict[str, int] = raw["vendors"]
    fixed = {
        name: Modifier(
            name,
            vendors[row["vendor"]] << 56 | row["value"],
            _tile(row),
            compressed=row.get("compressed", False),
        )
        for name, row in raw["fixed"].items()
    }
    kinds: tuple[Family | Macro, ...] = (*map(family, raw["family"]), *map(macro, raw["macro"]))
    tiles = {row["name"]: _tile(row) for row in raw["family"]}
    by_name = {name: kind for kind in kinds for name in (kind.name, *kind.others)}
    intel = {name.replace("I915_", "INTEL_", 1): name for name in fixed if name.startswith("I915_")}
    aliases = raw["aliases"] | intel
    return _Table(vendors, aliases, fixed, {m.value or 0: m for m in fixed.values()}, kinds, tiles, by_name)


def _tile(row: dict[str, Any]) -> Tile | None:
    if "tile" not in row:
        return None
    width, height = row["tile"]
    return Tile(width, height, row.get("in_bytes", False), row.get("chroma_height"), row.get("align", 1))


@lru_cache(maxsize=4096)
def parse_modifier(text: str) -> Modifier:
    """The modifier that `text` names, by name or 64-bit value.

    Raises:
        ValueError: `text` is a number beyond 64 bits, or a family that we know with a parameter that it has not.
    """
    table, plain = _table(), text.strip()
    if _HEX.fullmatch(plain) or _DECIMAL.fullmatch(plain):
        return _by_value(_number(int(plain, 16 if plain[:2] in ("0x", "0X") else 10)))
    plain = re.sub(
        r"^(DRM_FORMAT_MOD_|I915_FORMAT_MOD_)", lambda found: "I915_" if "I915" in found[0] else "", plain
    )
    plain = table.aliases.get(plain, plain)
    if plain in table.fixed:
        return table.fixed[plain]
    bank = _HBB.fullmatch(plain)
    if bank is not None:
        return table.fixed["QCOM_COMPRESSED"]._replace(
            name=f"QCOM_COMPRESSED(HBB={int(bank[1])})", words=(f"HBB={int(bank[1])}",)
        )
    call = _CALL.fullmatch(plain)
    kind = table.by_name.get(call[1]) if call is not None else None
    if call is None or kind is None:
        return Modifier(plain, None)
    return _by_value(table.vendors[kind.vendor] << 56 | kind.read(call[2]).value)


def canonical(value: object) -> object:
    """The canonical name of a modifier given as text or as a 64-bit number; anything else as it is.

    Raises:
        ValueError: the number is no 64-bit value, or a known family has a parameter that it does not have.
    """
    if isinstance(value, str) and value.strip():
        return parse_modifier(value).name
    if isinstance(value, int) and not isinstance(value, bool):
        return _by_value(_number(value)).name
    return value


def opaque(text: str) -> str | None:
    """A sentence on a modifier whose name we do not know, with the name it resembles; None if we know it.

    Raises:
        ValueError: as `parse_modifier`.
    """
    if parse_modifier(text).value is not None:
        return None
    table = _table()
    parameters = {name: f"{kind.name}(…)" for name, kind in table.by_name.items()}
    known = {name.upper(): name for name in (*table.fixed, *table.aliases)}
    known |= {name.upper(): spelt for name, spelt in parameters.items()}
    head = text.strip().removeprefix("DRM_FORMAT_MOD_").partition("(")[0].upper()
    close = difflib.get_close_matches(head[:64], known, n=1, cutoff=0.7)
    meant = f" (did you mean {known[close[0]]}?)" if close else ""
    return f"no modifier {shown(text)} is known; it is carried opaquely{meant}"


def _number(value: int) -> int:
    if not 0 <= value <= MAX_VALUE:
        raise ValueError(f"expected a modifier of 64 bits, got {shown(value)}")
    return value


def _by_value(value: int) -> Modifier:
    table = _table()
    if value in table.by_value:
        return table.by_value[value]
    for kind in table.kinds:
        spelt: Spelt | None = kind.spell(value & _LOW) if table.vendors[kind.vendor] == value >> 56 else None
        if spelt is not None:
            compressed = kind.compresses(spelt.words)
            tile = None if compressed else table.tiles.get(kind.name)
            return Modifier(spelt.name, value, tile, spelt.words, compressed)
    return Modifier(f"0x{value:x}", value)
