"""Who reaches what: every port against every heap, by the solver's own kinds of fact.

Each pair is judged for a buffer of 8 MiB by itself: raw bytes, so that no rule about
images matters, and protected where the heap is behind a firewall. A verdict that hangs
on something nobody knows is `unknown`, whichever way the solver would take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from heapwright.platforms.schema import Device, Platform, Port
from heapwright.platforms.values import UNKNOWN, Extent
from heapwright.solver import constraints
from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import BoundAttachment, Case, lives_in
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.constraints.protection import (
    outside_firewall,
    protected_needs_firewall,
    protected_port,
)
from heapwright.solver.constraints.reach import contiguous_memory
from heapwright.solver.layout.layout import Layout
from heapwright.solver.question.pipeline import Attachment, Buffer, Selector
from heapwright.solver.question.protection import stated
from heapwright.solver.question.resolve import Question

BUFFER: Final = 8 << 20
_KINDS: Final = (
    protected_needs_firewall.KIND,
    outside_firewall.KIND,
    *constraints.REACH,
    *constraints.RUN,
    protected_port.KIND,
)

Reachability = Literal["yes", "no", "unknown"]


class PortVerdict(NamedTuple):
    """Whether a port can use buffers of a heap; what forbids it, or what would have to be known."""

    device: str
    port: str
    heap: str
    state: Reachability
    kind: str = ""
    text: str = ""
    source: str = ""
    moves_to: str = ""
    """The heap in which the buffer ends up, where attaching makes it move."""


def verdicts(platform: Platform) -> Iterator[PortVerdict]:
    """Every port of every device against every heap of this kernel."""
    board = Board(platform)
    for device in platform.devices:
        for port in platform.devices[device].ports:
            for heap in platform.heaps:
                if heap in board.heaps:
                    yield _verdict(board, device, port, board.heaps[heap])


def _verdict(board: Board, device: str, port: str, heap: HeapView) -> PortVerdict:
    case = _case(board, device, port, heap)
    moved = case.backing.name if case.backing is not case.heap else ""
    broken = sorted((kind for kind in _KINDS if kind.violates(case)), key=lambda kind: _in_doubt(kind, case))
    if broken:
        kind = broken[0]
        state: Reachability = "unknown" if _in_doubt(kind, case) else "no"
        said = kind.sentence(case)
        return PortVerdict(device, port, heap.name, state, kind.name, said, kind.source(case), moved)
    for kind, why in _taken_on_trust(case):
        return PortVerdict(device, port, heap.name, "unknown", kind.name, why, kind.source(case), moved)
    return PortVerdict(device, port, heap.name, "yes", moves_to=moved)


def _case(board: Board, device: str, port: str, heap: HeapView) -> Case:
    view = board.devices[device]
    spec = view.spec.ports[port]
    selector = Selector(view.spec.kind, None, None, None, port)
    attachment = BoundAttachment(
        view, port, spec, Attachment(selector, spec.access, 0, None, None, "often", None)
    )
    protected = heap.closed or spec.protected == "required"
    buffer = Buffer.model_validate({"bytes": BUFFER, "written_by": ["cpu.write"], "protected": protected})
    question = Question("", "buffer", "a buffer", buffer, (), stated(buffer))
    return Case(
        board, question, (attachment,), heap, lives_in(board, heap, (attachment,)), attachment,
        Layout(planes=(), sizes=(BUFFER,), coded=Extent(0, 0), rows=0),
    )  # fmt: skip


def _in_doubt(kind: ConstraintKind, case: Case) -> bool:
    """Whether the kind forbids only because something is unknown."""
    doubt = _DOUBTS.get(kind.name)
    return doubt is not None and doubt(case)


def _vague(case: Case) -> bool:
    """Whether nobody knows where the heap's memory ends."""
    return case.backing.memories is None or any(
        any(_unplaced(outer) for outer in memory.around()) for memory in case.backing.memories
    )


def _unplaced(memory: MemoryView) -> bool:
    return UNKNOWN in (memory.spec.base, memory.spec.size)


def _peers_unknown(case: Case) -> bool:
    memories = [outer for memory in case.backing.memories or () for outer in memory.around()]
    return case.device.dma.p2p == UNKNOWN or any(memory.spec.reached_by == UNKNOWN for memory in memories)


def _imports_unknown(case: Case) -> bool:
    return UNKNOWN in (_device(case).imports, _port(case).takes_from, case.device.dma.p2p)


def _device(case: Case) -> Device:
    """The device as the profile states it."""
    return case.board.platform.devices[case.device.name]


def _port(case: Case) -> Port:
    return _device(case).ports[case.attached.name]


_DOUBTS: Final[dict[str, Callable[[Case], bool]]] = {
    "protected-port": lambda case: _port(case).protected == UNKNOWN,
    "address-reach": _vague,
    "iommu-reach": _vague,
    "unreachable-memory": _peers_unknown,
    "importer-refuses": _imports_unknown,
    "local-only": lambda case: case.backing.memories is None,
    "contiguous-memory": lambda case: case.backing.spec.run == UNKNOWN,
    "cpu-access": lambda case: case.heap.spec.cpu == UNKNOWN,
    "cpu-importer": lambda case: case.heap.spec.cpu == UNKNOWN,
    "coherency": lambda case: UNKNOWN in (case.heap.spec.sync, _device(case).coherent),
    "protected-needs-firewall": lambda case: case.heap.spec.access == UNKNOWN,
}
"""When a kind that forbids does so because an ability is unknown."""


def _taken_on_trust(case: Case) -> Iterator[tuple[ConstraintKind, str]]:
    """Requirements nobody knows, which the solver would not impose."""
    device, dma = case.device, case.device.dma
    if device.by_cpu:
        return
    if device.translation in ("none", "mmu") and dma.bits == UNKNOWN:
        yield constraints.BY_NAME["address-reach"], f"the address width of {device.name} is unknown"
    if dma.iommu is not None and case.board.platform.iommus[dma.iommu].bits == UNKNOWN:
        yield constraints.BY_NAME["iommu-reach"], f"the width of {dma.iommu}'s page-table entries is unknown"
    scattered = device.translation == "none" and case.backing.promise.run is not None
    if scattered and dma.segments == UNKNOWN:
        yield contiguous_memory.KIND, f"how many segments {device.name} takes is unknown"
    if _port(case).memory == UNKNOWN:
        yield constraints.BY_NAME["local-only"], f"the memories {case.attached.title} works from are unknown"
