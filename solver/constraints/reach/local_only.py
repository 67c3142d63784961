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

from heapwright.solver.board.board import Board, DeviceView, Promise, remembered
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind, of_port, stated

WorksFrom = tuple[str, ...] | None
"""Of the memories that a port works from; None if from all."""
PlacedIn = tuple[MemoryView, ...] | None


def _elsewhere(moved: bool, wanted: WorksFrom, heap: PlacedIn, backing: PlacedIn) -> bool:
    """Whether the buffer is in none of the memories, but was not where it should be and had to leave."""
    return not allows(wanted, backing) and not (moved and allows(wanted, heap))


def allows(wanted: WorksFrom, memories: PlacedIn) -> bool:
    """Whether every place in memories is in one the port works from."""
    if wanted is None or memories is None:
        return wanted is None
    return all(any(around.name in wanted for around in memory.around()) for memory in memories)


def _charges(
    board: Board,
    devices: tuple[DeviceView, ...],
    wanted: tuple[WorksFrom, ...],
    windowed: tuple[Promise, tuple[MemoryView, ...]] | None,
    sizes: tuple[int, ...],
) -> list[Charge]:
    """The windows around the memories a buffer lies in, shared by all that is pinned or mapped there.

    Source: linux-7.2.13:drivers/gpu/drm/amd/amdgpu/amdgpu_dma_buf.c amdgpu_dma_buf_map():
    a peer-to-peer importer comes through the BAR, so its buffers take visible VRAM.
    """
    if windowed is None:
        return []
    promise, memories = windowed
    touching = list(zip(devices, wanted, strict=True))
    return [
        (budget, promise.costs(sizes), 0)
        for budget, inner, chain in _windows(board, memories)
        if any(_through(device, names, inner, chain) for device, names in touching)
    ]


@remembered
def _windows(
    board: Board, memories: tuple[MemoryView, ...]
) -> list[tuple[Budget, tuple[MemoryView, ...], frozenset[str]]]:
    """Each window that memories lie behind, with those and all between, the window's own included."""
    found: dict[Budget, tuple[tuple[MemoryView, ...], frozenset[str]]] = {}
    for memory in memories:
        chain: frozenset[str] = frozenset()
        for outer in memory.around():
            chain |= {outer.name}
            if isinstance(outer.spec.window, int):
                what = f"bytes of the window of {outer.name}"
                budget = Budget(KIND.name, outer.name, outer.spec.window, what, False)
                behind, between = found.get(budget, ((), frozenset()))
                found[budget] = (*behind, memory), between | chain
    return [(budget, *behind) for budget, behind in found.items()]


def _through(
    device: DeviceView, wanted: WorksFrom, memories: tuple[MemoryView, ...], chain: frozenset[str]
) -> bool:
    """Whether the attachment needs the buffer within the window: mapped, pinned, or from another device."""
    if device.by_cpu or (wanted is not None and not chain.isdisjoint(wanted)):
        return True
    return any(memory.local and device.name not in memory.local for memory in memories)


def _words(case: Case) -> str:
    wanted = ", ".join(case.attached.port.memory or ())
    return f"{case.attached.title} works from {wanted} only; {case.backing.name} allocates {case.label} elsewhere"


def _exceeded(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} bytes of the window of {budget.subject}, which has {budget.limit}"


def _source(board: Board, budget: Budget) -> str:
    return board.memories[budget.subject].spec.source


KIND = ConstraintKind(
    name="local-only",
    scope="reach",
    concerned_by=("attachment.port.memory",),
    concern=stated,
    reads=("moved", "attachment.port.memory", "heap.memories", "backing.memories"),
    rule=_elsewhere,
    words=_words,
    source=of_port,
    budget=Budgeting(
        reads=(
            "board", "attachments.*.device", "attachments.*.port.memory", "backing.windowed", "sizes"
        ),
        charges=_charges,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)  # fmt: skip
