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

from __future__ import annotations

from heapwright.solver.constraints.kind import Case

NAME = "protected-only"
SCOPE = "heap"


def broken(case: Case) -> bool:
    return case.heap.closed and not case.question.protected


def sentence(case: Case) -> str:
    return f"{case.heap.name} holds protected buffers only, and {case.label} is not protected"


def source(case: Case) -> str:
    return case.heap.source
