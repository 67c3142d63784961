"""A device may need buffers to start on a multiple of some bytes.

A heap promises the alignment it allocates with, of physical addresses; the device counts
on the bus, where a `window` may be shifted by an offset. Behind an IOMMU or page tables
of its own a device sees bus addresses aligned to pages, of the IOMMU where it has its
own, whatever the heap.

Source: linux-7.2.13:drivers/media/platform/st/stm32/stm32-dcmipp/dcmipp-bytecap.c
(16 bytes); drivers/iommu/dma-iommu.c iommu_dma_map_sg().
"""

from __future__ import annotations

from math import gcd

from solver.board import Board
from solver.constraint import Case, Touch

NAME = "base-alignment"
SCOPE = "run"


def concerns(board: Board, touch: Touch) -> bool:
    return touch.port.base is not None and touch.device.translation != "cpu"


def broken(case: Case) -> bool:
    assert case.touch is not None and case.layout is not None
    base = case.touch.port.base
    if base is None or not isinstance(base.multiple, int) or case.device.translation == "cpu":
        return False
    if case.device.translation != "none":
        return _page(case) % base.multiple != 0
    return any(_start(case, size) % base.multiple for size in case.layout.sizes)


def _start(case: Case, size: int) -> int:
    """What the bus address of a dma-buf is a multiple of, without translation."""
    return gcd(case.home.alignment(case.home.exported(size)), case.device.offset)


def _page(case: Case) -> int:
    name = case.device.dma.iommu
    iommu = case.board.platform.iommus[name] if name is not None else None
    return (iommu.page if iommu is not None else None) or case.board.page


def sentence(case: Case) -> str:
    assert case.touch is not None and case.layout is not None and case.touch.port.base is not None
    home = case.home
    if case.device.translation != "none":
        return (
            f"{case.touch.title} needs {case.label} on a multiple of {case.touch.port.base.multiple} bytes; "
            f"its bus addresses are aligned to pages of {_page(case)}"
        )
    promised = min(home.alignment(home.exported(size)) for size in case.layout.sizes)
    offset = case.device.offset
    shifted = f", and the bus shifts addresses by {offset:#x}" if offset else ""
    return (
        f"{case.touch.title} needs {case.label} on a multiple of {case.touch.port.base.multiple} bytes; "
        f"{home.name} aligns to {promised}{shifted}"
    )


def source(case: Case) -> str:
    assert case.touch is not None
    return case.touch.port.source
