"""amdgpu's planes on DCN 3.0: what is turned by a quarter, with which compression, up to which height."""

from __future__ import annotations

import pytest

from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import facts, placed, refusal
from tests.examples import board as shipped
from tests.unit.displays.asking import ANGLES, judged, painted, question, solved
from tests.unit.displays.by_source import Blocks, Shown, dcn30_takes

BOARD = "amd-dgpu-desktop"
TILES = "GFX10_RBPLUS,64K_R_X"
CHIP = "PACKERS=4,PIPE_XOR_BITS=4"
INDEPENDENT = "DCC_INDEPENDENT_128B,DCC_INDEPENDENT_64B"
ALONE = "DCC_INDEPENDENT_128B,DCC_MAX_COMPRESSED_BLOCK=128B"
KERNEL: dict[str, Blocks | None] = {
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{INDEPENDENT},{CHIP})": Blocks(True),
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{ALONE},{CHIP})": Blocks(False),
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{INDEPENDENT},DCC_RETILE,{CHIP})": Blocks(True),
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{ALONE},DCC_RETILE,{CHIP})": Blocks(False),
    f"AMD({TILES},{CHIP})": None,
    f"AMD(GFX10_RBPLUS,64K_S_X,{CHIP})": None,
    "AMD(GFX9,64K_S)": None,
    "LINEAR": None,
}
"""amdgpu_dm_plane_add_gfx10_3_modifiers() of a chip with 16 pipes and packers, without what is for 8 bytes a pixel."""


def test_the_list_is_the_kernels() -> None:
    scanout = shipped(BOARD).devices["dcn"].ports["scanout"]
    assert {each for rule in scanout.images if "XR24" in rule.formats for each in rule.modifiers} == set(
        KERNEL
    )


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("modifier", KERNEL)
def test_tiles_are_turned_and_compression_where_a_vertical_scan_has_its_blocks(
    modifier: str, angle: int
) -> None:
    # 2 x 2944 rows x 8 columns x 4 bytes are the 184 KiB of the line buffer.
    for height in (1080, 2944, 2945, 4320):
        shown = Shown("XR24", modifier, 1920, height, angle)
        expected = dcn30_takes(modifier, KERNEL[modifier], height, angle)
        assert (solved(BOARD, shown), judged(BOARD, shown)) == (expected, expected), height


@pytest.mark.parametrize("board", ["amd-apu-laptop", "simple-displays"])
def test_linear_pictures_are_not_turned_by_a_quarter(board: str) -> None:
    # An APU's list has LINEAR alone here; a DisplayLink adapter has no rotation at all.
    writer = "gpu.render" if board == "amd-apu-laptop" else "cpu.write"
    for angle in (90, 270):
        (fact,) = facts(refusal(shipped(board), question(Shown("XR24", "LINEAR", 1920, 1080, angle), writer)))
        assert fact[0] == "modifier-side-condition"


@pytest.mark.parametrize("fourcc", ["NV21", "RA24"])
def test_what_dcn_planes_do_not_show_is_refused(fourcc: str) -> None:
    # amdgpu_dm_plane_get_plane_formats() has no NV21; fill_dc_plane_info_and_addr() refuses RA24.
    asked = question(Shown(fourcc, "LINEAR", 1920, 1080), "cpu.write")
    assert "format" in {kind for kind, _ in facts(refusal(shipped(BOARD), asked))}


def test_a_cursor_lies_in_vram_even_where_the_picture_may_lie_in_system_memory() -> None:
    board = shipped("amd-apu-laptop")
    pointer = question(Shown("AR24", "LINEAR", 64, 64), "cpu.write", "display.cursor")
    picture = question(Shown("AR24", "LINEAR", 1920, 1080), "cpu.write")
    assert placed(board, pointer).heap == "amdgpu-vram"
    assert placed(board, picture).heap == "amdgpu-gtt-uswc"


MESA = {
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{ALONE},DCC_PIPE_ALIGN,{CHIP})",
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{ALONE},DCC_RETILE,{CHIP})",
    f"AMD({TILES},DCC,DCC_CONSTANT_ENCODE,{INDEPENDENT},DCC_RETILE,{CHIP})",
    f"AMD({TILES},{CHIP})",
    "AMD(GFX9,64K_S)",
    "LINEAR",
}
"""mesa-25.0.7:src/amd/common/ac_surface.c ac_get_supported_modifiers() GFX10_3, of 4 bytes a pixel."""


@pytest.mark.parametrize("angle", ANGLES)
def test_what_the_gpu_renders_for_the_display_is_in_both_lists(angle: int) -> None:
    screen = {
        "size": "2560x1440", "formats": ["XR24"], "written_by": "gpu.render",
        "read_by": [{"port": "display.scanout", "rotate": angle}],
    }  # fmt: skip
    asked = Pipeline.model_validate(
        {"schema": "heapwright/pipeline/1", "name": "desktop", "buffers": {"screen": screen}}
    )
    frame = placed(shipped(BOARD), asked, buffer="screen")
    assert frame.modifier in MESA & set(KERNEL)
    assert dcn30_takes(frame.modifier, KERNEL[frame.modifier], 1440, angle)
    assert frame.heap == "amdgpu-vram"


def test_compression_is_told_apart_from_tiles() -> None:
    assert [parse_modifier(each).compressed for each in KERNEL] == [
        blocks is not None for blocks in KERNEL.values()
    ]
    assert painted(BOARD).devices["dcn"] == shipped(BOARD).devices["dcn"]
