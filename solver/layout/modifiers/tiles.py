"""Fixed tiles: the image is padded to whole tiles, and its size is that of the padded image.

Intel's X, Y and Tile 4, MTK_16L_32S_TILE, Samsung, Allwinner, Vivante, Mali's
U-interleaved, Tegra's and VC4's tiles: the tile is a property of the modifier alone
(platforms/modifiers.toml), nothing is compressed and no metadata is added.

Source: include/uapi/drm/drm_fourcc.h, the comments of each modifier.

Example:
    image: [RG16, BROADCOM_VC4_T_TILED, 65x1]  # tiles of 64 × 32 pixels, here two, of 4 KiB each
    strides: [256]
    bytes: 8192
"""

from heapwright.platforms.fourcc.formats import PixelFormat
from heapwright.platforms.fourcc.modifiers import Modifier, Tile
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Shape

T_TILED = "BROADCOM_VC4_T_TILED"


def claims(modifier: Modifier) -> bool:
    return modifier.tile is not None


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    tile = modifier.tile
    if tile is None or not pixels.linear or not _suits(pixels, modifier):
        return None
    if modifier.name == "MTK_16L_32S_TILE" and _tens(pixels):
        tile = tile._replace(width=tile.width * 5 // 4)
    chroma = tile.chroma_height or tile.height
    rows = (tile.height,) + (chroma,) * (len(pixels.planes) - 1)
    return Shape(pixels.planes, rows, _columns(pixels, tile), align=(tile.align,))


def _columns(pixels: PixelFormat, tile: Tile) -> tuple[int, ...]:
    """Bytes of a row of a tile, in each plane."""
    if tile.in_bytes:
        return (tile.width,) * len(pixels.planes)
    return tuple(tile.width * plane.bytes // plane.samples for plane in pixels.planes)


def _suits(pixels: PixelFormat, modifier: Modifier) -> bool:
    """Whether the tile is made for formats like this.

    VC4's is used with 16 and 32 bits a pixel (vc4_plane.c vc4_format_mod_supported()), MediaTek's
    with samples of eight bits, or of ten packed four to five bytes (drm_fourcc.h MTK_FMT_MOD_10BIT_LAYOUT).
    """
    tile = modifier.tile
    if tile and not tile.in_bytes and any(tile.width * p.bytes % p.samples for p in pixels.planes):
        return False  # no whole bytes in a row of a tile
    if modifier.name == T_TILED:
        return whole_samples(pixels) in ((2,), (4,))
    if modifier.name == "MTK_16L_32S_TILE":
        return _tens(pixels) or (pixels.planes[0].bytes, pixels.planes[0].samples) == (1, 1)
    return modifier.family != "MTK" or _tens(pixels)


def _tens(pixels: PixelFormat) -> bool:
    """Ten bits a sample, four samples in five bytes."""
    return (pixels.planes[0].bytes, pixels.planes[0].samples) == (5, 4)
