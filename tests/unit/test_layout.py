"""Golden layouts: what real drivers compute, each with its source and its arithmetic.

Every row is a writer's rule and a reader's rule on one image. The numbers were
worked out by hand from the driver named, never copied from the solver.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from heapwright.platforms.values import Extent
from heapwright.solver.answer.plan import Placement
from heapwright.solver.layout import layout
from heapwright.solver.layout.layout import Demand
from heapwright.solver.layout.modifiers import shape
from tests.builders import Json, board, buffer, device, image, pipeline, placed, port


class Golden(NamedTuple):
    """An image, two rules, and the planes as (offset, stride, bytes), then the size of each dma-buf."""

    source: str
    fourcc: str
    extent: str
    writer: Json
    reader: Json
    planes: list[tuple[int, int, int]]
    sizes: tuple[int, ...]
    coded: str = ""


GOLDEN = {
    # 1366 × 4 = 5464 to lcm(256, 64, 16) = 256: 22 × 256 = 5632; 768 rows (a multiple of 16): 5632 × 768.
    "acme-one": Golden(
        "design §4: GPU 256, display 64, encoder 16 bytes and 16 rows",
        "XR24", "1366x768",
        {"stride": {"multiple": 256}},
        {"stride": {"multiple": 16}, "rows": {"multiple": 16}},
        [(0, 5632, 4325376)], (4325376,),
    ),
    # The thread of S11: 780 → 832 = 13 × 64, chroma 416 = 13 × 32; 832 × 360 × 3/2 = 449280.
    "rpi-isp-to-h264": Golden(
        "raspberrypi/rpicam-apps#188: ISP luma stride % 64, chroma % 32; encoder assumed 32",
        "YU12", "780x360",
        {"stride": {"multiple": 64}},
        {"stride": {"multiple": 32}},
        [(0, 832, 299520), (299520, 416, 74880), (374400, 416, 74880)], (449280,),
    ),
    # S13: 200 rows to 16 is 208; 640 × 208 = 133120 bytes of one byte a pixel.
    "camera-to-vc4-rows": Golden(
        "anholt/linux#12: height in groups of 16 rows",
        "R8", "640x200",
        {"rows": {"multiple": 16}},
        {},
        [(0, 640, 133120)], (133120,),
    ),
    # S15: 3440 × 4 = 13760 to 128 is 108 × 128 = 13824; 13824 × 1440.
    "looking-glass": Golden(
        "gnif/LookingGlass#719: stride % 128",
        "XR24", "3440x1440",
        {"stride": {"multiple": 128}},
        {},
        [(0, 13824, 19906560)], (19906560,),
    ),
    # 1366 to 64 pixels: 22 × 64 = 1408, × 4 = 5632 = 11 × 512.
    "amd-and-512": Golden(
        "Olšák, Starkey, Vetter on dri-devel 2024-12: AMD computes 64 pixels, another device wants 512 bytes",
        "XR24", "1366x768",
        {"stride": {"exact": {"width_multiple": 64}}},
        {"stride": {"multiple": 512}},
        [(0, 5632, 4325376)], (4325376,),
    ),
    # S27: 128 pixels of one byte: 800 → 896; NV12 rows of 896 × 608 and half of it (600 rows to 16 is 608).
    "imx6-vpu-jpeg": Golden(
        "Freescale/gstreamer-imx#326: width % 128 pixels, else SIGSEGV",
        "NV12", "800x600",
        {"stride": {"multiple": 128}, "rows": {"multiple": 16}},
        {},
        [(0, 896, 544768), (544768, 896, 272384)], (817152,),
    ),
    # rkvdec H.264: 1920x1080 coded in 64x16 is 1920x1088; Y 1920 × 1088 = 2088960, UV half of it: 3133440;
    # motion vectors 128 × 120 × 68 = 1044480 after it: 4177920.
    "rk3399-rkvdec-h264": Golden(
        "linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c rkvdec_fill_decoded_pixfmt(), rkvdec_colmv_size()",
        "NV12", "1920x1080",
        {
            "coded": {"multiple": "64x16"},
            "stride": {"exact": {"width_multiple": 64}},
            "implied_offset": {"rows": {"multiple": 16}},
            "tail": {"per_block": {"of": "16x16", "bytes": 128}},
        },
        {"stride": {"multiple": 4}},
        [(0, 1920, 2088960), (2088960, 1920, 1044480)], (4177920,), "1920x1088",
    ),
    # NV15: 4 pixels in 5 bytes, 1920 × 5/4 = 2400; (1088 + 544) × 2400 = 3916800, + 1044480 = 4961280.
    "rk3399-rkvdec-10-bit": Golden(
        "linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c rkvdec_fill_decoded_pixfmt(), rkvdec_colmv_size()",
        "NV15", "1920x1080",
        {
            "coded": {"multiple": "64x16"},
            "stride": {"exact": {"width_multiple": 64}},
            "tail": {"per_block": {"of": "16x16", "bytes": 128}},
        },
        {"stride": {"multiple": 4}},
        [(0, 2400, 2611200), (2611200, 2400, 1305600)], (4961280,), "1920x1088",
    ),
    # 3840 × 5/4 = 4800; rows 2160 to 16: 2160. 4800 × 2160 × 3/2 = 15552000; 128 × 240 × 135 = 4147200.
    "rk3588-rkvdec-10-bit": Golden(
        "linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c rkvdec_colmv_size()",
        "NV15", "3840x2160",
        {
            "coded": {"multiple": "64x16"},
            "stride": {"exact": {"width_multiple": 64}},
            "tail": {"per_block": {"of": "16x16", "bytes": 128}},
        },
        {"stride": {"multiple": 4}},
        [(0, 4800, 10368000), (10368000, 4800, 5184000)], (19699200,), "3840x2160",
    ),
    # rkisp1 writes 1920 × 1080 exactly; the encoder touches 1088 rows: 1920 × 1088 and half of it, apart.
    "rk3399-isp-to-encoder": Golden(
        "linux-7.2.13:drivers/media/platform/rockchip/rkisp1/rkisp1-capture.c rkisp1_fill_pixfmt()",
        "NV12", "1920x1080",
        {"stride": {"fixed": True}, "dmabufs": [2]},
        {"rows": {"multiple": 16}, "dmabufs": [1, 2]},
        [(0, 1920, 2088960), (0, 1920, 1044480)], (2088960, 1044480),
    ),
    # A codec step of 32x16 makes 1920x1088; chroma where both look for it: 1920 × 1088.
    "am62a-wave5": Golden(
        "linux-7.2.13:drivers/media/platform/chips-media/wave5/wave5-vpuconfig.h W5_*; wave5-helper.c wave5_update_pix_fmt()",
        "NV12", "1920x1080",
        {
            "coded": {"multiple": "32x16"},
            "stride": {"exact": {"width_multiple": 32}},
            "implied_offset": {"rows": {"multiple": 16}},
        },
        {"stride": {"multiple": 2}},
        [(0, 1920, 2088960), (2088960, 1920, 1044480)], (3133440,), "1920x1088",
    ),
    # csi2rx writes 1920 × 2 = 3840 exactly; the encoder rounds 1080 rows to 1088: 3840 × 1088.
    "am62a-csi-to-encoder": Golden(
        "linux-7.2.13:drivers/media/platform/ti/j721e-csi2rx/j721e-csi2rx.c ti_csi2rx_fill_fmt(); wave5-vpuconfig.h W5_*",
        "UYVY", "1920x1080",
        {"stride": {"fixed": True}},
        {"stride": {"exact": {"width_multiple": 32}}, "rows": {"multiple": 16}},
        [(0, 3840, 4177920)], (4177920,),
    ),
    # lima: 1366 to 16 pixels is 1376, × 4 = 5504; 5504 × 768 = 4227072.
    "hikey-lima": Golden(
        "mesa:src/gallium/drivers/lima/lima_resource.c lima_resource_from_handle() (16 pixels, % 8)",
        "XR24", "1366x768",
        {"stride": {"pixels": {"group": 16, "bytes": 64}}},
        {"stride": {"multiple": 8}},
        [(0, 5504, 4227072)], (4227072,),
    ),
    # etnaviv: 1366 × 4 = 5464 to 64 is 5504 (16 pixels of 4 bytes); stride × the height to 4.
    "imx8mp-etnaviv": Golden(
        "mesa:src/gallium/drivers/etnaviv/etnaviv_resource.c etna_layout_multiple(), etna_resource_from_handle()",
        "XR24", "1366x767",
        {"stride": {"multiple": 64}, "minimum": {"rows_multiple": 4}},
        {},
        [(0, 5504, 5504 * 767)], (5504 * 768,),
    ),
    # hantro G1: 120 × 68 macroblocks of 64 bytes and 32 more.
    "stm32mp25-hantro-h264": Golden(
        "linux-7.2.13:drivers/media/platform/verisilicon/hantro_hw.h hantro_h264_mv_size()",
        "NV12", "1920x1080",
        {
            "coded": {"multiple": "16x16"},
            "stride": {"exact": {"width_multiple": 16}},
            "tail": {"bytes": 32, "per_block": {"of": "16x16", "bytes": 64}},
        },
        {},
        [(0, 1920, 2088960), (2088960, 1920, 1044480)], (3133440 + 522272,), "1920x1088",
    ),
    # One pitch for all planes: 1920 × 2 = 3840; × 1080.
    "imx8mp-isi": Golden(
        "linux-7.2.13:drivers/media/platform/nxp/imx8-isi/imx8-isi-video.c mxc_isi_format_try()",
        "YUYV", "1920x1080",
        {"stride": {"planes": "equal", "max": 65535}},
        {},
        [(0, 3840, 4147200)], (4147200,),
    ),
    # MM21: 64x64 blocks make 1920x1088; luma 1920 × 1088 = 2088960, chroma half, each alone.
    "mt8195-decoder-mm21": Golden(
        "linux-7.2.13:drivers/media/platform/mediatek/vcodec/decoder/mtk_vcodec_dec.c vidioc_try_fmt()",
        "NV12", "1920x1080",
        {
            "modifiers": ["MTK_16L_32S_TILE"],
            "coded": {"multiple": "64x64"},
            "stride": {"exact": {"width_multiple": 64}},
            "dmabufs": [2],
        },
        {"modifiers": ["MTK_16L_32S_TILE"], "dmabufs": [2]},
        [(0, 1920, 2088960), (0, 1920, 1044480)], (2088960, 1044480), "1920x1088",
    ),
    # Encoder input: luma 1920 × 1088 and 32 rows read over; chroma 1920 × 544 and 16.
    "mt8195-encoder": Golden(
        "linux-7.2.13:drivers/media/platform/mediatek/vcodec/encoder/mtk_vcodec_enc.c vidioc_try_fmt_out(), MTK_VENC_*",
        "NV12", "1920x1080",
        {"dmabufs": [2]},
        {
            "stride": {"exact": {"width_multiple": 16}},
            "rows": {"multiple": 32},
            "tail": {"rows": 32, "per_plane": True},
            "dmabufs": [2],
        },
        [(0, 1920, 2088960), (0, 1920, 1044480)], (2088960 + 61440, 1044480 + 30720),
    ),
    # pisp_be: luma to 128 so that chroma is aligned to 64: 1296 → 1408, 704; × 972 × 3/2.
    "rpi5-pisp-be": Golden(
        "linux-7.2.13:drivers/media/platform/raspberrypi/pisp_be/pisp_be_formats.h supported_formats[]",
        "YU12", "1296x972",
        {"stride": {"multiple": 64, "planes": "halved"}},
        {},
        [(0, 1408, 1368576), (1368576, 704, 342144), (1710720, 704, 342144)], (2052864,),
    ),
    # 1536 is 48 × 32; × 864 × 3/2 = 1990656.
    "rpi5-pisp-be-nv12": Golden(
        "linux-7.2.13:drivers/media/platform/raspberrypi/pisp_be/pisp_be_formats.h supported_formats[]",
        "NV12", "1536x864",
        {"stride": {"multiple": 32}},
        {},
        [(0, 1536, 1327104), (1327104, 1536, 663552)], (1990656,),
    ),
    # Tiles of 32x32 bytes in both planes; 1080 rows to 32 is 1088, chroma 540 to 544: 1920 × 1632.
    "allwinner-tiled": Golden(
        "linux-7.2.13:drivers/staging/media/sunxi/cedrus/cedrus_video.c cedrus_prepare_format()",
        "NV12", "1920x1080",
        {"modifiers": ["ALLWINNER_TILED"]},
        {"modifiers": ["ALLWINNER_TILED"]},
        [(0, 1920, 2088960), (2088960, 1920, 1044480)], (3133440,),
    ),
    # A tile is 4x4 pixels: 1366 → 1368 pixels, 768 rows.
    "vivante-tiled": Golden(
        "linux-7.2.13:include/uapi/drm/drm_fourcc.h DRM_FORMAT_MOD_VIVANTE_TILED",
        "XR24", "1366x766",
        {"modifiers": ["VIVANTE_TILED"]},
        {"modifiers": ["VIVANTE_TILED"]},
        [(0, 5472, 5472 * 768)], (5472 * 768,),
    ),
    # A tile is 512 bytes x 8 rows: 5464 → 5632, 766 → 768.
    "intel-x-tiled": Golden(
        "linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c intel_tile_width_bytes(), intel_tile_height()",
        "XR24", "1366x766",
        {"modifiers": ["I915_X_TILED"]},
        {"modifiers": ["I915_X_TILED"]},
        [(0, 5632, 5632 * 768)], (5632 * 768,),
    ),
    # P010: 2 bytes a sample, 1920 × 2 = 3840 = 15 × 256; 1080 rows to 32 is 1088, chroma 544.
    "iris-p010": Golden(
        "linux-7.2.13:drivers/media/platform/qcom/iris/iris_buffer.c (P010: stride 256, scan lines 32 and 16)",
        "P010", "1920x1080",
        {"stride": {"multiple": 256}, "rows": {"multiple": 32}},
        {},
        [(0, 3840, 4177920), (4177920, 3840, 2088960)], (6266880,),
    ),
    # The linear picture beside UBWC: chroma at 1920 × 1088 = 2088960; 3133440 bytes.
    "iris-nv12": Golden(
        "linux-7.2.13:drivers/media/platform/qcom/iris/iris_buffer.c (NV12: stride 128, scan lines 32 and 16)",
        "NV12", "1920x1080",
        {"stride": {"multiple": 128}, "rows": {"multiple": 32}},
        {},
        [(0, 1920, 2088960), (2088960, 1920, 1044480)], (3133440,),
    ),
    # Bytes of packed RAW10, 4224 × 10/8 = 5280 = 330 × 16; × 3136.
    "camss-raw10": Golden(
        "linux-7.2.13:drivers/media/platform/qcom/camss/camss-vfe.c vfe_bpl_align_rdi()",
        "R8", "5280x3136",
        {"stride": {"multiple": 16}},
        {},
        [(0, 5280, 16558080)], (16558080,),
    ),
    # exynos MFC NV12M: 64 bytes after each plane, planes of whole macroblocks.
    "exynos5-mfc-v8": Golden(
        "linux-7.2.13:drivers/media/platform/samsung/s5p-mfc/s5p_mfc_opr_v6.c s5p_mfc_dec_calc_dpb_size_v6()",
        "NV12", "1920x1080",
        {
            "coded": {"multiple": "16x16"},
            "stride": {"multiple": 16},
            "tail": {"bytes": 64, "per_plane": True},
            "dmabufs": [2],
        },
        {"dmabufs": [2]},
        [(0, 1920, 2088960), (0, 1920, 1044480)], (2089024, 1044544), "1920x1088",
    ),
    # tegra: 1920 × 4 = 7680 is a multiple of 64.
    "tegra-dc": Golden(
        "linux-7.2.13:drivers/gpu/drm/tegra/dc.c pitch_align 64",
        "XR24", "1920x1080",
        {},
        {"stride": {"multiple": 64}},
        [(0, 7680, 8294400)], (8294400,),
    ),
    # vivid: any stride of at least the width, 641 × 2.
    "vivid-odd-width": Golden(
        "measured on linux-7.3: VIDIOC_TRY_FMT of vivid honours any bytesperline",
        "R16", "641x480",
        {},
        {},
        [(0, 1282, 615360)], (615360,),
    ),
    # V3DV wants align64(size + 64, 4096) = 1280 × 4 × 1440 + 64; the page is the heap's business.
    "v3dv-import": Golden(
        "toyota-connected/ivi-homescreen#598: 64 bytes more than the image",
        "XR24", "1280x1440",
        {},
        {"tail": {"bytes": 64}},
        [(0, 5120, 7372800)], (7372864,),
    ),
    # panfrost, arch < 7: planes on multiples of 64. 780 × 10 = 7800 → 7808 = 122 × 64.
    "panfrost-plane-offset": Golden(
        "mesa:src/panfrost/lib/pan_layout.c format_minimum_alignment()",
        "NV12", "780x10",
        {},
        {"offset": {"multiple": 64}},
        [(0, 780, 7800), (7808, 780, 3900)], (11708,),
    ),
}  # fmt: skip


def of(golden: Golden) -> Placement:
    devices = {
        "camera": device("camera", capture=port(image(golden.fourcc, **golden.writer))),
        "panel": device("display", scanout=port(image(golden.fourcc, **golden.reader))),
    }
    return placed(board(devices=devices), pipeline(frame=buffer(size=golden.extent, count=2)))


@pytest.mark.parametrize("golden", GOLDEN.values(), ids=GOLDEN)
def test_a_layout_is_that_of_the_driver(golden: Golden) -> None:
    placement = of(golden)
    assert [(p.offset, p.stride, p.size) for p in placement.planes] == golden.planes
    assert placement.sizes == golden.sizes
    assert f"{placement.coded_width}x{placement.coded_height}" == (golden.coded or golden.extent)


def smallest(fourcc: str, extent: tuple[int, int], dmabufs: int = 1, **need: Any) -> layout.Layout | None:
    """The layout under a demand stated directly."""
    demand = Demand(Extent(*extent))
    for name, value in need.items():
        setattr(demand, name, value)
    found = shape(fourcc, "LINEAR")
    assert found is not None
    return layout.solve(demand, found, dmabufs)


def test_a_pinned_stride_is_taken_or_nothing() -> None:
    found = smallest("XR24", (16, 4), pinned=128)
    assert found is not None
    assert found.planes[0].stride == 128
    assert smallest("XR24", (16, 4), pinned=32) is None
    assert smallest("XR24", (16, 4), pinned=96, multiple=64) is None


def test_a_stride_must_suit_every_plane() -> None:
    # YU12: chroma is half of luma, so luma of odd bytes is none.
    found = smallest("YU12", (15, 4))
    assert found is not None
    assert [plane.stride for plane in found.planes] == [16, 8, 8]


def test_a_format_without_a_linear_layout_has_none() -> None:
    assert shape("YU08", "LINEAR") is None
    assert shape("ZZZZ", "LINEAR") is None


def test_raw_data_has_one_plane_and_no_stride() -> None:
    demand = Demand(Extent(0, 0))
    demand.bytes_multiple = 512
    assert layout.raw(1000, demand) == layout.Layout(
        (layout.PlaneLayout(0, 0, 1000, 0),), (1024,), Extent(0, 0), 0
    )
    demand.bytes_max = 1023
    assert layout.raw(1000, demand) is None


def test_the_largest_numbers_stay_whole() -> None:
    # 16384 × 8 bytes × 16384 rows: 2 GiB, exactly.
    found = smallest("AB48", (16384, 16384))
    assert found is not None
    assert found.size == 1 << 31
