"""Pixel formats as the kernel's table has them."""

from __future__ import annotations

import pytest

from heapwright.platforms.fourcc.formats import known_fourcc, no_such_format, pixel_format, pixel_formats


@pytest.mark.parametrize(
    ("fourcc", "planes"),
    [
        # linux-7.2.13:drivers/gpu/drm/drm_fourcc.c __drm_format_info(): cpp or char_per_block, block_w, hsub, vsub
        ("XR24", [(4, 1, 1, 1)]),
        ("RG16", [(2, 1, 1, 1)]),
        ("RG24", [(3, 1, 1, 1)]),
        ("RGB8", [(1, 1, 1, 1)]),
        ("R1", [(1, 8, 1, 1)]),
        ("R12", [(2, 1, 1, 1)]),
        ("XR4H", [(8, 1, 1, 1)]),
        ("YUYV", [(2, 1, 1, 1)]),
        ("Y210", [(4, 1, 1, 1)]),
        ("NV12", [(1, 1, 1, 1), (2, 1, 2, 2)]),
        ("NV16", [(1, 1, 1, 1), (2, 1, 2, 1)]),
        ("NV24", [(1, 1, 1, 1), (2, 1, 1, 1)]),
        ("NV15", [(5, 4, 1, 1), (5, 2, 2, 2)]),
        ("NV20", [(5, 4, 1, 1), (5, 2, 2, 1)]),
        ("NV30", [(5, 4, 1, 1), (5, 2, 1, 1)]),
        ("P010", [(2, 1, 1, 1), (4, 1, 2, 2)]),
        ("P030", [(4, 3, 1, 1), (8, 3, 2, 2)]),
        ("YU12", [(1, 1, 1, 1), (1, 1, 2, 2), (1, 1, 2, 2)]),
        ("YV16", [(1, 1, 1, 1), (1, 1, 2, 1), (1, 1, 2, 1)]),
        ("YUV9", [(1, 1, 1, 1), (1, 1, 4, 4), (1, 1, 4, 4)]),
        ("R8A8", [(3, 1, 1, 1), (1, 1, 1, 1)]),
        ("Y0L2", [(8, 4, 1, 1)]),
    ],
)
def test_planes_are_those_of_the_kernel(fourcc: str, planes: list[tuple[int, int, int, int]]) -> None:
    form = pixel_format(fourcc)
    assert form is not None
    assert [plane[:4] for plane in form.planes] == planes


def test_the_table_is_whole() -> None:
    table = pixel_formats()
    assert len(table) >= 130
    for fourcc, form in table.items():
        assert fourcc == form.fourcc == fourcc.strip()
        assert 1 <= len(fourcc) <= 4
        assert form.name and form.title
        assert form.colour in ("rgb", "yuv", "grey", "indexed")
        assert 1 <= len(form.planes) <= 3
        assert all(plane.bytes > 0 and plane.samples > 0 for plane in form.planes)
        assert form.planes[0][2:4] == (1, 1)
        assert form.subsampled <= (form.colour == "yuv")
    assert len({form.name for form in table.values()}) == len(table)
    assert {fourcc for fourcc, form in table.items() if not form.linear} == {"YU08", "YU10", "VU30"}


@pytest.mark.parametrize("letters", ["AR", "AB", "RA", "BA"])
def test_alpha_is_in_the_name(letters: str) -> None:
    solid = {"AR": "XR", "AB": "XB", "RA": "RX", "BA": "BX"}[letters]
    for bits in ("12", "15", "24", "30"):
        with_alpha, without = pixel_format(letters + bits), pixel_format(solid + bits)
        assert with_alpha is not None and without is not None
        assert with_alpha.alpha and not without.alpha
        assert with_alpha.planes == without.planes


@pytest.mark.parametrize(
    ("fourcc", "single", "multi"),
    [
        # linux-7.2.13:Documentation/userspace-api/media/v4l/pixfmt-rgb.rst: V4L2 names bytes, DRM bits of a little-endian word
        ("RG24", "BGR24", None),
        ("BG24", "RGB24", None),
        ("XR24", "XBGR32", None),
        ("RA24", "BGRA32", None),
        ("NV12", "NV12", "NV12M"),
        ("YV16", None, "YVU422M"),
    ],
)
def test_v4l2_has_its_own_names(fourcc: str, single: str | None, multi: str | None) -> None:
    form = pixel_format(fourcc)
    assert form is not None
    assert (form.v4l2, form.v4l2_multi) == (single, multi)


def test_trailing_blanks_of_a_fourcc_do_not_matter() -> None:
    assert pixel_format("R8  ") == pixel_format("R8")
    assert known_fourcc("R8  ") == "R8"
    assert known_fourcc(5.0) == 5.0


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("XRGB8888", "; write XR24"),
        ("DRM_FORMAT_XRGB8888", "; write XR24"),
        ("V4L2_PIX_FMT_XBGR32", "; write XR24"),
        ("I420", "; write YU12"),
        ("NV12M", "; write NV12 with dmabufs: [2]"),
        ("YUV420M", "; write YU12 with dmabufs: [3]"),
        ("MM21", "; write NV12 with modifiers: [MTK_16L_32S_TILE] and dmabufs: [2]"),
        ("NV13", "; did you mean 'NV12'?"),
        ("????", ""),
    ],
)
def test_a_fourcc_outside_the_table_is_answered_with_the_right_one(word: str, hint: str) -> None:
    assert no_such_format(word) == f"no DRM fourcc '{word}' in the table of pixel formats{hint}"


@pytest.mark.parametrize(
    ("fourcc", "channels", "depth"),
    [
        ("XR24", 3, 8), ("RG16", 3, 5), ("AB15", 3, 5), ("RGB8", 3, 2), ("XR30", 3, 8), ("BG24", 3, 8),
        ("NV12", 3, 8), ("P010", 3, 8), ("R8", 1, 8), ("R10", 1, 8), ("R4", 1, 4), ("GR88", 2, 8),
        ("GR32", 2, 8), ("C8", 0, 8), ("B5A8", 3, 5), ("R8A8", 3, 8),
    ],
)  # fmt: skip
def test_channels_and_the_narrowest_of_them(fourcc: str, channels: int, depth: int) -> None:
    found = pixel_format(fourcc)
    assert found is not None
    assert (found.channels, found.depth) == (channels, depth)


def test_every_fourcc_may_be_given_as_its_number() -> None:
    # drm_fourcc.h fourcc_code(): the first character in the lowest byte; 'X' 'R' '2' '4' is 0x34325258.
    assert known_fourcc(0x34325258) == known_fourcc(875713112) == "XR24"
    assert known_fourcc("0x34325258") == known_fourcc("875713112") == "XR24"
    for fourcc in pixel_formats():
        assert known_fourcc(int.from_bytes(fourcc.ljust(4).encode(), "little")) == fourcc


@pytest.mark.parametrize("number", [0, -1, 12, 0x58523234, 1 << 32, 1 << 63])
def test_a_number_that_is_no_fourcc_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"no DRM fourcc '-?0x[0-9a-f]+' in the table"):
        known_fourcc(number)


def test_truth_is_no_fourcc() -> None:
    assert known_fourcc(True) is True
