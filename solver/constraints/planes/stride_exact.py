"""Some devices compute the stride from the width: no padding is accepted.

A decoder's stride is that of its aligned width; a USB camera cannot pad at all
(`fixed`). Two devices that compute different strides cannot share a buffer.

Source: linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c
rkvdec_fill_decoded_pixfmt(); drivers/media/usb/uvc/uvc_v4l2.c uvc_v4l2_get_bytesperline().

Example:
    devices.camera.ports.capture.images[0].stride.exact.width_multiple: 64
    buffers.frame.size: 100x100  # to 128 pixels; to 112, and to 128
    devices.panel.ports.scanout.images[0].stride.exact.width_multiple: {violates: 16, passes: 32}
"""

from __future__ import annotations

from heapwright.platforms.values import Extent
from heapwright.solver.constraints.kind import BoundAttachment
from heapwright.solver.layout.layout import Demand

NAME = "stride-exact"
SCOPE = "layout"


def states(attachment: BoundAttachment) -> bool:
    return attachment.rule is not None and (
        attachment.rule.stride.exact is not None or attachment.rule.stride.fixed
    )


def demand(attachment: BoundAttachment, need: Demand, image: Extent) -> None:
    assert attachment.rule is not None
    if attachment.rule.stride.exact is not None:
        need.exact += (attachment.rule.stride.exact.width_multiple,)
    if attachment.rule.stride.fixed:
        need.exact += (1,)


def sentence(label: str, attachment: BoundAttachment) -> str:
    assert attachment.rule is not None
    exact = attachment.rule.stride.exact
    if exact is None or exact.width_multiple == 1:
        return f"{attachment.title} cannot pad rows: the stride of {label} is its width in bytes exactly"
    return (
        f"{attachment.title} computes the stride of {label} from its width rounded up to "
        f"{exact.width_multiple} pixels, and accepts no other"
    )
