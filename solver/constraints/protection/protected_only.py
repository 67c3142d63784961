"""A heap behind a firewall holds protected buffers and nothing else.

What is allocated there is closed to the CPU and to every device outside, so
ordinary content has no business in it, however much room there is.

Source: linux-7.2.13:drivers/tee/tee_heap.c; design §4 "a heap with `access` holds
protected buffers only".

Example:
    heaps.system: {cpu: none, access: [camera, panel]}
    devices.camera.ports.capture.protected: allowed
    devices.panel.ports.scanout.protected: allowed
    buffers.frame.protected: {violates: false, passes: true}
"""

from operator import not_

from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_heap


def _closed(protected: bool, closed: bool) -> bool:
    return closed and not protected


def _words(case: Case) -> str:
    return f"{case.heap.name} holds protected buffers only, and {case.label} is not protected"


KIND = ConstraintKind(
    name="protected-only",
    scope="heap",
    concerned_by=("question.domain.protected",),
    concern=not_,
    reads=("question.domain.protected", "heap.closed"),
    rule=_closed,
    words=_words,
    source=of_heap,
)
