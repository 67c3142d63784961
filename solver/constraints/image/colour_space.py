"""Ports that declare colour spaces must share one.

Source: linux-7.2.13:include/uapi/linux/videodev2.h enum v4l2_colorspace; design §5, 9.

Example:
    devices.camera.ports.capture.images[0].colours: [bt601]
    devices.panel.ports.scanout.images[0].colours: {violates: [bt709], passes: [bt709, bt601]}
"""

from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.constraints.kind import ConstraintKind


def sentence(label: str, attachment: BoundAttachment) -> str:
    known = sorted({c for rule in attachment.port.images for c in rule.colours or ()})
    return f"{attachment.title} knows the colour spaces {', '.join(known)} only, for {label}"


KIND = ConstraintKind(name="colour-space", scope="choice", words=sentence)
