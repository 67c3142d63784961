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

from math import lcm

from heapwright.platforms.schema import Minimum, PlaneRows
from heapwright.platforms.values import in_units
from heapwright.solver.constraints.kind import ConstraintKind, clauses, stated
from heapwright.solver.layout.layout import Demand


def _asks(
    need: Demand,
    multiple: int | None,
    minimum: Minimum | None,
    plane_rows: PlaneRows | None,
) -> None:
    need.bytes_multiple = lcm(need.bytes_multiple, multiple or 1)
    if minimum is not None:
        need.minimum_rows += (minimum.rows_multiple,)
    if plane_rows is not None:
        need.plane_rows += (plane_rows,)


def _own_rows(rule: PlaneRows) -> str:
    text = f"room for whole groups of {rule.multiple} rows in every plane"
    if rule.below is None:
        return text
    return f"{text} (of {rule.below.multiple} in one of less than {in_units(rule.below.bytes)})"


def _words(
    label: str,
    title: str,
    multiple: int | None,
    minimum: Minimum | None,
    plane_rows: PlaneRows | None,
) -> str:
    parts = clauses(
        (minimum, "room for a height rounded up to {0.rows_multiple} rows"),
        (plane_rows and _own_rows(plane_rows), "{}"),
        (multiple, "a size that is a multiple of {} bytes"),
    )
    return f"{title} checks that {label} has {' and '.join(parts)}"


KIND = ConstraintKind(
    name="minimum-size",
    scope="layout",
    reads=("port.bytes.multiple", "rule.minimum", "rule.plane_rows"),
    rule=stated,
    asks=_asks,
    words=_words,
)
