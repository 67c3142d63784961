"""What `unknown` counts as in a field: said once, on the field.

A field that admits `unknown` is Annotated with its `Meaning`:

- `ability`: what nobody has seen hardware do, it does not do; answers need not list it;
- `requirement`: what nobody has seen hardware ask is not imposed, and answers that rest on it list it;
- `worst`: whoever asks takes the worst that it may be.

`settled` reads a model by these meanings, and `trusted` names what answers list (design §4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel

from heapwright.platforms.values import UNKNOWN

_Thing = TypeVar("_Thing", bound=BaseModel)


class Meaning(NamedTuple):
    """What `unknown` means in a field."""

    counts_as: Any
    """What is read in its place."""
    listed: bool
    """Whether answers list it, and strict ones do without."""
    follows: str
    """The same for people."""


def ability(no: Any, *, follows: str = "counts as no") -> Meaning:
    """An ability or a permission: counts as `no`."""
    return Meaning(no, listed=False, follows=follows)


def requirement(unbound: Any = None, *, follows: str = "not imposed, and answers say so") -> Meaning:
    """A requirement or a size: counts as `unbound`, which asks nothing."""
    return Meaning(unbound, listed=True, follows=follows)


def worst(follows: str, *, listed: bool, counts_as: Any = None) -> Meaning:
    """A place: whoever asks takes the worst case."""
    return Meaning(counts_as, listed, follows)


@lru_cache(maxsize=128)
def meanings(model: type[BaseModel]) -> Mapping[str, Meaning]:
    """What `unknown` means in each field of `model` that admits it."""
    return {
        name: meaning
        for name, field in model.model_fields.items()
        for meaning in field.metadata
        if isinstance(meaning, Meaning)
    }


def settled(thing: _Thing) -> _Thing:
    """`thing` with what it counts as in place of every `unknown`; itself where nothing is unknown."""
    known = meanings(type(thing))
    changed: dict[str, Any] = {}
    for name in _vague(type(thing)):
        value = getattr(thing, name)
        unknown = name in known and value == UNKNOWN
        read = known[name].counts_as if unknown else _inside(value)
        if read is not value:
            changed[name] = read
    return thing.model_copy(update=changed) if changed else thing


@lru_cache(maxsize=128)
def _vague(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of `model` in which something may be unknown."""
    known = meanings(model)
    return tuple(
        name
        for name, field in model.model_fields.items()
        if name in known or any(map(_vague, _models(field.annotation)))
    )


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _inside(value: Any) -> Any:
    """The same of all models inside a value."""
    if isinstance(value, BaseModel):
        return settled(value)
    if isinstance(value, dict):
        parts = {name: _inside(part) for name, part in value.items()}
        return parts if any(parts[name] is not value[name] for name in value) else value
    if isinstance(value, tuple) and any(isinstance(part, BaseModel) for part in value):
        each = tuple(map(_inside, value))
        return each if any(new is not old for new, old in zip(each, value, strict=True)) else value
    return value


def trusted(thing: BaseModel, prefix: str = "") -> Iterator[str]:
    """The unknown fields of `thing` that answers list, such as `stride.multiple`."""
    known = meanings(type(thing))
    for name, value in thing:
        if isinstance(value, BaseModel):
            yield from trusted(value, f"{prefix}{name}.")
        elif name in known and known[name].listed and value == UNKNOWN:
            yield prefix + name
