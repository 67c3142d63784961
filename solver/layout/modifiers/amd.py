"""AMD's tiles since GFX9: square blocks of 256 bytes to 256 KiB.

Before GFX12, compression (DCC) adds planes whose sizes only AMD's address library knows;
since then it lies outside the buffer.

Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_display.c amdgpu_display_verify_sizes(),
get_block_dimensions().

Example:
    image: [RG16, "AMD(GFX9,64K_S)", 1366x768]  # blocks of 64 KiB, 256 × 128 pixels: 6 by 6
    strides: [3072]
    bytes: 2359296
"""

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Shape


def claims(modifier: Modifier) -> bool:
    if modifier.family != "AMD":
        return False
    words = modifier.words
    return words[0] == "GFX12" or not {"DCC", "DCC_RETILE"} & set(words)


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    sizes = whole_samples(pixels)
    if sizes is None:
        return None
    block: int = facts("amd")["blocks"][modifier.words[1].partition("_")[0]]
    rows, columns = [], []
    for size in sizes:
        bits = block - (size.bit_length() - 1)
        across = -(-bits // 2)
        columns.append(size << across)
        rows.append(1 << bits - across)
    return Shape(
        pixels.planes, tuple(rows), tuple(columns), align=(1 << block,), compressed=modifier.compressed
    )  # fmt: skip
