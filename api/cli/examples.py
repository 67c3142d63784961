"""The pipelines that come with heapwright, by name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable

from heapwright.platforms.errors import Diagnostic, InputError, near, shown

_SUFFIX = ".yaml"


def example_names() -> tuple[str, ...]:
    return tuple(
        sorted(f.name.removesuffix(_SUFFIX) for f in _folder().iterdir() if f.name.endswith(_SUFFIX))
    )


def example_files(names: Sequence[str]) -> tuple[str, ...]:
    """The files of the examples of these names.

    Raises:
        InputError: there are none of some names.
    """
    known = example_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(Diagnostic("", None, (), _no_example(name, known)) for name in unknown)
    return tuple(str(_folder() / f"{name}{_SUFFIX}") for name in names)


def _folder() -> Traversable:
    return resources.files("heapwright") / "examples"


def _no_example(name: str, known: Sequence[str]) -> str:
    meant = near(name, known)
    return f"no example {shown(name)}{meant or ';'} {'E' if meant else 'e'}xamples are {', '.join(known)}"
