"""Images in columns carry one column height in their modifier, and ports must agree on it.

A SAND decoder makes columns of one and a half times the height or a little more; the
display's register bounds them. The layout takes the smallest that suits all.

Source: linux-7.2.13:drivers/gpu/drm/vc4/vc4_plane.c vc4_plane_mode_set() SCALER_TILE_HEIGHT_MASK;
raspberrypi/linux:drivers/media/platform/raspberrypi/hevc_dec/hevc_d_video.c hevc_d_prepare_dst_format().

Example:
    devices.camera.ports.capture.images[0]: {formats: [NV12], modifiers: [BROADCOM_SAND128]}
    devices.panel.ports.scanout.images[0]: {formats: [NV12], modifiers: [BROADCOM_SAND128]}
    buffers.frame.size: 1920x1080  # columns of 1080 × 3/2 = 1620 rows
    devices.panel.ports.scanout.images[0].column_height: {violates: {max: 1619}, passes: {max: 1620}}
    clashes_with: [modifier]
"""

from heapwright.platforms.schema import ColumnHeight
from heapwright.solver.constraints.kind import ConstraintKind, clauses, stated
from heapwright.solver.layout.layout import Demand


def _asks(need: Demand, bounds: ColumnHeight) -> None:
    need.column_heights += (bounds,)


def _words(label: str, title: str, bounds: ColumnHeight) -> str:
    return f"{title} takes {label} in columns of {_bounds(bounds)}"


def _bounds(rule: ColumnHeight) -> str:
    factor = rule.times_height
    exact = factor is not None and factor.min == factor.max
    least = "exactly" if exact else "{0.min.numerator}/{0.min.denominator} to"
    parts = clauses(
        (rule.min, "at least {} rows"),
        (rule.max, "at most {} rows"),
        (factor, least + " {0.max.numerator}/{0.max.denominator} times its height"),
    )
    return ", ".join(parts) or "any height"


KIND = ConstraintKind(
    name="column-height", scope="layout", reads=("rule.column_height",), rule=stated, asks=_asks, words=_words
)
