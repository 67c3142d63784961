"""A platform as a profile again: JSON that `platforms check` would accept.

The models hold pairs of integers where a profile has `4096x4096`, `3/2` or
`4GiB..32GiB`. Here they become text again, so that a profile shown by the
command line or served over HTTP can be changed and handed back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapwright.platforms.values import Extent, Ratio, Span

if TYPE_CHECKING:
    from pydantic import BaseModel

    from heapwright.platforms.schema import Platform


def as_profile(platform: Platform) -> dict[str, Any]:
    """The profile of `platform`, with what it extends merged in and defaults left out."""
    profile: dict[str, Any] = _model(platform)
    return profile


def _model(model: BaseModel) -> dict[str, Any]:
    fields = type(model).model_fields
    stated = model.model_fields_set
    return {
        field.alias or name: _written(getattr(model, name))
        for name, field in fields.items()
        if name in stated
    }


def _written(value: Any) -> Any:
    if isinstance(value, Extent):
        return str(value)
    if isinstance(value, Span):
        return f"{value.low}..{value.high}"
    if isinstance(value, Ratio):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_written(inner) for inner in value]
    return _model(value) if hasattr(type(value), "model_fields") else value
