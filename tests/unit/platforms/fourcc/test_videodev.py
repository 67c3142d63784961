"""V4L2's codes and DRM's fourccs."""

from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.fourcc.videodev import fourcc_of, number, v4l2_code


def test_names_that_look_alike_are_told_apart() -> None:
    # V4L2_PIX_FMT_XBGR32 is v4l2_fourcc('X','R','2','4'): bytes B, G, R, x as DRM's XR24. V4L2_PIX_FMT_RGB24
    # ('R','G','B','3') has the bytes R, G, B: DRM's BG24, whose title is B:G:R from the highest byte.
    assert v4l2_code("XR24") == number("XR24")
    assert fourcc_of(number("RGB3")) == "BG24"
    assert v4l2_code("R8") == number("GREY")
    assert v4l2_code("NV12", apart=True) == number("NM12")


def test_every_name_of_the_table_has_a_code_and_comes_back() -> None:
    for form in pixel_formats().values():
        if form.v4l2 is not None:
            code = v4l2_code(form.fourcc)
            assert code is not None
            assert fourcc_of(code) == form.fourcc or pixel_formats()[fourcc_of(code) or ""].v4l2 == form.v4l2
        if form.v4l2_multi is not None:
            assert v4l2_code(form.fourcc, apart=True) is not None


def test_what_v4l2_lacks_has_no_code() -> None:
    assert v4l2_code("XR30") is None
    assert fourcc_of(0) is None
