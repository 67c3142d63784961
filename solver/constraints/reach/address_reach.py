"""A device must be able to address every place the buffer may lie.

`bits` bounds physical addresses of a device without an IOMMU (or the addresses
in its own page tables); a `window` is the part of memory a bus carries, seen
shifted (BCM2711: physical 0 to 1 GiB at +0xc0000000). A heap that may hand out
an address beyond is not guaranteed. A swiotlb bounce is no guarantee either: it
carries 256 KiB a mapping, and frames are lost in it.

Source: linux-7.2.13:kernel/dma/direct.h dma_direct_map_phys(); kernel/dma/swiotlb.c
swiotlb_max_mapping_size().

Example:
    memory.dram: {base: 0x0, size: 8GiB}
    devices.panel.dma: {violates: {bits: 32}, passes: {bits: 33}}
"""

from heapwright.platforms.schema import Window
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, of_device


def _concern(board: Board, device: DeviceView) -> bool:
    if device.translation not in ("none", "mmu"):
        return False
    return device.dma.window is not None or not board.within(device.bits)


def _misses(device: DeviceView, memories: tuple[MemoryView, ...] | None) -> bool:
    if device.translation not in ("none", "mmu"):
        return False
    if memories is None:
        return device.dma.window is not None or (device.bits is not None and device.bits < 64)
    return any(_beyond(device, memory) for memory in memories)


def _beyond(device: DeviceView, memory: MemoryView) -> bool:
    if memory.local and not memory.addressed and memory.highest is None:
        return False
    window, bits = device.dma.window, device.bits
    if window is not None and not _carried(window, memory):
        return True
    return bits is not None and bits < 64 and memory.beyond((1 << bits) - device.offset)


def _carried(window: Window, memory: MemoryView) -> bool:
    end = memory.highest
    return memory.lowest >= window.base and end is not None and end <= window.base + window.size


def _words(case: Case) -> str:
    device, bits = case.device, case.device.bits
    memory = next((m for m in case.backing.memories or () if _beyond(device, m)), None)
    where = f"{case.backing.name} takes {case.label} from {memory.name if memory else 'memory'}"
    end = "an unknown address" if memory is None or memory.highest is None else f"{memory.highest:#x}"
    window = device.dma.window
    if window is not None and (memory is None or not _carried(window, memory)):
        span = f"{window.base:#x} to {window.base + window.size:#x}"
        if memory is None:
            return f"{device.name}'s bus carries {span} only; {where} that may lie anywhere"
        return f"{device.name}'s bus carries {span} only; {where}, which may lie from {memory.lowest:#x} to {end}"
    shifted = f" and is seen shifted by {window.offset:#x}" if window is not None and window.offset else ""
    return f"{device.name} addresses {bits} bits; {where}, which may reach {end}{shifted}"


KIND = ConstraintKind(
    name="address-reach",
    scope="reach",
    concerned_by=("board", "attachment.device"),
    concern=_concern,
    reads=("attachment.device", "backing.memories"),
    rule=_misses,
    words=_words,
    source=of_device,
)
