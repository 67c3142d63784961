"""An importer may check that the buffer holds a padded image, whatever it reads.

etnaviv wants stride × the height rounded up to 4 rows, MFC rounds the rows of each
plane by itself; some ports want sizes in whole multiples.

Source: mesa:src/gallium/drivers/etnaviv/etnaviv_resource.c etna_resource_from_handle();
linux-7.3.4:drivers/media/platform/samsung/s5p-mfc/s5p_mfc_opr_v6.c calc_plane();
linux-7.2.13:drivers/gpu/drm/virtio/virtgpu_ioctl.c (blob_alignment).

Example:
    devices.camera.ports.capture.bytes.max: 1152
    buffers.frame.size: 16x18  # 64 × 20 = 1280 bytes, or 64 × 18 = 1152
    devices.panel.ports.scanout.images[0].minimum.rows_multiple: {violates: 4, passes: 2}
    clashes_with: [extent]
"""

from __future__ import annotations

from math import lcm

from heapwright.platforms.schema import PlaneRows
from heapwright.platforms.values import Extent, in_units
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "minimum-size"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    if isinstance(attachment.port.bytes.multiple, int):
        return True
    return attachment.rule is not None and (
        attachment.rule.minimum is not None or attachment.rule.plane_rows is not None
    )


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    if isinstance(attachment.port.bytes.multiple, int):
        need.bytes_multiple = lcm(need.bytes_multiple, attachment.port.bytes.multiple)
    if attachment.rule is not None and attachment.rule.minimum is not None:
        need.minimum_rows += (attachment.rule.minimum.rows_multiple,)
    if attachment.rule is not None and attachment.rule.plane_rows is not None:
        need.plane_rows += (attachment.rule.plane_rows,)


def _own_rows(rule: PlaneRows) -> str:
    text = f"room for whole groups of {rule.multiple} rows in every plane"
    if rule.below is None:
        return text
    return f"{text} (of {rule.below.multiple} in one of less than {in_units(rule.below.bytes)})"


def sentence(label: str, attachment: BoundAttachment) -> str:
    parts = []
    if attachment.rule is not None and attachment.rule.minimum is not None:
        parts.append(f"room for a height rounded up to {attachment.rule.minimum.rows_multiple} rows")
    if attachment.rule is not None and attachment.rule.plane_rows is not None:
        parts.append(_own_rows(attachment.rule.plane_rows))
    if isinstance(attachment.port.bytes.multiple, int):
        parts.append(f"a size that is a multiple of {attachment.port.bytes.multiple} bytes")
    return f"{attachment.title} checks that {label} has {' and '.join(parts)}"
