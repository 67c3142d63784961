"""Every spelling of a modifier is one modifier, with the value of drm_fourcc.h."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwright.platforms.fourcc.modifiers import Tile, canonical, opaque, parse_modifier


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("LINEAR", "LINEAR", 0),
        ("DRM_FORMAT_MOD_LINEAR", "LINEAR", 0),
        ("NONE", "LINEAR", 0),
        ("0x0", "LINEAR", 0),
        ("0", "LINEAR", 0),
        ("72057594037927937", "I915_X_TILED", 0x0100000000000001),
        ("INVALID", "INVALID", 0x00FFFFFFFFFFFFFF),
        ("I915_X_TILED", "I915_X_TILED", 0x0100000000000001),
        ("I915_FORMAT_MOD_Y_TILED", "I915_Y_TILED", 0x0100000000000002),
        ("INTEL_X_TILED", "I915_X_TILED", 0x0100000000000001),
        ("SAMSUNG_64_32_TILE", "SAMSUNG_64_32_TILE", 0x0400000000000001),
        ("DRM_FORMAT_MOD_GENERIC_16_16_TILE", "SAMSUNG_16_16_TILE", 0x0400000000000002),
        ("QCOM_COMPRESSED", "QCOM_COMPRESSED", 0x0500000000000001),
        ("VIVANTE_SUPER_TILED", "VIVANTE_SUPER_TILED", 0x0600000000000002),
        ("BROADCOM_VC4_T_TILED", "BROADCOM_VC4_T_TILED", 0x0700000000000001),
        ("BROADCOM_SAND128", "BROADCOM_SAND128", 0x0700000000000004),
        # rpi4: column height 1632 = 0x660, in bits 8 and up
        ("BROADCOM_SAND128(1632)", "BROADCOM_SAND128_COL_HEIGHT(1632)", 0x0700000000066004),
        ("0x0700000000066004", "BROADCOM_SAND128_COL_HEIGHT(1632)", 0x0700000000066004),
        ("BROADCOM_UIF", "BROADCOM_UIF", 0x0700000000000006),
        ("ARM_16X16_BLOCK_U_INTERLEAVED", "ARM_16X16_BLOCK_U_INTERLEAVED", 0x0810000000000001),
        # 16x16 = 1, SPARSE = 1 << 6, YTR = 1 << 4
        ("ARM_AFBC(16x16,SPARSE,YTR)", "ARM_AFBC(16x16,SPARSE,YTR)", 0x0800000000000051),
        ("AFBC(YTR|16x16|SPARSE)", "ARM_AFBC(16x16,SPARSE,YTR)", 0x0800000000000051),
        ("0x0800000000000051", "ARM_AFBC(16x16,SPARSE,YTR)", 0x0800000000000051),
        ("ARM_AFBC(32x8_64x4)", "ARM_AFBC(32x8_64x4)", 0x0800000000000004),
        ("ALLWINNER_TILED", "ALLWINNER_TILED", 0x0900000000000001),
        ("MTK_16L_32S_TILE", "MTK_16L_32S_TILE", 0x0B00000000000001),
        ("MTK(16L32S)", "MTK_16L_32S_TILE", 0x0B00000000000001),
        ("MTK(16L32S,10BIT_LSBTILED)", "MTK(16L32S,10BIT_LSBTILED)", 0x0B00000000010001),
        # c = 0, s = 1 << 22, g = 2 << 20, k = 6 << 12, block linear 0x10, h = 4
        ("NVIDIA_BLOCK_LINEAR_2D(0,1,2,6,4)", "NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,4)", 0x0300000000606014),
        ("0x0300000000606014", "NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,4)", 0x0300000000606014),
        # s = 3 is split: its bit 0 in bit 22, its bit 1 in bit 26; c = 1 in bit 23
        (
            "NVIDIA_BLOCK_LINEAR_2D(1,3,0,0xfe,0)",
            "NVIDIA_BLOCK_LINEAR_2D(1,3,0,0xfe,0)",
            0x0300000000000010 | 1 << 22 | 1 << 26 | 1 << 23 | 0xFE << 12,
        ),
        ("NVIDIA_16BX2_BLOCK_SIXTEEN_GOB", "NVIDIA_16BX2_BLOCK(4)", 0x0300000000000014),
        # Tegra194: DRM_FORMAT_MOD_NVIDIA_SECTOR_LAYOUT is bit 22 (drivers/gpu/drm/tegra/drm.h)
        ("0x0300000000400014", "NVIDIA_BLOCK_LINEAR_2D(0,1,0,0x00,4)", 0x0300000000400014),
        # P0 = 24 bytes: 2; P12 = 32: 3 << 4; SCAN 1 << 8; category 2 << 52
        ("ARM_AFRC(P0=24,P12=32,SCAN)", "ARM_AFRC(P0=24,P12=32,SCAN)", 0x0820000000000132),
        # GFX10_RBPLUS 3, 64K_R_X 27 << 8, four pipes 2 << 21, four packers 2 << 27
        (
            "AMD(64K_R_X,GFX10_RBPLUS,PACKERS=2,PIPE_XOR_BITS=2)",
            "AMD(GFX10_RBPLUS,64K_R_X,PACKERS=2,PIPE_XOR_BITS=2)",
            0x0200000000000003 | 27 << 8 | 2 << 21 | 2 << 27,
        ),
        # the same, by value
        ("0x0200000010401b03", "AMD(GFX10_RBPLUS,64K_R_X,PACKERS=2,PIPE_XOR_BITS=2)", 0x0200000010401B03),
        # and with DCC (1 << 13), independent blocks of 64 and 128 B (1 << 16, 1 << 17), constant encode (1 << 20)
        (
            "0x0200000010533b03",
            "AMD(GFX10_RBPLUS,64K_R_X,DCC,DCC_CONSTANT_ENCODE,DCC_INDEPENDENT_128B,DCC_INDEPENDENT_64B,"
            "PACKERS=2,PIPE_XOR_BITS=2)",
            0x0200000010533B03,
        ),
        ("AMD(GFX12,256K_2D)", "AMD(GFX12,256K_2D)", 0x0200000000000405),
        ("AMLOGIC_FBC(BASIC,MEM_SAVING)", "AMLOGIC_FBC(BASIC,MEM_SAVING)", 0x0A00000000000101),
        ("VIVANTE(SUPER_TILED)", "VIVANTE_SUPER_TILED", 0x0600000000000002),
        ("VIVANTE(TILED,TS_128_4,COMP_DEC400)", "VIVANTE(TILED,COMP_DEC400,TS_128_4)", 0x0613000000000001),
        ("ARM_INTERLEAVED_64K", "ARM_INTERLEAVED_64K", 0x0810000000000002),
        ("APPLE_GPU_TILED_COMPRESSED", "APPLE_GPU_TILED_COMPRESSED", 0x0C00000000000002),
    ],
)
def test_a_spelling_has_a_name_and_a_value(text: str, name: str, value: int) -> None:
    modifier = parse_modifier(text)
    assert (modifier.name, modifier.value) == (name, value)
    assert parse_modifier(name) == modifier
    assert parse_modifier(f"{value:#x}") == modifier
    assert canonical(text) == canonical(value) == name


@pytest.mark.parametrize("text", ["GFX9(64K_S)", "SOMETHING_NEW", "ACME(1,2)"])
def test_an_unknown_name_is_carried_as_it_is(text: str) -> None:
    assert parse_modifier(text) == (text, None, None, (), False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ARM_AFBC(16x16,FAST)", "ARM_AFBC has no 'FAST'"),
        ("ARM_AFBC(YTR)", "one of its tiles once"),
        ("ARM_AFBC(16x16,32x8)", "one of its tiles once"),
        ("ARM_AFBC(16x16,YTR,YTR)", "one of its tiles once"),
        ("ARM_AFBC()", "ARM_AFBC has no ''"),
        ("MTK(16L32S,COMPRESS_V9)", "MTK has no 'COMPRESS_V9'"),
        ("BROADCOM_SAND128(high)", r"expected BROADCOM_SAND128_COL_HEIGHT\(column height in rows\)"),
        ("NVIDIA_BLOCK_LINEAR_2D(0,1,2,6)", r"expected NVIDIA_BLOCK_LINEAR_2D\(compression"),
        ("NVIDIA_16BX2_BLOCK(16)", "got 16, which has too many bits"),
        ("AMD(GFX9,GFX10,64K_S)", "one of its tiles once"),
        ("AMD(GFX9,64K_S,PIPE_XOR_BITS=8)", "AMD has no 'PIPE_XOR_BITS=8'"),
        ("ARM_AFRC(P12=16)", "one of its tiles once"),
        ("ARM_AFRC(P0=16,P12=16,P12=24)", "one of its tiles once"),
    ],
)
def test_a_family_refuses_what_it_does_not_have(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_modifier(text)


@given(st.integers(0, 2**64 - 1))
def test_every_value_has_one_name(value: int) -> None:
    modifier = parse_modifier(f"{value:#x}")
    assert modifier.value == value
    assert parse_modifier(modifier.name) == modifier


HEADER = {
    # include/uapi/drm/drm_fourcc.h: fourcc_mod_code(INTEL, n), in the header's order
    **{
        f"I915_FORMAT_MOD_{name}": 1 << 56 | number
        for number, name in enumerate(
            [
                "X_TILED",
                "Y_TILED",
                "Yf_TILED",
                "Y_TILED_CCS",
                "Yf_TILED_CCS",
                "Y_TILED_GEN12_RC_CCS",
                "Y_TILED_GEN12_MC_CCS",
                "Y_TILED_GEN12_RC_CCS_CC",
                "4_TILED",
                "4_TILED_DG2_RC_CCS",
                "4_TILED_DG2_MC_CCS",
                "4_TILED_DG2_RC_CCS_CC",
                "4_TILED_MTL_RC_CCS",
                "4_TILED_MTL_MC_CCS",
                "4_TILED_MTL_RC_CCS_CC",
                "4_TILED_LNL_CCS",
                "4_TILED_BMG_CCS",
            ],
            start=1,
        )
    },
    "DRM_FORMAT_MOD_SAMSUNG_64_32_TILE": 0x0400000000000001,
    "DRM_FORMAT_MOD_SAMSUNG_16_16_TILE": 0x0400000000000002,
    "DRM_FORMAT_MOD_QCOM_COMPRESSED": 0x0500000000000001,
    "DRM_FORMAT_MOD_QCOM_TILED2": 0x0500000000000002,
    "DRM_FORMAT_MOD_QCOM_TILED3": 0x0500000000000003,
    "DRM_FORMAT_MOD_VIVANTE_TILED": 0x0600000000000001,
    "DRM_FORMAT_MOD_VIVANTE_SUPER_TILED": 0x0600000000000002,
    "DRM_FORMAT_MOD_VIVANTE_SPLIT_TILED": 0x0600000000000003,
    "DRM_FORMAT_MOD_VIVANTE_SPLIT_SUPER_TILED": 0x0600000000000004,
    "DRM_FORMAT_MOD_NVIDIA_TEGRA_TILED": 0x0300000000000001,
    "DRM_FORMAT_MOD_NVIDIA_16BX2_BLOCK(0)": 0x0300000000000010,
    "DRM_FORMAT_MOD_NVIDIA_16BX2_BLOCK(5)": 0x0300000000000015,
    "DRM_FORMAT_MOD_BROADCOM_VC4_T_TILED": 0x0700000000000001,
    "DRM_FORMAT_MOD_BROADCOM_SAND32": 0x0700000000000002,
    "DRM_FORMAT_MOD_BROADCOM_SAND64": 0x0700000000000003,
    "DRM_FORMAT_MOD_BROADCOM_SAND128": 0x0700000000000004,
    "DRM_FORMAT_MOD_BROADCOM_SAND256": 0x0700000000000005,
    "DRM_FORMAT_MOD_BROADCOM_SAND64_COL_HEIGHT(96)": 0x0700000000006003,
    "DRM_FORMAT_MOD_BROADCOM_UIF": 0x0700000000000006,
    "DRM_FORMAT_MOD_ARM_16X16_BLOCK_U_INTERLEAVED": 0x0810000000000001,
    "DRM_FORMAT_MOD_ARM_INTERLEAVED_64K": 0x0810000000000002,
    "DRM_FORMAT_MOD_ALLWINNER_TILED": 0x0900000000000001,
    "DRM_FORMAT_MOD_MTK_16L_32S_TILE": 0x0B00000000000001,
    "DRM_FORMAT_MOD_APPLE_GPU_TILED": 0x0C00000000000001,
    "DRM_FORMAT_MOD_APPLE_GPU_TILED_COMPRESSED": 0x0C00000000000002,
    # AFBC's bits, one after the other
    **{
        f"DRM_FORMAT_MOD_ARM_AFBC(16x16|{name})": 8 << 56 | 1 | 1 << bit
        for bit, name in enumerate(
            ["YTR", "SPLIT", "SPARSE", "CBR", "TILED", "SC", "DB", "BCH", "USM"], start=4
        )
    },
}


@pytest.mark.parametrize("name", HEADER)
def test_every_macro_of_the_header_has_its_value(name: str) -> None:
    modifier = parse_modifier(name)
    assert modifier.value == HEADER[name]
    assert parse_modifier(f"{HEADER[name]:#x}").name == modifier.name


def test_bank_bits_tell_ubwc_of_two_chips_apart() -> None:
    one, other = parse_modifier("QCOM_COMPRESSED(HBB=13)"), parse_modifier("QCOM_COMPRESSED( HBB = 16 )")
    assert one.name != other.name == "QCOM_COMPRESSED(HBB=16)"
    assert one.value == other.value == parse_modifier("QCOM_COMPRESSED").value


@pytest.mark.parametrize(
    ("text", "compressed"),
    [
        ("ARM_AFBC(16x16,SPARSE)", True),
        ("ARM_AFBC(16x16,SPARSE,USM)", False),
        ("ARM_AFRC(P0=16)", False),
        ("QCOM_COMPRESSED", True),
        ("QCOM_TILED3", False),
        ("I915_4_TILED_LNL_CCS", True),
        ("AMD(GFX11,64K_R_X)", False),
        ("AMD(GFX11,64K_R_X,DCC)", True),
        ("NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,4)", False),
        ("NVIDIA_BLOCK_LINEAR_2D(1,1,2,0x06,4)", True),
        ("LINEAR", False),
    ],
)
def test_what_compresses_says_so(text: str, compressed: bool) -> None:
    assert parse_modifier(text).compressed is compressed


@given(
    st.sampled_from(["16x16", "32x8", "64x4"]),
    st.permutations(["YTR", "SPARSE", "SPLIT", "CBR", "TILED", "SC"]),
)
def test_the_order_of_flags_does_not_matter(block: str, flags: list[str]) -> None:
    text = f"ARM_AFBC({block},{','.join(flags)})"
    assert canonical(text) == f"ARM_AFBC({block},CBR,SC,SPARSE,SPLIT,TILED,YTR)"


@pytest.mark.parametrize("value", [-1, 2**64])
def test_a_value_has_64_bits(value: int) -> None:
    with pytest.raises(ValueError, match="expected a modifier of 64 bits"):
        canonical(value)


def test_what_is_no_modifier_is_left_to_the_next_judge() -> None:
    assert canonical(None) is None
    assert canonical("") == ""
    assert canonical(True) is True


def test_tiles_are_facts_of_fixed_tile_modifiers() -> None:
    assert parse_modifier("MTK_16L_32S_TILE").tile == Tile(16, 32, in_bytes=True, chroma_height=16)
    assert parse_modifier("VIVANTE_SUPER_TILED").tile == Tile(64, 64)
    assert parse_modifier("LINEAR").tile is None
    assert parse_modifier("ARM_AFBC(16x16)").tile is None


def test_linear_and_families_are_told_apart() -> None:
    assert parse_modifier("LINEAR").linear
    assert not parse_modifier("SOMETHING_NEW").linear
    assert parse_modifier("ARM_AFBC(16x16,YTR)").family == "ARM_AFBC"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("LINER", "LINEAR"),
        ("linear", "LINEAR"),
        ("DRM_FORMAT_MOD_LINAER", "LINEAR"),
        ("I915_Y_TILES", "I915_Y_TILED"),
        ("ARM_AFBX(16x16)", "ARM_AFBC(…)"),
        ("ARM_AFBC", "ARM_AFBC(…)"),
        ("afbc(16x16)", "ARM_AFBC(…)"),
    ],
)
def test_a_name_nobody_knows_is_told_with_the_nearest_one(text: str, meant: str) -> None:
    assert opaque(text) == f"no modifier '{text}' is known; it is carried opaquely (did you mean {meant}?)"


def test_a_name_like_no_other_is_told_alone() -> None:
    assert opaque("ACME_7") == "no modifier 'ACME_7' is known; it is carried opaquely"


@pytest.mark.parametrize("text", ["LINEAR", "NONE", "0x0900000000000077", "ARM_AFBC(16x16)", "INVALID"])
def test_what_has_a_value_is_known(text: str) -> None:
    assert opaque(text) is None
