"""Which unknown keys say nothing: remarks are ignored, everything else is reported.

A key that we do not know may bind someone, so a case with one is out of scope. It
cannot bind anyone, whatever it is about, if

- it says nothing: its value is null, as an absent key;
- its name is that of a remark (its last word is in `NOUNS`, as in `debug_name`) and its
  value is text, numbers, or a list or an object of these;
- its name is private (`_by`, `$comment`) and its value is text;
- its value is prose: a sentence of at least four words, none of them a number, a word of
  the schema or a demand. Statements are numbers, flags and single words, never sentences.

A flag (`label: true`) is never a remark: there is no text in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_NOUNS_TEXT: Final = """
    about annotation annotations author authors background basis bug bugs caption category changelog citation
    comment comments commit copyright credit date derivation desc description difficulty doc docs example
    explanation hash history id info issue keywords label labels license link links motivation name nickname note
    notes provenance purpose rationale reason reasons ref reference references refs remark remarks reviewer severity
    source sources subtitle suite summary synopsis tag tags test tests title todo topic topics uid url urls uuid
    why
"""
NOUNS: Final = frozenset(_NOUNS_TEXT.split())
_THINGS_TEXT: Final = """
    buffer child device domain driver format group heap instance memory modifier node parent participant pixel pool
    port space
"""
_THINGS: Final = frozenset(_THINGS_TEXT.split())
_NAMING: Final = frozenset({"id", "label", "labels", "name", "ref", "reference", "tag", "tags"})
"""After one of `_THINGS` these make the name of a thing in the case: `heap_name` may bind, `client_name` does not."""
_LOUD_TEXT: Final = """
    must shall should need needs needed require requires required only never not no none without cannot forbidden
    forbid allow allowed permit permitted refuse refused always exactly least most than more less under over above
    below within before after until between cpu ram inaccessible secure protected contiguous cached uncached coherent
    cma ok fail fails buffer buffers byte bytes pixel pixels heap heaps stride size
"""
_LOUD: Final = frozenset(_LOUD_TEXT.split())
_PRIVATE: Final = ("_", "$", "//", "#")


def is_remark(key: str, value: Any) -> bool:
    """Whether an unknown key can bind nobody."""
    if value is None:
        return True
    if key.startswith(_PRIVATE):
        return all(isinstance(leaf, str) for leaf in _leaves(value))
    if _is_named_so(key):
        return all(
            isinstance(leaf, str | int | float) and not isinstance(leaf, bool) for leaf in _leaves(value)
        )
    return isinstance(value, str) and is_prose(value)


def is_prose(text: str) -> bool:
    """A sentence that names nothing of the schema and demands nothing."""
    words = re.findall(r"[\w'’.-]+", text)
    plain = [word for word in words if re.fullmatch(r"[A-Za-z][a-z'’]*(-[a-z]+)*\.?", word)]
    return len(words) > 3 and plain == words and not {word.lower().strip(".") for word in words} & _LOUD


def _is_named_so(key: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", key)]
    return bool(words) and words[-1] in NOUNS and not (words[-1] in _NAMING and set(words[:-1]) & _THINGS)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value
