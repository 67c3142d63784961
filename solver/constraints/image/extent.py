"""A port takes images of some sizes only, or buffers up to some size.

Minimum, maximum and step differ between input and output of one block. A step is
met by the coded size where the port itself rounds up.

Source: linux-7.2.13:drivers/media/platform/rockchip/rga/rga3-hw.c rga3_hw (in 8176,
out 8128); drivers/gpu/drm/mxsfb/lcdif_regs.h LCDIF_MIN_*.

Example:
    buffers.frame.size: 1920x1080
    devices.panel.ports.scanout.images[0].extent: {violates: {max: 1920x1079}, passes: {max: 1920x1080}}
"""

from typing import Final

from heapwright.platforms.schema import ExtentMultiple, ExtentRule
from heapwright.platforms.values import Extent
from heapwright.solver.constraints.image.coded_size import block_of
from heapwright.solver.constraints.kind import ConstraintKind, clauses
from heapwright.solver.layout.layout import Demand, whole_blocks

_ANY: Final = ExtentRule()


def _states(
    most_bytes: int | None, extent: ExtentRule | None, access: str, coded: ExtentMultiple | None
) -> bool:
    return most_bytes is not None or (extent is not None and extent != _ANY)


def _asks(
    need: Demand,
    most_bytes: int | None,
    extent: ExtentRule | None,
    access: str,
    coded: ExtentMultiple | None,
) -> None:
    if most_bytes is not None:
        need.bytes_max = most_bytes if need.bytes_max is None else min(need.bytes_max, most_bytes)
    if extent is not None and not _fits(need.image, extent, block_of(coded) if access == "write" else None):
        need.bytes_max = -1


def _fits(image: Extent, asked: ExtentRule, block: Extent | None) -> bool:
    """Whether the port takes images of this size, of which it writes whole blocks if any."""
    low, high = _extent(asked.min, image), _extent(asked.max, image)
    if not (low.width <= image.width <= high.width and low.height <= image.height <= high.height):
        return False
    if not isinstance(asked.multiple, Extent):
        return True
    whole = whole_blocks(image, block)
    return whole == whole_blocks(whole, asked.multiple)


def _extent(stated: object, other: Extent) -> Extent:
    return stated if isinstance(stated, Extent) else other


def _words(
    label: str,
    title: str,
    most_bytes: int | None,
    extent: ExtentRule | None,
    access: str,
    coded: ExtentMultiple | None,
) -> str:
    asked = extent or _ANY
    parts = clauses(
        (asked.min, "of at least {}"),
        (asked.max, "of at most {}"),
        (asked.multiple, "in steps of {}"),
        (most_bytes, "of at most {} bytes"),
    )
    return f"{title} takes {label} {', '.join(parts)} only"


KIND = ConstraintKind(
    name="extent",
    scope="layout",
    reads=("port.bytes.max", "rule.extent", "use.access", "rule.coded"),
    rule=_states,
    asks=_asks,
    words=_words,
)
