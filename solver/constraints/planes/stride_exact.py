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

from heapwright.platforms.schema import Exact
from heapwright.solver.constraints.kind import ConstraintKind, stated
from heapwright.solver.layout.layout import Demand


def _asks(need: Demand, exact: Exact | None, fixed: bool) -> None:
    if exact is not None:
        need.exact += (exact.width_multiple,)
    if fixed:
        need.exact += (1,)


def _words(label: str, title: str, exact: Exact | None, fixed: bool) -> str:
    if exact is None or exact.width_multiple == 1:
        return f"{title} cannot pad rows: the stride of {label} is its width in bytes exactly"
    return (
        f"{title} computes the stride of {label} from its width rounded up to "
        f"{exact.width_multiple} pixels, and accepts no other"
    )


KIND = ConstraintKind(
    name="stride-exact",
    scope="layout",
    reads=("rule.stride.exact", "rule.stride.fixed"),
    rule=stated,
    asks=_asks,
    words=_words,
)
