"""A port takes images of some sizes only, or buffers up to some size.

Minimum, maximum and step differ between input and output of one block. A step is
met by the coded size where the port itself rounds up.

Source: linux-7.2.13:drivers/media/platform/rockchip/rga/rga3-hw.c rga3_hw (in 8176,
out 8128); drivers/gpu/drm/mxsfb/lcdif_regs.h LCDIF_MIN_*.

Example:
    buffers.frame.size: 1920x1080
    devices.panel.ports.scanout.images[0].extent: {violates: {max: 1920x1079}, passes: {max: 1920x1080}}
"""

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import ConstraintKind, clauses, stated
from heapwright.solver.layout.layout import Demand, whole_blocks


def _states(*values: object) -> bool:
    return stated(*values[:4])


def _asks(
    need: Demand,
    most_bytes: int | None,
    least: Extent | None,
    most: Extent | None,
    step: Extent | None,
    access: str,
    block: Extent | None,
) -> None:
    if most_bytes is not None:
        need.bytes_max = most_bytes if need.bytes_max is None else min(need.bytes_max, most_bytes)
    image, low, high = need.image, least or need.image, most or need.image
    within = low.width <= image.width <= high.width and low.height <= image.height <= high.height
    whole = whole_blocks(image, block if access == "write" else None)
    if not within or whole != whole_blocks(whole, step):
        need.bytes_max = -1


def _words(
    label: str,
    title: str,
    most_bytes: int | None,
    least: Extent | None,
    most: Extent | None,
    step: Extent | None,
    *_: object,
) -> str:
    parts = clauses(
        (least, "of at least {}"),
        (most, "of at most {}"),
        (step, "in steps of {}"),
        (most_bytes, "of at most {} bytes"),
    )
    return f"{title} takes {label} {', '.join(parts)} only"


KIND = ConstraintKind(
    name="extent",
    scope="layout",
    reads=(
        "port.bytes.max", "rule.extent.min", "rule.extent.max", "rule.extent.multiple", "use.access", "rule.coded.multiple"
    ),
    rule=_states,
    asks=_asks,
    words=_words,
)  # fmt: skip
