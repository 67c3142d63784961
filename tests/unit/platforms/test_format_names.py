"""What other interfaces call a pixel format."""

from __future__ import annotations

import pytest

from platforms.formats import no_such_format, pixel_format, pixel_formats


@pytest.mark.parametrize(
    ("fourcc", "name"),
    # gst-plugins-base: gst-libs/gst/video/video-info-dma.c format_map[]; names are in memory order there
    [
        ("XR24", "BGRx"),
        ("AB24", "RGBA"),
        ("YU12", "I420"),
        ("YUYV", "YUY2"),
        ("P010", "P010_10LE"),
        ("P030", None),
    ],
)
def test_gstreamer_calls_it(fourcc: str, name: str | None) -> None:
    form = pixel_format(fourcc)
    assert form is not None
    assert form.gst == name


def test_no_name_means_two_formats() -> None:
    names = [form.gst for form in pixel_formats().values() if form.gst]
    assert len(names) == len(set(names)) >= 36


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
