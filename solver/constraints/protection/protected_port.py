"""Some ports take protected buffers only, most take none.

Unless a profile says that a port may touch protected content, it may not.

Source: no mainline KMS or V4L2 driver has a protected mode: linux-7.2.13, grep for
"secure", "restricted", "protected content" over drivers/gpu/drm and drivers/media.

Example:
    heaps.system: {cpu: none, access: [camera, panel]}
    devices.camera.ports.capture.protected: allowed
    buffers.frame.protected: true
    devices.panel.ports.scanout.protected: {violates: refused, passes: allowed}
"""

from typing import Final

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_port

_READS: Final = ("question.domain.protected", "attachment.port.protected")


def _refused(protected: bool, port: str) -> bool:
    return port not in ("allowed", "required") if protected else port == "required"


def _words(case: Case) -> str:
    device, port, *_ = case.attached
    title, stated = case.attached.title, case.board.platform.devices[device.name].ports[port]
    if case.question.protected:
        known = "refuses" if stated.protected == "refused" else "is not known to take"
        return f"{case.question.shielded}, and {title} {known} protected buffers"
    return f"{title} takes protected buffers only, and {case.label} is not protected"


KIND = ConstraintKind(
    name="protected-port",
    scope="attachment",
    concerned_by=_READS,
    concern=_refused,
    reads=_READS,
    rule=_refused,
    words=_words,
    source=of_port,
)
