"""All live mappings behind an IOMMU share its aperture of bus addresses.

A buffer that two devices map is mapped twice. A device may have an aperture of
its own (MT8195 larbs, RGA3) and is bounded by its own address width. A check of
one buffer against a mask is not enough: 8K frames filled RGA3's 4 GiB together.
Nor is their sum: dma-iommu aligns each mapping to its size rounded up to a power
of two and does not give out the first page, so 63 frames of 47.5 MiB fit into 4 GiB,
not 86 (see solver.iova).

Source: linux-7.3.4:drivers/iommu/dma-iommu.c iommu_dma_alloc_iova(), iommu_dma_init_domain();
drivers/iommu/mtk_iommu.c mt8192_multi_dom[]; rockchip-linux/mpp#560.

Example:
    devices.panel.dma: {bits: 32, iommu: mmu0}
    iommus.mmu0.aperture: {violates: {size: 8KiB}, passes: {size: 12KiB}}  # two pages, and none at 0
    clashes_with: [count]
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from heapwright.platforms.values import in_units
from heapwright.solver.board import iova
from heapwright.solver.board.board import Board, DeviceView, exported, remembered
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.cases import Placed
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind
from heapwright.solver.constraints.reads import reader
from heapwright.solver.question.facts import Fact

_READS: Final = (
    "board",
    "attachments.*.device",
    "backing.promise.page",
    "backing.promise.granule",
    "sizes",
    "existing",
)
BYTES, BLOCKS, RUNS = "IOVA bytes", "IOVA blocks", "IOVA runs"


def _charges(
    board: Board,
    devices: tuple[DeviceView, ...],
    page: int,
    granule: int,
    sizes: tuple[int, ...],
    existing: bool,
) -> list[Charge]:
    """In bytes; class by class where it matters, or where buffers exist and may stand anywhere."""
    found: list[Charge] = []
    for space, mapped, certain in _mappings(board, devices, page, granule, sizes, existing):
        every = existing or board.by_class
        classes = space.classes(mapped if certain else ()) if every else (space.page,)
        found += [(_budget(board, space, c), _amount(space, mapped, c, certain), 0) for c in classes]
    return found


def overfull(
    chosen: Iterable[tuple[Placed, int]], charged: Mapping[Budget, int], dropped: Container[object]
) -> bool:
    """Whether placements, each for so many buffers, that fit in bytes do not fit class by class.

    `charged` is what live placements take of each budget; `dropped` facts are not imposed.
    """
    mapped = [
        (placed.board, *mapping, number)
        for placed, number in chosen
        for mapping in _mappings(*reader(_READS)(placed))
    ]
    if not mapped or (not any(budget.kind == KIND.name for budget in charged) and _ample(mapped)):
        return False
    used: dict[Budget, int] = {}
    for board, space, sizes, certain, number in mapped:
        for of_class in space.classes(sizes if certain else ()):
            budget = _budget(board, space, of_class)
            used[budget] = used.get(budget, 0) + number * _amount(space, sizes, of_class, certain)
    return any(
        amount + charged.get(budget, 0) > budget.limit and Fact(budget.kind, budget.subject) not in dropped
        for budget, amount in used.items()
    )


def _ample(mapped: Sequence[tuple[Board, iova.Space, list[int], bool, int]]) -> bool:
    """Whether there is room even if every dma-buf took twice the class of the largest of its buffer.

    None takes more in any class, and a larger class has no more room than a smaller one.
    """
    most: dict[iova.Space, tuple[int, int]] = {}
    for _, space, sizes, certain, number in mapped:
        if not certain:
            return False
        of_class = space.of_class(max(sizes))
        total, largest = most.get(space, (0, 0))
        most[space] = total + 2 * of_class * len(sizes) * number, max(largest, of_class)
    return all(total <= space.room(largest) for space, (total, largest) in most.items())


def at_most(budget: Budget, amount: int) -> int:
    """What buffers that exist take of a budget: of bus addresses at worst all that there are."""
    return min(amount, budget.limit) if budget.kind == KIND.name else amount


def _mappings(
    board: Board,
    devices: tuple[DeviceView, ...],
    page: int,
    granule: int,
    sizes: tuple[int, ...],
    existing: bool,
) -> Iterator[tuple[iova.Space, list[int], bool]]:
    """For every device that maps: a space, what is mapped, and whether it is mapped in order."""
    mapped = [exported(size, page, granule) for size in sizes]
    for device in dict.fromkeys(devices):
        of_device = iova.spaces(board, device)
        if of_device.own is not None:
            for space in of_device.touched if existing else (of_device.own,):
                yield space, mapped, not existing


def _amount(space: iova.Space, sizes: list[int], of_class: int, certain: bool) -> int:
    return space.takes(sizes, of_class) if certain else space.blocks(sizes, of_class)


@remembered
def _budget(board: Board, space: iova.Space, of_class: int) -> Budget:
    what = f"{BYTES} of"
    if of_class > space.page:
        sort = BLOCKS if space.grain(of_class) == of_class else RUNS
        what = f"{sort} of {of_class} of"
    what += f" {'all behind ' if space.shared else ''}{space.subject}"
    return Budget(KIND.name, space.subject, space.room(of_class), what, False)


def _exceeded(budget: Budget, used: int, who: str) -> str:
    if budget.what.startswith(BYTES):
        return f"{who} {used} bytes of bus addresses behind {budget.subject}; its aperture has {budget.limit}"
    of_class = int(budget.what.split()[3])
    if budget.what.startswith(RUNS):
        return (
            f"{who} {used} bytes of bus addresses behind {budget.subject}, in runs of up to "
            f"{in_units(of_class)}; however they lie, its aperture has {budget.limit}"
        )
    return (
        f"{who} {used // of_class} blocks of {in_units(of_class)} of bus addresses behind {budget.subject}, "
        f"which aligns a mapping to its size rounded up to a power of two; "
        f"its aperture has {budget.limit // of_class}"
    )


def _source(board: Board, budget: Budget) -> str:
    if "all behind" in budget.what:
        return board.platform.iommus[budget.subject].source
    return board.devices[budget.subject].spec.source


KIND = ConstraintKind(
    name="iova-aperture",
    scope="budget",
    budget=Budgeting(
        reads=_READS,
        charges=_charges,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)
