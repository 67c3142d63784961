"""V4L2's codes of pixel formats, and which DRM format has the same bytes.

A V4L2 code is four characters like a fourcc of DRM's, and often the same four mean
something else: V4L2's `XR24` is XBGR32, the bytes of DRM's XR24; its `RGB3` is
DRM's BG24. The names are in formats.toml, their codes in videodev.toml.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.fourcc.modifiers import LINEAR


def v4l2_code(fourcc: str, *, apart: bool = False) -> int | None:
    """V4L2's number of a DRM format, with each plane in its own buffer where `apart`; None if it has none."""
    form = pixel_formats().get(fourcc)
    name = None if form is None else form.v4l2_multi if apart else form.v4l2
    text = None if name is None else _codes().get(name)
    return None if text is None else number(text)


def fourcc_of(code: int) -> str | None:
    """The DRM format with the bytes of a V4L2 code, all planes in one buffer; None if we know none."""
    return _formats().get(code)


def fourcc_and_buffers(code: int) -> tuple[str | None, int]:
    """The DRM format of a V4L2 code, and in how many buffers its planes lie; None if we know none."""
    found = fourcc_of(code)
    if found is not None:
        return found, 1
    for fourcc, form in pixel_formats().items():
        if form.v4l2_multi is not None and v4l2_code(fourcc, apart=True) == code:
            return fourcc, len(form.planes)
    return None, 1


class Picture(NamedTuple):
    """What a V4L2 code means in DRM's words; `fourcc` is None where DRM has none."""

    fourcc: str | None
    modifier: str = LINEAR
    buffers: int = 1
    """In how many buffers its planes lie."""


def picture(code: int) -> Picture:
    """The layout of a V4L2 code, by a modifier where V4L2 has a code for it."""
    told = _modified().get(code)
    if told is not None:
        return told
    fourcc, buffers = fourcc_and_buffers(code)
    return Picture(fourcc, LINEAR, buffers)


def is_bayer(text: str) -> bool:
    """Whether a V4L2 code, as text, is of a sensor's samples."""
    return text in _table()["bayer"]["codes"]


def number(text: str) -> int:
    """`XR24` as V4L2 counts: the first character in the lowest byte."""
    return int.from_bytes(text.ljust(4).encode(), "little")


@lru_cache(maxsize=1)
def _formats() -> dict[int, str]:
    return {code: fourcc for fourcc in pixel_formats() if (code := v4l2_code(fourcc)) is not None}


@lru_cache(maxsize=1)
def _modified() -> dict[int, Picture]:
    rows = _table()["modified"].items()
    return {number(text): Picture(row["fourcc"], row["modifier"], row["buffers"]) for text, row in rows}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes: dict[str, str] = _table()["codes"]
    return codes


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(
        resources.files("heapwright.platforms").joinpath("videodev.toml").read_text(encoding="utf-8")
    )
