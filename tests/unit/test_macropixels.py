"""Rows end on whole groups of pixels: two of YUYV, four of NV15, three of P030, two by two of X0L0.

The kernel's table stands here a second time: linux-7.3.4:drivers/gpu/drm/drm_fourcc.c
__drm_format_info() char_per_block (or cpp), block_w, block_h, hsub, vsub. Of a format with one
plane hsub pixels by vsub rows share their chroma (include/uapi/drm/drm_fourcc.h: "packed
YCbCr", YUYV in 32 bits, Y210 in 64, X0L0 "2x2 tiled" in 64), so that none of them is there
without the others. drm_format_info_min_pitch() counts pixels alone and takes 666 bytes for 333
pixels of YUYV, whose last macropixel ends at 668.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, NamedTuple

import pytest

from heapwright.allocator.judge.layout.pixels import pixels
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import Extent
from heapwright.solver.layout.layout import Demand
from heapwright.solver.layout.layout import solve as laid
from heapwright.solver.layout.modifiers import shape
from heapwright.solver.layout.shape import Shape
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal


class Kernel(NamedTuple):
    """A row of drm_format_info: bytes and pixels of a block in each plane, rows of a block, subsampling."""

    bytes: tuple[int, ...]
    across: tuple[int, ...] = (1, 1, 1)
    down: int = 1
    hsub: int = 1
    vsub: int = 1

    def width(self, plane: int, width: int) -> int:
        """drm_format_info_plane_width()."""
        return -(-width // self.hsub) if plane else width

    def height(self, plane: int, height: int) -> int:
        """drm_format_info_plane_height()."""
        return -(-height // self.vsub) if plane else height

    def min_pitch(self, plane: int, width: int) -> int:
        """drm_format_info_min_pitch() of an image `width` pixels wide."""
        pixels_of_block = self.across[plane] * self.down
        return -(-self.width(plane, width) * self.bytes[plane] // pixels_of_block)

    def whole_pitch(self, plane: int, width: int) -> int:
        """The same, up to the end of the last block and the last macropixel."""
        shared = self.hsub if len(self.bytes) == 1 else 1
        block = max(self.across[plane], shared)
        blocks = -(-self.width(plane, width) // block)
        return blocks * block * self.bytes[plane] // (self.across[plane] * self.down)

    def share(self, plane: int) -> Fraction:
        """Bytes of a row for each pixel of the image."""
        sub = self.hsub if plane else 1
        return Fraction(self.bytes[plane], self.across[plane] * self.down * sub)


PACKED_422: Final = dict.fromkeys(("YUYV", "YVYU", "UYVY", "VYUY"), Kernel((2,), hsub=2))
DEEP_422: Final = dict.fromkeys(("Y210", "Y212", "Y216"), Kernel((4,), hsub=2))
TILED_420: Final = dict.fromkeys(("X0L0", "X0L2", "Y0L0", "Y0L2"), Kernel((8,), (2,), down=2, hsub=2, vsub=2))
GROUPED: Final = {
    "NV15": Kernel((5, 5), (4, 2), hsub=2, vsub=2),
    "NV20": Kernel((5, 5), (4, 2), hsub=2),
    "NV30": Kernel((5, 5), (4, 2)),
    "P030": Kernel((4, 8), (3, 3), hsub=2, vsub=2),
    "C1": Kernel((1,), (8,)),
    "R2": Kernel((1,), (4,)),
    "R4": Kernel((1,), (2,)),
}
SUBSAMPLED: Final = {
    "NV12": Kernel((1, 2), hsub=2, vsub=2),
    "NV21": Kernel((1, 2), hsub=2, vsub=2),
    "NV16": Kernel((1, 2), hsub=2),
    "NV61": Kernel((1, 2), hsub=2),
    "NV24": Kernel((1, 2)),
    "P010": Kernel((2, 4), hsub=2, vsub=2),
    "P210": Kernel((2, 4), hsub=2),
    "YU12": Kernel((1, 1, 1), hsub=2, vsub=2),
    "YV16": Kernel((1, 1, 1), hsub=2),
    "YUV9": Kernel((1, 1, 1), hsub=4, vsub=4),
    "YU11": Kernel((1, 1, 1), hsub=4),
    "S012": Kernel((2, 2, 2), hsub=2, vsub=2),
}
WHOLE: Final = {"XR24": Kernel((4,)), "RG24": Kernel((3,)), "RG16": Kernel((2,)), "AYUV": Kernel((4,))}
TABLE: Final = {**PACKED_422, **DEEP_422, **TILED_420, **GROUPED, **SUBSAMPLED, **WHOLE}
SIZES: Final = [(w, h) for w in (*range(1, 18), 333, 334, 335, 1366, 1919) for h in (1, 2, 3, 5, 8)]


def strides_of(kernel: Kernel, width: int) -> list[int]:
    """The least strides in proportion in which each plane has room for whole groups: counted up."""
    stride = kernel.whole_pitch(0, width)
    while True:
        own = [stride * kernel.share(plane) / kernel.share(0) for plane in range(len(kernel.bytes))]
        enough = all(each >= kernel.whole_pitch(plane, width) for plane, each in enumerate(own))
        if enough and all(each.denominator == 1 for each in own):
            return [int(each) for each in own]
        stride += 1


@pytest.mark.parametrize("fourcc", TABLE)
def test_solver_judge_and_kernel_agree_on_odd_sizes(fourcc: str) -> None:
    kernel, form, seen = TABLE[fourcc], shape(fourcc, "LINEAR"), pixels(fourcc, "LINEAR")
    assert isinstance(form, Shape) and seen is not None
    for width, height in SIZES:
        found = laid(Demand(Extent(width, height)), form, 1)
        assert found is not None
        assert [plane.stride for plane in found.planes] == strides_of(kernel, width)
        rows = -(-height // kernel.down) * kernel.down
        assert [plane.size // plane.stride for plane in found.planes] == [
            kernel.height(plane, rows) for plane in range(len(kernel.bytes))
        ]
        for index, plane in enumerate(found.planes):
            assert seen.least_stride(index, width) == kernel.whole_pitch(index, width)
            assert seen.row_bytes(index, width) == kernel.min_pitch(index, width) <= plane.stride
            assert seen.plane_rows(index, rows) == plane.size // plane.stride


def test_every_format_whose_pixels_share_bytes_is_compared() -> None:
    shared = {
        fourcc
        for fourcc, form in pixel_formats().items()
        if form.linear and (form.planes[0].samples > 1 or (len(form.planes) == 1 and form.subsampled))
    }
    assert shared - TABLE.keys() <= {"C2", "C4", "D1", "R1", "D2", "D4"}


def yuyv(**stride: Any) -> Platform:
    rule = image("YUYV", **({"stride": stride} if stride else {}))
    return board(
        devices={
            "camera": device("camera", capture=port(rule)),
            "panel": device("display", scanout=port(image("YUYV"))),
        }
    )


@pytest.mark.parametrize(("width", "stride"), [(332, 664), (333, 668), (334, 668)])
def test_the_last_macropixel_has_its_chroma(width: int, stride: int) -> None:
    frame = placed(yuyv(), pipeline(frame=buffer(size=f"{width}x10")))
    assert (frame.planes[0].stride, frame.size) == (stride, 10 * stride)


def test_a_driver_that_counts_pixels_alone_leaves_no_room_for_it() -> None:
    # uvc_v4l2_get_bytesperline(): width × bits per pixel / 8 = 666, and nobody can ask for more.
    answer = refusal(yuyv(fixed=True), pipeline(frame=buffer(size="333x10")))
    assert facts(answer) == [("stride-exact", "frame→camera")]
    assert placed(yuyv(fixed=True), pipeline(frame=buffer(size="334x10"))).size == 6680
