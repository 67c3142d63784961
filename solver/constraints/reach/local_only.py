"""A port may work only from given memories: scan-out from the card's own VRAM.

"GPUs can work with any imported memory as long as it is DMA accessible, but
they can scan out only from their local memory." Where the CPU-visible or
pinnable window of such a memory is smaller, the buffers so used share it, those in
its parts and those that other devices reach peer-to-peer included.

Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_display.c
amdgpu_display_supported_domains(); drivers/gpu/drm/xe/display/xe_fb_pin.c.

Example:
    memory.vram.local: [panel, camera]
    devices.panel.ports.scanout.memory: [vram]
    heaps.system.memory: {violates: [dram], passes: [vram]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.kind import BoundAttachment, Case, Placed

NAME = "local-only"
SCOPE = "reach"


def concerns(board: Board, attachment: BoundAttachment) -> bool:
    return attachment.port.memory is not None


def broken(case: Case) -> bool:
    return (
        case.attachment is not None
        and not allows(case.board, case.attachment, case.backing)
        and not _only_moved(case)
    )


def _only_moved(case: Case) -> bool:
    """Whether the buffer was in the right memory and had to leave it."""
    return (
        case.backing is not case.heap
        and case.attachment is not None
        and allows(case.board, case.attachment, case.heap)
    )


def allows(board: Board, attachment: BoundAttachment, heap: HeapView) -> bool:
    """Whether every place in `heap` is in a memory the port works from."""
    wanted = attachment.port.memory
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


def charges(placed: Placed) -> Iterable[Charge]:
    """The windows around the memories a buffer lies in, shared by all that is pinned or mapped there.

    Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c amdgpu_dma_buf_map():
    a peer-to-peer importer comes through the BAR, so its buffers take visible VRAM.
    """
    key = (NAME, placed.backing.name)
    windows = placed.board.budgets.get(key)
    if windows is None:
        windows = placed.board.budgets[key] = tuple(_windows(placed.board, placed.backing))
    if not windows:
        return ()
    each = placed.allocated
    return [
        (budget, each, 0)
        for budget, inner, chain in windows
        if any(_through(attachment, inner, chain) for attachment in placed.attachments)
    ]


def _windows(
    board: Board, backing: HeapView
) -> Iterator[tuple[Budget, tuple[MemoryView, ...], frozenset[str]]]:
    """Each window that the heap's memories lie behind, with those memories and all between, the window's own included."""
    inside: dict[str, list[MemoryView]] = {}
    between: dict[str, set[str]] = {}
    for memory in backing.memories or ():
        chain: set[str] = set()
        for outer in memory.around():
            chain.add(outer.name)
            if isinstance(outer.spec.window, int):
                inside.setdefault(outer.name, []).append(memory)
                between.setdefault(outer.name, set()).update(chain)
    for name, memories in inside.items():
        window = board.memories[name].spec.window
        assert isinstance(window, int)
        budget = Budget(NAME, name, window, f"bytes of the window of {name}", False)
        yield budget, tuple(memories), frozenset(between[name])


def _through(attachment: BoundAttachment, memories: tuple[MemoryView, ...], chain: frozenset[str]) -> bool:
    """Whether the attachment needs the buffer within the window: mapped, pinned, or from another device."""
    if attachment.device.by_cpu:
        return True
    named = attachment.port.memory
    if isinstance(named, tuple) and not chain.isdisjoint(named):
        return True
    return any(memory.local and attachment.device.name not in memory.local for memory in memories)


def sentence(case: Case) -> str:
    assert case.attachment is not None
    wanted = ", ".join(case.attachment.port.memory or ())
    return f"{case.attachment.title} works from {wanted} only; {case.backing.name} allocates {case.label} elsewhere"


def window_sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} bytes of the window of {budget.subject}, which has {budget.limit}"


def source(case: Case) -> str:
    assert case.attachment is not None
    return case.attachment.port.source


def window_source(board: Board, budget: Budget) -> str:
    return board.memories[budget.subject].spec.source
