"""Pixel formats as facts: how many planes, how many bytes for how many samples.

The table is `formats.toml`. No layout arithmetic here: the solver and the
simulator each do their own, so that one can catch the other's mistakes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal, NamedTuple

from heapwright.platforms.errors import near, shown

ColourModel = Literal["rgb", "yuv", "grey", "indexed"]
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{8}|[1-3][0-9]{9}|[1-9][0-9]{8}", re.ASCII)
"""A fourcc's 32 bits: fourcc_code() of drm_fourcc.h puts the first character in the lowest byte, the last above 0x20."""
SOURCE: Final = "include/uapi/drm/drm_fourcc.h; drivers/gpu/drm/drm_fourcc.c __drm_format_info()"


class PlaneFormat(NamedTuple):
    """One plane: `bytes` of a row hold `samples` samples of it.

    A row of the plane has a sample for every `hsub` pixels of the image, the
    plane a row for every `vsub` rows. A row ends on a whole group of `group` samples,
    the plane on a whole group of `lines` rows: what lies in the same bytes is there
    together or not at all.
    """

    bytes: int
    samples: int
    hsub: int
    vsub: int
    group: int = 1
    lines: int = 1


class PixelFormat(NamedTuple):
    """A DRM pixel format.

    Example: NV12 has the planes (1, 1, 1, 1) and (2, 1, 2, 2); NV15's first is
    (5, 4, 1, 1), five bytes for four pixels, in groups of four. Two pixels of YUYV share
    their chroma: (2, 1, 1, 1) in groups of two.
    """

    fourcc: str
    name: str
    title: str
    colour: ColourModel
    planes: tuple[PlaneFormat, ...]
    hsub: int
    vsub: int
    alpha: bool
    linear: bool
    v4l2: str | None
    v4l2_multi: str | None
    gst: str | None
    gst_modified: Mapping[str, str]
    """GStreamer's names of the format with a modifier."""
    wider: int | None = None
    """Bits of each channel of a YUV format that has more than eight."""

    @property
    def channels(self) -> int:
        """Channels of colour: 3, 2 (`G:R`), 1 (grey), or 0 where pixels are numbers of a palette."""
        if self.colour in ("grey", "indexed"):
            return int(self.colour == "grey")
        return 2 if self.name in ("GR88", "RG88", "GR1616", "RG1616") else 3

    @property
    def depth(self) -> int:
        """Bits of the narrowest channel of colour, at most 8: what conversions may not make less of."""
        return min([8, *self.depths])

    @property
    def depths(self) -> tuple[int, ...]:
        """Bits of each channel of colour; none where pixels are numbers of a palette."""
        if self.colour == "yuv":
            return (self.wider or 8,) * 3  # no YUV format of DRM has fewer
        letters, _, bits = self.title.partition(" ")
        if re.fullmatch(r"[0-9:]+", bits) and letters.count(":") == bits.count(":"):
            pairs = zip(letters.split(":"), bits.split(":"), strict=True)
            return tuple([int(number) for letter, number in pairs if letter in "RGBD"])
        if self.colour == "grey":
            return (8 * self.planes[0].bytes // self.planes[0].samples,)
        packed = re.match(r"[RGBX]+([0-9]+)", self.title)
        if packed:
            return tuple(map(int, packed[1][-3:] if "8" not in packed[1] else "888"))
        return (8,) * self.channels

    @property
    def subsampled(self) -> bool:
        """The image has fewer chroma samples than pixels."""
        return (self.hsub, self.vsub) != (1, 1)


def pixel_format(fourcc: str) -> PixelFormat | None:
    """The format of that fourcc (`NV12`, `R8` or `R8  `), or None if DRM has none such."""
    return pixel_formats().get(fourcc.rstrip(" "))


def known_fourcc(value: object) -> object:
    """The name of a fourcc of the table, given as text or as its 32 bits, without trailing blanks.

    What is neither text nor a whole number is as it was.

    Raises:
        ValueError: DRM has no such fourcc.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:#x}"
    return named_fourcc(value) if isinstance(value, str) else value


def named_fourcc(text: str) -> str:
    """The name of a fourcc: `XR24`, `R8  `, `0x34325258`, `875713112`.

    Raises:
        ValueError: DRM has no such fourcc.
    """
    found = pixel_format(_spelt(int(text, 0)) if _NUMBER.fullmatch(text) else text)
    if found is None:
        raise ValueError(no_such_format(text))
    return found.fourcc


def _spelt(number: int) -> str:
    """The characters of a fourcc, the first in the lowest byte."""
    return number.to_bytes(4, "little").decode("latin-1")


@lru_cache(maxsize=1)
def pixel_formats() -> dict[str, PixelFormat]:
    """Every format in the table by its fourcc."""
    return {fourcc: _format(fourcc, row) for fourcc, row in _table()["formats"].items()}


def no_such_format(word: str) -> str:
    """The sentence for a fourcc outside the table, with the one that was probably meant."""
    text = word.strip()
    instead = next(_meant(text), None)
    hint = f"; write {instead}" if instead else near(text, pixel_formats())
    return f"no DRM fourcc {shown(text)} in the table of pixel formats{hint}"


def _meant(text: str) -> Iterator[str]:
    """What to write for a name of the kernel's headers or of GStreamer's, the likeliest first."""
    forms = pixel_formats().values()
    plain = text.removeprefix("DRM_FORMAT_").removeprefix("V4L2_PIX_FMT_")
    if text in _table()["instead"]:
        yield _table()["instead"][text]
    if not text.startswith("V4L2"):
        yield from (form.fourcc for form in forms if plain == form.name)
    yield from (form.fourcc for form in forms if plain == form.v4l2)
    yield from (
        f"{form.fourcc} with dmabufs: [{len(form.planes)}]" for form in forms if plain == form.v4l2_multi
    )
    yield from (form.fourcc for form in forms if text == form.gst)
    yield from (
        f"{form.fourcc} with modifiers: ['{modifier}']"
        for form in forms
        for modifier, name in form.gst_modified.items()
        if text == name
    )


def _format(fourcc: str, row: dict[str, Any]) -> PixelFormat:
    hsub, vsub = row.get("subsampled", (1, 1))
    planes: tuple[PlaneFormat, ...] = tuple(
        PlaneFormat(size, samples, hsub if index else 1, vsub if index else 1, samples)
        for index, (size, samples) in enumerate(row["planes"])
    )
    if len(planes) == 1 and "subsampled" in row:
        planes = (planes[0]._replace(group=hsub, lines=vsub),)
    return PixelFormat(
        fourcc=fourcc,
        name=row["name"],
        title=row["title"],
        colour=row["class"],
        planes=planes,
        wider=row.get("depth"),
        hsub=hsub,
        vsub=vsub,
        alpha=row.get("alpha", False),
        linear=row.get("linear", True),
        v4l2=row.get("v4l2"),
        v4l2_multi=row.get("v4l2_multi"),
        gst=row.get("gst"),
        gst_modified=row.get("gst_modified", {}),
    )


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("heapwright.platforms") / "formats.toml").read_text("utf-8"))
