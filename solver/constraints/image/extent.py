"""A port takes images of some sizes only, or buffers up to some size.

Minimum, maximum and step differ between input and output of one block. A step is
met by the coded size where the port itself rounds up.

Source: linux-7.2.13:drivers/media/platform/rockchip/rga/rga3-hw.c rga3_hw (in 8176,
out 8128); drivers/gpu/drm/mxsfb/lcdif_regs.h LCDIF_MIN_*.

Example:
    buffers.frame.size: 1920x1080
    devices.panel.ports.scanout.images[0].extent: {violates: {max: 1920x1079}, passes: {max: 1920x1080}}
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand, round_up

NAME = "extent"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    if isinstance(attachment.port.bytes.max, int):
        return True
    if attachment.rule is None:
        return False
    rule = attachment.rule.extent
    return isinstance(rule.min, Extent) or isinstance(rule.max, Extent) or isinstance(rule.multiple, Extent)


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    most = attachment.port.bytes.max
    if isinstance(most, int):
        need.bytes_max = most if need.bytes_max is None else min(need.bytes_max, most)
    if attachment.rule is not None and not fits(attachment, image):
        need.bytes_max = -1


def fits(attachment: BoundAttachment, image: Extent) -> bool:
    """Whether the port takes images of this size."""
    assert attachment.rule is not None
    rule = attachment.rule.extent
    if isinstance(rule.min, Extent) and (image.width < rule.min.width or image.height < rule.min.height):
        return False
    if isinstance(rule.max, Extent) and (image.width > rule.max.width or image.height > rule.max.height):
        return False
    if not isinstance(rule.multiple, Extent):
        return True
    width, height = image
    if (
        attachment.writes
        and attachment.rule.coded is not None
        and isinstance(attachment.rule.coded.multiple, Extent)
    ):
        blocks = attachment.rule.coded.multiple
        width, height = round_up(width, blocks.width), round_up(height, blocks.height)
    return width % rule.multiple.width == 0 and height % rule.multiple.height == 0


def sentence(label: str, attachment: BoundAttachment) -> str:
    parts = []
    rule = attachment.rule.extent if attachment.rule else None
    if rule is not None and isinstance(rule.min, Extent):
        parts.append(f"of at least {rule.min}")
    if rule is not None and isinstance(rule.max, Extent):
        parts.append(f"of at most {rule.max}")
    if rule is not None and isinstance(rule.multiple, Extent):
        parts.append(f"in steps of {rule.multiple}")
    if isinstance(attachment.port.bytes.max, int):
        parts.append(f"of at most {attachment.port.bytes.max} bytes")
    return f"{attachment.title} takes {label} {', '.join(parts)} only"
