"""Every spelling of a modifier is one modifier, with the value of drm_fourcc.h."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.modifiers import Tile, canonical, parse_modifier


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("LINEAR", "LINEAR", 0),
        ("DRM_FORMAT_MOD_LINEAR", "LINEAR", 0),
        ("NONE", "LINEAR", 0),
        ("0x0", "LINEAR", 0),
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
        ("BROADCOM_SAND128_COL_HEIGHT(1632)", "BROADCOM_SAND128(1632)", 0x0700000000066004),
        ("0x0700000000066004", "BROADCOM_SAND128(1632)", 0x0700000000066004),
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
        ("0x0300000000606014", "0x300000000606014", 0x0300000000606014),
    ],
)
def test_a_spelling_has_a_name_and_a_value(text: str, name: str, value: int) -> None:
    modifier = parse_modifier(text)
    assert (modifier.name, modifier.value) == (name, value)
    assert parse_modifier(name) == modifier
    assert parse_modifier(f"{value:#x}") == modifier
    assert canonical(text) == canonical(value) == name


@pytest.mark.parametrize("text", ["AMD(GFX9,64K_S)", "SOMETHING_NEW", "ACME(1,2)"])
def test_an_unknown_name_is_carried_as_it_is(text: str) -> None:
    assert parse_modifier(text) == (text, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ARM_AFBC(16x16,FAST)", "ARM_AFBC has no 'FAST'"),
        ("ARM_AFBC(YTR)", "one of its tiles once"),
        ("ARM_AFBC(16x16,32x8)", "one of its tiles once"),
        ("ARM_AFBC(16x16,YTR,YTR)", "one of its tiles once"),
        ("ARM_AFBC()", "ARM_AFBC has no ''"),
        ("MTK(16L32S,COMPRESS_V9)", "MTK has no 'COMPRESS_V9'"),
        ("BROADCOM_SAND128(high)", r"expected BROADCOM_SAND128\(column height in rows\)"),
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
