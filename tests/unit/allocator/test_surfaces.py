"""Surfaces: sizes by the kernel's own examples, and no byte of a plane that belongs to two units."""

from __future__ import annotations

import pytest

from heapwright.allocator.judge.layout.families import column_height, compressing, opaque, parameter_free
from heapwright.allocator.judge.layout.pixels import Pixels, modifier_named, pixels
from heapwright.allocator.judge.layout.surfaces import Bands


def planes(form: str, modifier: str) -> Pixels:
    found = pixels(form, modifier)
    assert found is not None
    return found


def smallest(form: str, modifier: str, width: int, height: int) -> list[tuple[int, int, int, int]]:
    """(stride, rows, bytes, metadata) of each plane, as small as its units let it be."""
    facts, found = planes(form, modifier), []
    only = facts.only_strides(width)
    unit = facts.stride_unit(0)
    first = only[0] if only else -(-facts.least_stride(0, width) // unit) * unit
    while any(
        (facts.natural(plane, first) or 1) % facts.stride_unit(plane) for plane in range(facts.coloured)
    ):
        first += unit
    strides: list[int] = []
    rows_only = facts.only_rows(height)
    unit = facts.rows_unit(0)
    rows = rows_only[0] if rows_only else -(-facts.rows(0, height) // unit) * unit
    for plane, surface in enumerate(facts.planes):
        stride = facts.control_stride(plane, strides) if surface.control else facts.natural(plane, first)
        assert stride is not None
        strides.append(stride)
        own = facts.plane_rows(plane, rows)
        shape = surface.shape(stride, own)
        found.append((stride, own, shape.length, shape.metadata))
    return found


@pytest.mark.parametrize(
    ("form", "modifier", "size", "expected"),
    [
        # 120 x 68 superblocks of 16 bytes = 130560 = 2040 x 64; each has 256 pixels of 4 bytes.
        ("XR24", "ARM_AFBC(16x16,SPARSE)", (1920, 1080), [(7680, 1088, 130560 + 8160 * 1024, 130560)]),
        # Whole groups of 8 x 8: 120 x 72 = 8640; 138240 to 4096 is 139264.
        ("XR24", "ARM_AFBC(16x16,TILED)", (1920, 1080), [(7680, 1152, 139264 + 8640 * 1024, 139264)]),
        # 60 x 135 superblocks of 32 x 8; 12 bits a pixel make 384 bytes, three times 128.
        ("YU08", "ARM_AFBC(32x8)", (1920, 1080), [(2880, 1080, 129600 + 8100 * 384, 129600)]),
        # 15 bits a pixel make 480 bytes, to 512.
        ("YU10", "ARM_AFBC(16x16)", (16, 16), [(30, 16, 64 + 512, 64)]),
        # A superblock of chroma is 64 pairs wide, 128 bytes: luma has as long rows, 4 x 4 of 32 x 8; chroma 1 x 4.
        (
            "NV12",
            "ARM_AFBC(32x8_64x4)",
            (64, 32),
            [(128, 32, 256 + 16 * 256, 256), (128, 16, 64 + 4 * 512, 64)],
        ),
        # The thirteen-inch Snapdragon's: docs/modifiers.md, dpu_formats.c.
        (
            "NV12",
            "QCOM_COMPRESSED",
            (1920, 1080),
            [(1920, 1088, 12288 + 2088960, 12288), (1920, 544, 8192 + 1044480, 8192)],
        ),
        # Three samples in four bytes: 1920 x 4 / 3 = 2560; metadata 64 x 272 and 64 x 144.
        (
            "P010",
            "QCOM_COMPRESSED",
            (1920, 1080),
            [(2560, 1088, 20480 + 2785280, 20480), (2560, 544, 12288 + 1392640, 12288)],
        ),
        ("RG16", "QCOM_COMPRESSED", (100, 20), [(256, 32, 4096 + 8192, 4096)]),
        ("XR24", "QCOM_TILED3", (64, 16), [(256, 16, 4096, 0)]),
        # docs/modifiers.md: 7680 x 1088, then 960 x 34 = 32640 to a tile of 4096.
        (
            "XR24",
            "I915_Y_TILED_GEN12_RC_CCS",
            (1920, 1080),
            [(7680, 1088, 8355840, 0), (960, 34, 32768, 0)],
        ),
        (
            "NV12",
            "I915_4_TILED_MTL_MC_CCS",
            (1920, 1080),
            [(2048, 1088, 2228224, 0), (2048, 544, 1114112, 0), (256, 34, 12288, 0), (256, 17, 8192, 0)],
        ),
        (
            "XR24",
            "I915_Y_TILED_GEN12_RC_CCS_CC",
            (128, 32),
            [(512, 32, 16384, 0), (64, 1, 4096, 0), (64, 1, 64, 0)],
        ),
        # A byte for 8 x 16 pixels: 240 to 128 is 256, 68 rows to 32 are 96.
        ("XR24", "I915_Y_TILED_CCS", (1920, 1080), [(7680, 1088, 8355840, 0), (256, 96, 24576, 0)]),
        ("XR24", "I915_4_TILED_DG2_RC_CCS_CC", (128, 32), [(512, 32, 16384, 0), (64, 1, 64, 0)]),
        ("AB4H", "I915_Yf_TILED", (32, 16), [(256, 16, 4096, 0)]),
        # 64 KiB of 4-byte pixels are 128 x 128, of single bytes 256 x 256, of pairs 256 x 128.
        ("XR24", "AMD(GFX10_RBPLUS,64K_R_X,PIPE_XOR_BITS=4,PACKERS=4)", (100, 100), [(512, 128, 65536, 0)]),
        (
            "NV12",
            "AMD(GFX11,64K_R_X,PIPE_XOR_BITS=4)",
            (512, 512),
            [(512, 512, 1 << 18, 0), (512, 256, 1 << 17, 0)],
        ),
        ("XR24", "AMD(GFX12,64K_2D,DCC)", (100, 100), [(512, 128, 65536, 0)]),
        ("XR24", "NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,4)", (1920, 1080), [(7680, 1152, 8847360, 0)]),
        ("XR24", "NVIDIA_BLOCK_LINEAR_2D(0,1,1,0x7a,2)", (16, 16), [(64, 16, 1024, 0)]),
        # 15 columns of 128 bytes, the last as long as its rows: (14 x 1620 + rows) x 128.
        (
            "NV12",
            "BROADCOM_SAND128_COL_HEIGHT(1620)",
            (1920, 1080),
            [(1920, 1080, (14 * 1620 + 1080) * 128, 0), (1920, 540, (14 * 1620 + 540) * 128, 0)],
        ),
        # 96 pixels in 128 bytes: 1920 / 96 = 20 columns.
        (
            "P030",
            "BROADCOM_SAND128_COL_HEIGHT(1620)",
            (1920, 1080),
            [(2560, 1080, (19 * 1620 + 1080) * 128, 0), (2560, 540, (19 * 1620 + 540) * 128, 0)],
        ),
        # 1080 rows are 135 blocks of 8; 135 mod 32 = 7, more than a page and a half: no padding.
        ("XR24", "BROADCOM_UIF", (1920, 1080), [(7680, 1080, 8294400, 0)]),
        # 264 rows are 33 blocks, 1 beyond the page cache: five more make 38.
        ("XR24", "BROADCOM_UIF", (32, 264), [(128 * 1, 304, 128 * 304, 0)]),
        # 30 blocks, less than a page and a half short of 32.
        ("XR24", "BROADCOM_UIF", (32, 240), [(128, 256, 32768, 0)]),
        ("NV15", "MTK(16L32S,10BIT_LSBTILED)", (64, 64), [(80, 64, 5120, 0), (80, 32, 2560, 0)]),
        # 64 coding units of 24 bytes for 32 x 32 pixels: 48 bytes a row of a tile.
        ("XR24", "ARM_AFRC(P0=24)", (33, 33), [(96, 64, 6144, 0)]),
        # One component: 64 x 64 samples of a byte each in 1024; two: 64 x 32 of two bytes each.
        ("R8", "ARM_AFRC(P0=16)", (65, 1), [(32, 64, 2048, 0)]),
        ("GR88", "ARM_AFRC(P0=16)", (65, 1), [(64, 32, 2048, 0)]),
        ("NV12", "NVIDIA_TEGRA_TILED", (17, 17), [(32, 32, 1024, 0), (32, 16, 512, 0)]),
        ("RG16", "ARM_16X16_BLOCK_U_INTERLEAVED", (17, 16), [(64, 16, 1024, 0)]),
        # 16 x 4 samples by 16 x 4 units: 256 x 16; chroma pairs 8 x 4: 128 x 16.
        ("NV12", "ARM_AFRC(P0=16,P12=32,SCAN)", (256, 32), [(64, 32, 2048, 0), (128, 16, 2048, 0)]),
    ],
)
def test_sizes_by_the_kernels_formulas(
    form: str, modifier: str, size: tuple[int, int], expected: list[tuple[int, int, int, int]]
) -> None:
    assert smallest(form, modifier, *size) == expected


SMALL = [
    ("R8", "LINEAR"),
    ("XR24", "ARM_AFBC(16x16)"),
    ("XR24", "ARM_AFBC(16x16,TILED)"),
    ("NV12", "ARM_AFBC(32x8_64x4)"),
    ("XR24", "ARM_AFRC(P0=24)"),
    ("NV12", "ARM_AFRC(P0=16,P12=32,SCAN)"),
    ("NV12", "QCOM_COMPRESSED"),
    ("P010", "QCOM_COMPRESSED"),
    ("XR24", "QCOM_TILED3"),
    ("NV12", "BROADCOM_SAND32_COL_HEIGHT(70)"),
    ("RG16", "BROADCOM_VC4_T_TILED"),
    ("R8", "BROADCOM_UIF"),
    ("RG16", "BROADCOM_UIF"),
    ("NV12", "SAMSUNG_64_32_TILE"),
    ("NV12", "SAMSUNG_16_16_TILE"),
    ("NV12", "MTK_16L_32S_TILE"),
    ("NV15", "MTK(16L32S,10BIT_LSBTILED)"),
    ("XR24", "VIVANTE_TILED"),
    ("XR24", "I915_X_TILED"),
    ("XR24", "I915_Y_TILED_CCS"),
    ("NV12", "I915_Y_TILED_GEN12_MC_CCS"),
    ("XR24", "I915_Y_TILED_GEN12_RC_CCS_CC"),
    ("XR24", "AMD(GFX9,4K_D_X,PIPE_XOR_BITS=2)"),
    ("R8", "NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,1)"),
]


@pytest.mark.parametrize(("form", "modifier"), SMALL)
@pytest.mark.parametrize("size", [(37, 45), (130, 34)])
def test_no_byte_of_a_plane_belongs_to_two_units(form: str, modifier: str, size: tuple[int, int]) -> None:
    facts = planes(form, modifier)
    for surface, (stride, rows, length, metadata) in zip(
        facts.planes, smallest(form, modifier, *size), strict=True
    ):
        across, down = surface.grid(*size)
        bodies, entries = set[int](), set[int]()
        for row in range(down):
            for column in range(across):
                unit = surface.unit(stride, rows, row, column)
                for taken, (first, count), end in (
                    (bodies, unit.body, length - metadata),
                    (entries, unit.entry or (0, 0), metadata),
                ):
                    mine = range(first, first + count)
                    assert first + count <= end
                    assert taken.isdisjoint(mine)
                    taken.update(mine)
        pieces = [range(first, first + count) for first, count in surface.occupied(stride, rows)]
        assert all(any(byte in piece for piece in pieces) for byte in (min(bodies), max(bodies)))


def test_blocks_of_an_odd_last_row_go_straight() -> None:
    # 256 x 96: rows of blocks 0 and 1 lie in a Z (0 1 6 7 over 2 3 4 5), row 2 is 8 9 10 11.
    surface = planes("NV12", "SAMSUNG_64_32_TILE").planes[0]
    places = [
        surface.unit(256, 96, 32 * row, 64 * column).body[0] // 2048
        for row in range(3)
        for column in range(4)
    ]
    assert places == [0, 1, 6, 7, 2, 3, 4, 5, 8, 9, 10, 11]


def test_rows_of_t_tiles_turn_back() -> None:
    surface = planes("XR24", "BROADCOM_VC4_T_TILED").planes[0]
    assert [surface.unit(256, 64, row, 0).body[0] for row in (0, 32)] == [0, 3 * 4096]


def test_columns_hold_both_planes() -> None:
    surface = planes("NV12", "BROADCOM_SAND128_COL_HEIGHT(24)").planes[1]
    assert isinstance(surface, Bands)
    # Byte 130 of row 3 lies in the second column: 24 rows of 128 bytes further, then 3 rows and 2 bytes.
    assert surface.unit(256, 8, 3, 130).body == (24 * 128 + 3 * 128 + 2, 1)
    assert surface.occupied(256, 8) == ((0, 1024), (3072, 1024))


@pytest.mark.parametrize(
    ("form", "modifier"),
    [
        ("YU08", "LINEAR"),
        ("YU08", "I915_Y_TILED"),
        ("XR24", "ARM_AFBC(32x8_64x4)"),
        ("R8", "QCOM_COMPRESSED"),
        ("YU12", "BROADCOM_SAND128_COL_HEIGHT(64)"),
        ("NV24", "BROADCOM_SAND128_COL_HEIGHT(64)"),
        ("P010", "BROADCOM_SAND128_COL_HEIGHT(64)"),
        ("NV12", "BROADCOM_UIF"),
        ("NV12", "BROADCOM_VC4_T_TILED"),
        ("R8", "BROADCOM_VC4_T_TILED"),
        ("RG24", "AMD(GFX11,64K_R_X)"),
        ("NV15", "I915_Yf_TILED"),
        ("P010", "MTK_16L_32S_TILE"),
        ("NV12", "MTK(16L32S,10BIT_LSBTILED)"),
        ("YU08", "SAMSUNG_16_16_TILE"),
        ("YU08", "ARM_AFRC(P0=16)"),
        ("NV12", "ARM_AFRC(P0=16)"),
        ("XR24", "ARM_AFRC(P0=16,P12=16)"),
    ],
)
def test_a_family_that_does_not_cover_a_format_has_no_layout_of_it(form: str, modifier: str) -> None:
    assert pixels(form, modifier) is None
    assert not opaque(modifier_named(modifier))


@pytest.mark.parametrize(
    "modifier",
    [
        "INVALID",
        "ACME_TILED",
        "0x20000000000dead",
        "ARM_AFBC(16x16,DB)",
        "0x0800000000000000",
        "0x0830000000000001",
        "0x0820000000000000",
        "AMD(GFX10,64K_R_X,DCC)",
        "0x0200000000000006",
        "NVIDIA_BLOCK_LINEAR_2D(1,1,2,0x06,2)",
        "0x0300000000000002",
        "VIVANTE_SPLIT_TILED",
        "QCOM_TILED2",
        "MTK(16L32S,COMPRESS_V1)",
        "APPLE_GPU_TILED",
        "AMLOGIC_FBC(BASIC)",
        "0x0100000000000063",
        "0x0400000000000009",
        "0x0900000000000009",
        "BROADCOM_SAND128",
        "0x07000000000000ff",
    ],
)
def test_a_modifier_without_a_public_layout_is_opaque(modifier: str) -> None:
    assert opaque(modifier_named(modifier))
    assert pixels("XR24", modifier) is None


@pytest.mark.parametrize(
    ("modifier", "less"),
    [
        ("LINEAR", False),
        ("ACME_TILED", False),
        ("ARM_AFBC(16x16)", True),
        ("ARM_AFBC(16x16,USM)", False),
        ("ARM_AFRC(P0=16)", False),
        ("QCOM_COMPRESSED(HBB=16)", True),
        ("QCOM_TILED3", False),
        ("I915_Y_TILED", False),
        ("I915_4_TILED_BMG_CCS", True),
        ("AMD(GFX10,64K_R_X,DCC)", True),
        ("AMD(GFX10,64K_R_X)", False),
    ],
)
def test_compressing_modifiers_are_known(modifier: str, less: bool) -> None:
    assert compressing(modifier_named(modifier)) is less


def test_columns_have_a_name_without_their_height() -> None:
    named = modifier_named("BROADCOM_SAND128_COL_HEIGHT(1620)")
    assert (parameter_free(named), column_height(named)) == ("BROADCOM_SAND128", 1620)
    bare = modifier_named("BROADCOM_SAND128")
    assert (parameter_free(bare), column_height(bare)) == (None, None)
    assert parameter_free(modifier_named("BROADCOM_UIF")) is None
