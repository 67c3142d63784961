"""Every port must know the pixel format; the sets differ by port and direction.

Source: linux-7.2.13:drivers/gpu/drm/drm_plane.c drm_plane_has_format();
drivers/media/v4l2-core/v4l2-ioctl.c VIDIOC_ENUM_FMT.

Example:
    devices.panel.ports.scanout.images[0].formats: {violates: [NV12], passes: [NV12, XR24]}
"""

from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind


def sentence(label: str, attachment: BoundAttachment) -> str:
    known = sorted({fourcc for rule in attachment.port.images for fourcc in rule.formats})
    if not known:
        return f"{attachment.title} takes raw data only, and {label} is an image"
    verb = "writes" if attachment.writes else "reads"
    return f"{attachment.title} {verb} {label} as {', '.join(known)} only"


KIND = ConstraintKind(name="format", scope="choice", words=sentence)
