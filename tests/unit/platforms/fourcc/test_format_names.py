"""What other interfaces call a pixel format."""

from __future__ import annotations

import pytest

from heapwright.platforms.fourcc.formats import no_such_format, pixel_format, pixel_formats
from heapwright.platforms.fourcc.modifiers import canonical


@pytest.mark.parametrize(
    ("fourcc", "name"),
    # gst-plugins-base: gst-libs/gst/video/video-info-dma.c format_map[]; names are in memory order there
    [
        ("XR24", "BGRx"),
        ("AB24", "RGBA"),
        ("YU12", "I420"),
        ("YUYV", "YUY2"),
        ("P010", "P010_10LE"),
        ("NV15", "NV12_10LE40"),
        ("P030", None),
    ],
)
def test_gstreamer_calls_it(fourcc: str, name: str | None) -> None:
    form = pixel_format(fourcc)
    assert form is not None
    assert form.gst == name


def test_no_name_means_two_formats() -> None:
    names = [form.gst for form in pixel_formats().values() if form.gst]
    names += [name for form in pixel_formats().values() for name in form.gst_modified.values()]
    assert len(names) == len(set(names)) >= 44


@pytest.mark.parametrize(
    ("fourcc", "v4l2", "name"),
    # gst-plugins-bad: sys/v4l2codecs/gstv4l2format.c gst_v4l2_descriptions[]
    [("NV12", "MM21", "NV12_16L32S"), ("NV15", "MT2T", "MT2110T"), ("NV15", "MT2R", "MT2110R")],
)
def test_gstreamer_calls_it_with_a_modifier(fourcc: str, v4l2: str, name: str) -> None:
    """The modifier under which the format's V4L2 name hides is the one with GStreamer's name."""
    form = pixel_format(fourcc)
    assert form is not None
    [modifier] = [modifier for modifier, called in form.gst_modified.items() if called == name]
    assert modifier in no_such_format(v4l2)
    assert f"{fourcc} with modifiers: ['{modifier}']" in no_such_format(name)


def test_a_modifier_with_a_name_of_gstreamer_is_one() -> None:
    for form in pixel_formats().values():
        for modifier in form.gst_modified:
            assert canonical(modifier) == modifier


@pytest.mark.parametrize(
    ("fourcc", "instead"),
    # videodev2.h V4L2_PIX_FMT_MT2110T, MT2110R, QC08C, QC10C
    [
        ("MT2T", "NV15 with modifiers: ['MTK(16L32S,10BIT_LSBTILED)'] and dmabufs: [2]"),
        ("MT2R", "NV15 with modifiers: ['MTK(16L32S,10BIT_LSBRASTER)'] and dmabufs: [2]"),
        ("Q08C", "NV12 with modifiers: [QCOM_COMPRESSED]"),
        ("Q10C", "P010 with modifiers: [QCOM_COMPRESSED]"),
    ],
)
def test_a_v4l2_name_that_hides_a_modifier(fourcc: str, instead: str) -> None:
    assert instead in no_such_format(fourcc)
