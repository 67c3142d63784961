"""Qualcomm's bandwidth compression: a byte of metadata a block first, then the pixels, each on 4 KiB.

Display, codec and GPU each work the layout out from the extent, and take no other:
it is derived. P010 is packed, three samples to four bytes. `QCOM_TILED3` is the same
without metadata. The chip's highest bank bit changes no size.

Source: linux-7.2.13:drivers/gpu/drm/msm/disp/dpu1/dpu_formats.c
_dpu_format_populate_plane_sizes_ubwc(); drivers/gpu/drm/msm/disp/mdp_format.c PSEUDO_YUV_FMT_TILED.

Example:
    image: [P010, QCOM_COMPRESSED, 192x128]  # luma 4096 + 32768 bytes, chroma 4096 + 16384
    strides: [256, 256]
    offsets: [0, 36864]
    metadata: [4096, 4096]
    bytes: 57344
"""

from typing import Any, Final

from heapwright.platforms.fourcc.formats import PixelFormat, PlaneFormat
from heapwright.platforms.fourcc.layout_facts import facts
from heapwright.platforms.fourcc.modifiers import Modifier
from heapwright.solver.layout.modifiers.linear import whole_samples
from heapwright.solver.layout.shape import Metadata, Shape

COMPRESSED: Final = "QCOM_COMPRESSED"


def claims(modifier: Modifier) -> bool:
    return modifier.family in (COMPRESSED, "QCOM_TILED3")


def shape(pixels: PixelFormat, modifier: Modifier) -> Shape | None:
    table, sizes = facts("ubwc"), whole_samples(pixels)
    if sizes is None:
        return None
    row: dict[str, Any] | None = table.get(pixels.fourcc)
    if row is None and pixels.colour == "rgb" and len(sizes) == 1 and sizes[0] in table["rgb"]["bytes"]:
        row = table["rgb"]
    if row is None:
        return None
    payload = _payload(pixels.planes, row)
    number = len(payload)
    metadata: tuple[Metadata, ...] = ()
    if modifier.family == COMPRESSED:
        width, height = row["block"]
        first = payload[0]
        # Blocks of chroma have half the samples, and as many bytes.
        entry = Metadata(
            width * first.bytes // first.samples, height, 1, table["meta_stride"], table["meta_rows"],
            table["align"],
        )  # fmt: skip
        metadata = (entry,) * number
    return Shape(
        pixels.planes,
        (row["rows"],) * number,
        (row["columns"],) * number,
        metadata=metadata,
        multiple=table["align"],
        derived=True,
        payload=payload,
        compressed=modifier.compressed,
    )


def _payload(lying: tuple[PlaneFormat, ...], row: dict[str, Any]) -> tuple[PlaneFormat, ...]:
    """The planes as they lie: packed where the format is."""
    if "packed" not in row:
        return lying
    size, samples = row["packed"]
    first = lying[0].bytes
    return tuple(p._replace(bytes=size * p.bytes // first, samples=samples) for p in lying)
