"""Where an API carries no plane offsets, chroma lies where the driver expects it.

V4L2's single-buffer formats put chroma at stride × the height as *that driver*
rounds it. Two such drivers disagree at equal stride: a green bar.

Source: linux-7.2.13:drivers/media/v4l2-core/v4l2-common.c v4l2_fill_pixfmt_mp_aligned();
drivers/media/platform/chips-media/wave5/wave5-vpu-enc.c start_encode().

Example:
    devices.camera.ports.capture.images[0]: {formats: [NV12], implied_offset: {rows: {multiple: 16}}}
    devices.panel.ports.scanout.images[0].formats: [NV12]
    buffers.frame.size: 1920x1080  # chroma after 1088 rows; after 1080, and after 1088
    devices.panel.ports.scanout.images[0].implied_offset.rows.multiple: {violates: 8, passes: 32}
    clashes_with: [plane-buffers]
"""

from heapwright.platforms.schema import ImpliedOffset
from heapwright.solver.constraints.kind import ConstraintKind, of_multiple
from heapwright.solver.layout.layout import Demand


def _states(asked: ImpliedOffset | None) -> bool:
    return asked is not None and of_multiple(asked.rows)


def _asks(need: Demand, asked: ImpliedOffset) -> None:
    need.implied += (int(asked.rows.multiple),)


def _words(label: str, title: str, asked: ImpliedOffset) -> str:
    return (
        f"{title} is told no plane offsets: it looks for chroma of {label} after its height "
        f"rounded up to {asked.rows.multiple} rows"
    )


KIND = ConstraintKind(
    name="implied-plane-offset",
    scope="layout",
    reads=("rule.implied_offset",),
    rule=_states,
    asks=_asks,
    words=_words,
)
