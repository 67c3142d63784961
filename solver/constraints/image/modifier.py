"""Every port must know the modifier, for this format.

Tiled and compressed layouts are private to the drivers that know them, often per
plane type; what several vendors share is usually LINEAR alone.

Source: linux-7.2.13:include/uapi/drm/drm_fourcc.h; drivers/gpu/drm/drm_plane.c
drm_plane_has_format().

Example:
    devices.camera.ports.capture.images[0].modifiers: [I915_X_TILED]
    devices.panel.ports.scanout.images[0].modifiers: {violates: [LINEAR], passes: [LINEAR, I915_X_TILED]}
"""

from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind


def sentence(label: str, attachment: BoundAttachment) -> str:
    known = sorted({m for rule in attachment.port.images for m in rule.modifiers})
    return f"{attachment.title} knows {', '.join(known) or 'no modifier'} only, for {label}"


KIND = ConstraintKind(name="modifier", scope="choice", words=sentence)
