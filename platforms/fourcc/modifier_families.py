"""Names of modifiers with parameters: words and numbers in bit fields, and arguments of macros.

A `Family` is `NAME(WORD,…,KEY=NUMBER,…)`: `ARM_AFBC(16x16,SPARSE)`. A `Macro` is a name
of drm_fourcc.h whose arguments stand in places: `BROADCOM_SAND128_COL_HEIGHT(1620)`.
Both are rows of `modifiers.toml`.

Source: include/uapi/drm/drm_fourcc.h.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from heapwright.platforms.errors import shown

_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,14}|[0-9]{1,15}", re.ASCII)


class Spelt(NamedTuple):
    """A name with its parameters in order, and the low 56 bits."""

    name: str
    words: tuple[str, ...]
    value: int


class Field(NamedTuple):
    """Some bits, and what may stand there: words, or any number under a key."""

    mask: int
    words: Mapping[str, int]
    key: str | None = None
    shift: int = 0

    def bits(self, word: str) -> int | None:
        """The bits that `word` sets here, or None if it is another field's."""
        key, _, number = word.partition("=")
        if self.key is None or key != self.key:
            return self.words.get(word)
        if not re.fullmatch(r"[1-9][0-9]{0,2}", number, re.ASCII):
            return None
        bits = int(number) << self.shift
        return bits if bits & self.mask == bits else None

    def spell(self, value: int) -> str | None:
        """What stands in these bits of `value`; None where nothing does, or nothing with a name."""
        found = value & self.mask
        if self.key is not None:
            return f"{self.key}={found >> self.shift}" if found else None
        return next((word for word, bits in self.words.items() if bits == found), None)


@dataclass(frozen=True)
class Family:
    """One row of `[[family]]`."""

    name: str
    others: tuple[str, ...]
    vendor: str
    base: int
    head: Field
    """The field in which one word must stand; such a word may have several parts."""
    fields: tuple[Field, ...]
    compressed: bool | str
    plain: str | None

    def compresses(self, words: tuple[str, ...]) -> bool:
        if isinstance(self.compressed, str):
            return self.compressed in words
        return self.compressed and self.plain not in words

    def read(self, text: str) -> Spelt:
        """What `text` between the parentheses means.

        Raises:
            ValueError: a word that the family does not have, no first word or two, or a word twice.
        """
        words = [word.strip() for word in re.split(r"[,|]", text)]
        parts = {part for head in self.head.words for part in head.split(",")}
        heads = [head for head in self.head.words if set(head.split(",")) == parts & set(words)]
        rest = [word for word in words if word not in parts]
        value, taken = self.base, 0
        for word in rest:
            bits, field = self._bits(word)
            if field.mask & taken:
                heads = []
            value, taken = value | bits, taken | field.mask
        if len(heads) != 1 or len(words) != len(rest) + len(heads[0].split(",")):
            raise ValueError(
                f"{self.name} has one of its tiles once, and each flag at most once; {self._has()}"
            )
        spelt = self.spell(value | self.head.words[heads[0]])
        assert spelt is not None  # made of its own bits
        return spelt

    def spell(self, value: int) -> Spelt | None:
        """The name of these low 56 bits; None where a bit has no name."""
        rest, head = value & ~self.base, self.head.spell(value)
        if value & self.base != self.base or head is None:
            return None
        named = [word for field in self.fields if (word := field.spell(rest)) is not None]
        known = self.head.words[head] | sum(self._bits(word)[0] for word in named)
        if known != rest:
            return None
        words = (*head.split(","), *sorted(named))
        return Spelt(f"{self.name}({','.join(words)})", words, value)

    def _bits(self, word: str) -> tuple[int, Field]:
        for field in self.fields:
            bits = field.bits(word)
            if bits is not None:
                return bits, field
        raise ValueError(f"{self.name} has no {shown(word)}; {self._has()}")

    def _has(self) -> str:
        rest = [word for field in self.fields for word in ([f"{field.key}=…"] if field.key else field.words)]
        return f"it takes one of {', '.join(self.head.words)} and any of {', '.join(sorted(rest))}"


@dataclass(frozen=True)
class Macro:
    """One row of `[[macro]]`."""

    name: str
    others: tuple[str, ...]
    vendor: str
    base: int
    says: str
    places: tuple[tuple[tuple[int, int, int], ...], ...]
    hexadecimal: tuple[int, ...]

    def compresses(self, words: tuple[str, ...]) -> bool:
        """NVIDIA's first argument is the kind of compression, 0 for none."""
        return len(words) > 1 and words[0] != "0"

    def read(self, text: str) -> Spelt:
        """What `text` between the parentheses means.

        Raises:
            ValueError: not as many numbers as there are places, or one too large.
        """
        words = [word.strip() for word in text.split(",")]
        if len(words) != len(self.places) or not all(_NUMBER.fullmatch(word) for word in words):
            raise ValueError(f"expected {self.name}({self.says}), got {shown(f'{self.name}({text})')}")
        value = self.base
        for word, pieces in zip(words, self.places, strict=True):
            number = int(word, 16 if word[:2] in ("0x", "0X") else 10)
            if number >> max(start + width for start, width, _ in pieces):
                raise ValueError(f"expected {self.name}({self.says}), got {number}, which has too many bits")
            value |= sum((number >> start & (1 << width) - 1) << shift for start, width, shift in pieces)
        spelt = self.spell(value)
        assert spelt is not None  # made of its own bits
        return spelt

    def spell(self, value: int) -> Spelt | None:
        """The name of these low 56 bits; None where they are not this macro's."""
        words, known = [], self.base
        for index, pieces in enumerate(self.places):
            number = sum((value >> shift & (1 << width) - 1) << start for start, width, shift in pieces)
            known |= sum((value >> shift & (1 << width) - 1) << shift for _, width, shift in pieces)
            words.append(f"{number:#04x}" if index in self.hexadecimal else str(number))
        return Spelt(f"{self.name}({','.join(words)})", tuple(words), value) if known == value else None


def family(row: Mapping[str, Any]) -> Family:
    one = Field(row["one"]["bits"], row["one"]["words"])
    fields = [Field(choice["bits"], choice["words"]) for choice in row.get("choices", ())]
    fields += [Field(bit, {word: bit}) for word, bit in row.get("flags", {}).items()]
    fields += [
        Field((1 << width) - 1 << shift, {}, key, shift)
        for key, (shift, width) in row.get("numbers", {}).items()
    ]
    return Family(
        row["name"], tuple(row.get("other", ())), row["vendor"], row.get("base", 0), one, tuple(fields),
        row.get("compressed", False), row.get("plain"),
    )  # fmt: skip


def macro(row: Mapping[str, Any]) -> Macro:
    places = tuple(tuple((start, width, shift) for start, width, shift in place) for place in row["places"])
    return Macro(
        row["name"], tuple(row.get("other", ())), row["vendor"], row["base"], row["says"], places,
        tuple(row.get("hexadecimal", ())),
    )  # fmt: skip
