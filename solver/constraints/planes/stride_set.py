"""Some hardware knows a few strides only: a list, or powers of two.

Source: linux-7.2.13:drivers/gpu/drm/i915/display/intel_fb.c (powers of two for
pre-gen4 tiles); drivers/gpu/drm/gma500/framebuffer.c psb_framebuffer_init().

Example:
    buffers.frame.size: 128x16  # 512 bytes a row
    devices.panel.ports.scanout.images[0].stride.set: {violates: [256], passes: [256, 1024]}
"""

from heapwright.solver.constraints.kind import ConstraintKind, stated
from heapwright.solver.layout.layout import Demand


def _asks(need: Demand, known: tuple[int, ...] | None, power_of_two: bool) -> None:
    if known is not None:
        need.sets += (known,)
    need.power_of_two = need.power_of_two or power_of_two


def _words(label: str, title: str, known: tuple[int, ...] | None, power_of_two: bool) -> str:
    if known is None:
        return f"{title} needs a power of two as the stride of {label}"
    return f"{title} knows the strides {', '.join(map(str, sorted(known)))} only, for {label}"


KIND = ConstraintKind(
    name="stride-set",
    scope="layout",
    reads=("rule.stride.set", "rule.stride.power_of_two"),
    rule=stated,
    asks=_asks,
    words=_words,
)
