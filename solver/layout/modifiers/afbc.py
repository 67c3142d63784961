"""Arm's frame buffer compression: a header of 16 bytes a superblock, then the superblocks.

The body has room for every superblock uncompressed. With `TILED`, superblocks come in
groups of 8 × 8. YTR, SPLIT, SPARSE and the other flags change no size; where the second
body of `DB` lies is not public.

Source: linux-7.2.13:drivers/gpu/drm/drm_gem_framebuffer_helper.c drm_gem_afbc_min_size();
strides as drivers/gpu/drm/rockchip/rockchip_drm_vop2.c divides them.

Example:
    image: [XR24, ARM_AFBC(16x16), 64x64]  # 4 × 4 superblocks: headers of 16 bytes, then bodies of 1024
    strides: [256]
    metadata: [256]
    bytes: 16640
"""

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.layout import round_up
from heapwright.solver.layout.shape import Metadata, Shape


def claims(modifier: Modifier) -> bool:
    return modifier.family == "ARM_AFBC" and "DB" not in modifier.words


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    blocks = [_sides(part) for part in modifier.words[0].split("_")]
    if len(blocks) > 1 and len(pixels.planes) == 1:
        return None
    of_plane = [blocks[min(index, len(blocks) - 1)] for index in range(len(pixels.planes))]
    if not all(_whole(plane, block) for plane, block in zip(pixels.planes, of_plane, strict=True)):
        return None
    return _shape(pixels, of_plane, "TILED" in modifier.words, modifier.compressed)


def _shape(pixels: PixelFormat, blocks: list[tuple[int, int]], tiled: bool, compressed: bool) -> Shape:
    table = facts("afbc")
    group = table["tiled_group"] if tiled else 1
    align = table["tiled_header_align"] if tiled else table["header_align"]
    lying = list(zip(pixels.planes, blocks, strict=True))
    columns = [width * plane.bytes // plane.samples for plane, (width, _) in lying]
    return Shape(
        pixels.planes,
        tuple(height * group for _, height in blocks),
        tuple(column * group for column in columns),
        tiles=tuple(
            group * group * round_up(column * height, table["block_align"])
            for column, (_, height) in zip(columns, blocks, strict=True)
        ),
        metadata=tuple(
            Metadata(column, height, table["header_bytes"], 1, 1, align)
            for column, (_, height) in zip(columns, blocks, strict=True)
        ),
        align=(align,),
        compressed=compressed,
    )


def _sides(word: str) -> tuple[int, int]:
    width, _, height = word.partition("x")
    return int(width), int(height)


def _whole(plane: PlaneFormat, block: tuple[int, int]) -> bool:
    """Whether a row of a superblock is whole bytes."""
    return block[0] * plane.bytes % plane.samples == 0
