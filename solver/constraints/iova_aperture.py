"""All live mappings behind an IOMMU share its aperture of bus addresses.

A buffer that two devices map is mapped twice. A device may have an aperture of
its own (MT8195 larbs, RGA3) and is bounded by its own address width. A check of
one buffer against a mask is not enough: 8K frames filled RGA3's 4 GiB together.

Source: linux-7.2.13:drivers/iommu/dma-iommu.c iommu_dma_alloc_iova();
drivers/iommu/mtk_iommu.c mt8192_multi_dom[]; rockchip-linux/mpp#560.
"""

from __future__ import annotations

from platforms.schema import Aperture
from solver.board import Board, DeviceView
from solver.constraint import Budget, Charge, Placed

NAME = "iova-aperture"
SCOPE = "budget"


def charges(placed: Placed) -> list[Charge]:
    known = placed.board.budgets.setdefault(NAME, {})
    found: list[Charge] = []
    devices: list[DeviceView] = []
    rounded_to, mapped = 0, 0
    for touch in placed.touches:
        device = touch.device
        if device in devices:
            continue
        devices.append(device)
        limits = known.get(device)
        if limits is None:
            limits = known[device] = _budgets(placed.board, device)
        page, budgets = limits
        if budgets and page != rounded_to:
            exported = [placed.home.exported(size) for size in placed.sizes]
            rounded_to, mapped = page, sum([size + -size % page for size in exported])
        found += [(budget, mapped, 0) for budget in budgets]
    return found


def _budgets(board: Board, device: DeviceView) -> tuple[int, tuple[Budget, ...]]:
    """The page that mappings are rounded to, the IOMMU's aperture and the device's own."""
    if device.translation not in ("iommu", "mmu"):
        return board.page, ()
    name = device.dma.iommu
    iommu = board.platform.iommus[name] if name is not None else None
    found = []
    if iommu is not None and isinstance(iommu.aperture, Aperture):
        found.append(Budget(NAME, str(name), iommu.aperture.size, f"IOVA bytes behind {name}", False))
    limit = _own_limit(board, device)
    if limit is not None:
        found.append(Budget(NAME, device.name, limit, f"IOVA bytes of {device.name}", False))
    return (iommu.page if iommu else None) or board.page, tuple(found)


def _own_limit(board: Board, device: DeviceView) -> int | None:
    """What one device can map at once: its aperture, cut by its address width."""
    iommu = board.platform.iommus[device.dma.iommu] if device.dma.iommu else None
    shared = iommu.aperture if iommu is not None and isinstance(iommu.aperture, Aperture) else None
    limits = []
    if device.dma.aperture is not None:
        limits.append(_within(device.dma.aperture, device.bits if iommu else None))
    if iommu is not None and device.bits is not None and device.bits < 63:
        limits.append(_within(shared, device.bits) if shared else 1 << device.bits)
    return min(limits) if limits else None


def _within(aperture: Aperture, bits: int | None) -> int:
    end = aperture.base + aperture.size
    if bits is not None and bits < 63:
        end = min(end, 1 << bits)
    return max(0, end - aperture.base)


def sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} bytes of bus addresses behind {budget.subject}; its aperture has {budget.limit}"


def source(board: Board, budget: Budget) -> str:
    if budget.what.startswith("IOVA bytes behind"):
        return board.platform.iommus[budget.subject].source
    return board.devices[budget.subject].spec.source
