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

from __future__ import annotations

from heapwright.solver.constraints.kind import Case

NAME = "protected-port"
SCOPE = "attachment"


def broken(case: Case) -> bool:
    assert case.attachment is not None
    if case.question.protected:
        return case.attachment.port.protected not in ("allowed", "required")
    return case.attachment.port.protected == "required"


def sentence(case: Case) -> str:
    assert case.attachment is not None
    if case.question.protected:
        known = "refuses" if case.attachment.port.protected == "refused" else "is not known to take"
        return f"{case.question.shielded}, and {case.attachment.title} {known} protected buffers"
    return f"{case.attachment.title} takes protected buffers only, and {case.label} is not protected"


def source(case: Case) -> str:
    assert case.attachment is not None
    return case.attachment.port.source
