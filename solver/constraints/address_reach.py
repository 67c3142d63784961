"""A device must be able to address every place the buffer may lie.

`bits` bounds physical addresses of a device without an IOMMU (or the addresses
in its own page tables); a `window` is the part of memory a bus carries, seen
shifted (BCM2711: physical 0 to 1 GiB at +0xc0000000). A heap that may hand out
an address beyond is not guaranteed. A swiotlb bounce is no guarantee either: it
carries 256 KiB a mapping, and frames are lost in it.

Source: linux-7.2.13:kernel/dma/direct.h dma_direct_map_phys(); kernel/dma/swiotlb.c
swiotlb_max_mapping_size().
"""

from __future__ import annotations

from solver.board import MemoryView
from solver.constraint import Case

NAME = "address-reach"
SCOPE = "reach"


def broken(case: Case) -> bool:
    if case.device.translation not in ("none", "mmu"):
        return False
    if case.home.memories is None:
        return case.device.bits is not None and case.device.bits < 64
    return any(_beyond(case, memory) for memory in case.home.memories)


def _beyond(case: Case, memory: MemoryView) -> bool:
    if memory.local and not memory.placed:
        return False
    window, bits = case.device.dma.window, case.device.bits
    offset = 0
    if window is not None:
        offset = window.offset
        if (
            memory.lowest < window.base
            or memory.highest is None
            or memory.highest > window.base + window.size
        ):
            return True
    if bits is None or bits >= 64:
        return False
    return memory.highest is None or memory.highest + offset > 1 << bits


def sentence(case: Case) -> str:
    device, bits = case.device, case.device.bits
    memory = next((m for m in case.home.memories or () if _beyond(case, m)), None)
    where = memory.name if memory else f"the memory of {case.home.name}"
    end = "an unknown address" if memory is None or memory.highest is None else f"{memory.highest:#x}"
    window = device.dma.window
    if window is not None and memory is not None:
        span = f"{window.base:#x} to {window.base + window.size:#x}"
        return f"{device.name}'s bus carries {span} only; {where} in {case.home.name} may lie from {memory.lowest:#x} to {end}"
    return f"{device.name} addresses {bits} bits; {where} in {case.home.name} may reach {end}"


def source(case: Case) -> str:
    return case.device.spec.source
