"""A rule may hold only for some uses: no crop, no rotation, no scaling, one codec.

Rotation is asked for and not taken for granted: a rule holds at the angles that it or its
port states, and at 0 alone where neither says anything.

Source: linux-7.3.4:drivers/gpu/drm/drm_blend.c drm_plane_create_rotation_property() (a plane
without the property shows 0 only); drivers/gpu/drm/rockchip/rockchip_drm_vop.c
vop_plane_atomic_check() (AFBC without crop or rotation); drivers/gpu/drm/tidss/tidss_dispc.c
dispc_plane_check() (the lite plane cannot scale).

Example:
    buffers.frame.read_by: {port: display.scanout, rotate: 180}
    devices.panel.ports.scanout.rotate: {violates: [0], passes: [0, 180]}
"""

from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind


def sentence(label: str, attachment: BoundAttachment) -> str:
    ways = []
    if attachment.use.rotate:
        ways.append(f"rotated by {attachment.use.rotate}")
    if attachment.use.crop is not None:
        ways.append("cropped")
    if attachment.use.scale is not None:
        ways.append("scaled")
    if attachment.use.codec is not None:
        ways.append(f"as {attachment.use.codec}")
    return f"{attachment.title} has no rule for {label} {', '.join(ways) or 'used like this'}"


KIND = ConstraintKind(name="modifier-side-condition", scope="choice", words=sentence)
