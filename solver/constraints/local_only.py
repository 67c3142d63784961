"""A port may work only from given memories: scan-out from the card's own VRAM.

"GPUs can work with any imported memory as long as it is DMA accessible, but
they can scan out only from their local memory." Where the CPU-visible or
pinnable window of such a memory is smaller, the buffers so used share it.

Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_display.c
amdgpu_display_supported_domains(); drivers/gpu/drm/xe/display/xe_fb_pin.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.board import Board, HeapView
from solver.constraint import Budget, Case, Placed, Touch

NAME = "local-only"
SCOPE = "reach"


def broken(case: Case) -> bool:
    return case.touch is not None and not allows(case.board, case.touch, case.home) and not _only_moved(case)


def _only_moved(case: Case) -> bool:
    """Whether the buffer was in the right memory and had to leave it."""
    return case.home is not case.heap and case.touch is not None and allows(case.board, case.touch, case.heap)


def allows(board: Board, touch: Touch, heap: HeapView) -> bool:
    """Whether every place in `heap` is in a memory the port works from."""
    wanted = touch.port.memory
    if wanted is None or wanted == "unknown":
        return True
    if heap.memories is None:
        return False
    return all(_within(board, memory.name, wanted) for memory in heap.memories)


def _within(board: Board, name: str | None, wanted: tuple[str, ...]) -> bool:
    while name is not None:
        if name in wanted:
            return True
        name = board.memories[name].spec.inside
    return False


def charges(placed: Placed) -> Iterator[tuple[Budget, int]]:
    """The window of a local memory, shared by what is pinned or mapped in it."""
    for memory in placed.home.memories or ():
        window = memory.spec.window
        if not isinstance(window, int):
            continue
        pinned = any(t.port.memory and memory.name in t.port.memory for t in placed.touches)
        if pinned or any(touch.device.by_cpu for touch in placed.touches):
            budget = Budget(NAME, memory.name, window, f"bytes of the window of {memory.name}", False)
            yield budget, placed.number * placed.allocated


def sentence(case: Case) -> str:
    assert case.touch is not None
    wanted = ", ".join(case.touch.port.memory or ())
    return f"{case.touch.title} works from {wanted} only; {case.home.name} allocates {case.label} elsewhere"


def window_sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} bytes of the window of {budget.subject}, which has {budget.limit}"


def source(case: Case) -> str:
    assert case.touch is not None
    return case.touch.port.source


def window_source(board: Board, budget: Budget) -> str:
    return board.memories[budget.subject].spec.source
