"""Bus addresses: solver, judge and pretended kernel against ports of the kernel's allocators.

The references are written from the kernel's sources alone (tests/references/iova.py). Pages are
64 bytes here, so a bitmap of 32-bit ARM has 512 of them, and few mappings fill a space.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from heapwright.allocator.addresses import addresses
from heapwright.allocator.hardware import device_facts
from heapwright.allocator.judge.constraints.memory.bus_addresses import Mapped, crowded
from heapwright.allocator.kernel.iova import address_allocator
from heapwright.platforms.schema import Platform
from heapwright.solver.board.board import Board
from heapwright.solver.board.iova import Space, spaces
from heapwright.solver.constraints.reach import iova_aperture
from tests.builders import board, device, iommu, port
from tests.references.iova import reference

PAGE = 64
WAYS: list[Any] = ["dma-iommu", "drm-mm", {"by_size_up_to": 4 * PAGE}, {"by_size_up_to": 64 * PAGE}]
each_way = pytest.mark.parametrize("way", WAYS, ids=str)


def platform(way: Any, base: int, size: int) -> Platform:
    return board(
        page=PAGE,
        iommus={"mmu": iommu(iova=way, aperture={"base": base * PAGE, "size": size * PAGE})},
        devices={"panel": device("display", dma={"iommu": "mmu"}, scanout=port())},
    )


def space_of(on: Platform) -> Space:
    view = Board(on)
    found = spaces(view, view.devices["panel"]).own
    assert found is not None
    return found


Bufs = Sequence[tuple[int, ...]]
"""Pages of the dma-bufs of each buffer."""


def promised(space: Space, new: Bufs, live: Bufs = ()) -> bool:
    """Whether the solver's budgets hold, all classes imposed."""
    return all(
        sum(space.takes(of_pages(b), c) for b in new if max(map(space.of_class, of_pages(b))) >= c)
        + live_share(space, live, c)
        <= space.room(c)
        for c in space.classes()
    )


def live_share(space: Space, live: Bufs, of_class: int) -> int:
    return min(sum(space.blocks(of_pages(b), of_class) for b in live), space.room(of_class))


def of_pages(pages: Sequence[int]) -> list[int]:
    return [each * PAGE for each in pages]


def accepted(on: Platform, new: Bufs, live: Bufs = ()) -> bool:
    """Whether the judge finds room."""
    panel = device_facts("panel", on.devices["panel"])
    mapped = [Mapped(panel, tuple(of_pages(b)), 1) for b in new]
    mapped += [Mapped(panel, tuple(of_pages(b)), 1, existing=True) for b in live]
    return not list(crowded(on, mapped))


def fits(way: Any, base: int, size: int, new: Bufs) -> bool:
    kernel = reference(way, base * PAGE, size * PAGE, PAGE)
    ordered = sorted(new, key=lambda pages: -max(pages))
    return all(kernel.alloc(each) is not None for pages in ordered for each in pages)


def some(random: Random, size: int, *, full: float, single: bool = False) -> list[tuple[int, ...]]:
    """Buffers that fill about so much of a space: of few sizes, or of many."""
    palette = [random.randint(1, max(1, size // random.choice((2, 4, 8, 16)))) for _ in range(3)]
    found: list[tuple[int, ...]] = []
    left = size * full
    while left > 0 and len(found) < 40:
        number = 1 if single or random.random() < 0.8 else 2
        buffer = tuple(random.choice(palette) for _ in range(number))
        found.append(buffer)
        left -= sum(buffer)
    return found


@each_way
def test_solver_and_judge_promise_the_same(way: Any) -> None:
    yes = no = 0
    for seed in range(600):
        random = Random(seed)
        base, size = random.choice((0, 0, 64, 100, 512)), random.choice((64, 100, 256, 512, 1024, 1100))
        on = platform(way, base, size)
        live = some(random, size, full=random.random() * 0.6) if random.random() < 0.5 else []
        new = some(random, size, full=random.random())
        answer = promised(space_of(on), new, live)
        assert answer == accepted(on, new, live), (seed, base, size, new, live)
        yes, no = yes + answer, no + (not answer)
    assert min(yes, no) > 60


@each_way
def test_what_is_promised_fits(way: Any) -> None:
    kept = 0
    for seed in range(600):
        random = Random(seed)
        base, size = random.choice((0, 0, 64, 100, 512)), random.choice((64, 100, 256, 512, 1024, 1100))
        new = some(random, size, full=random.random())
        if promised(space_of(platform(way, base, size)), new):
            kept += 1
            assert fits(way, base, size, new), (seed, base, size, new)
    assert kept > 100


@each_way
def test_where_room_is_ample_every_class_fits(way: Any) -> None:
    # The look that saves counting class by class may say no too often, but never yes wrongly.
    ample = 0
    for seed in range(600):
        random = Random(seed)
        base, size = random.choice((0, 0, 64, 100, 512)), random.choice((64, 100, 256, 512, 1024, 1100))
        on, new = platform(way, base, size), some(random, size, full=random.random() * 0.6)
        space = space_of(on)
        if iova_aperture._ample([(Board(on), space, of_pages(pages), True, 1) for pages in new]):
            ample += 1
            assert promised(space, new), (seed, base, size, new)
    assert ample > 60


@pytest.mark.parametrize("way", ["dma-iommu", "drm-mm"])
def test_what_is_not_promised_does_not_fit(way: str) -> None:
    # In a space that ends on a multiple of every size; of drm-mm, in any.
    refused = 0
    for seed in range(600):
        random = Random(seed)
        base, size = random.choice((0, 1024)), random.choice((64, 256, 512, 1024))
        new = some(random, size, full=random.random() * 1.2, single=True)
        if not promised(space_of(platform(way, base, size)), new):
            refused += 1
            assert not fits(way, base, size, new), (seed, base, size, new)
    assert refused > 100


SEQUENCES = 600
LONG_SEQUENCES = 2500
"""10,000 in all."""


@each_way
def test_a_sequence_of_live_and_new_buffers_always_fits(way: Any) -> None:
    """What is promised beside buffers that came and went is never ENOMEM."""
    assert beside_live(way, range(SEQUENCES)) > SEQUENCES // 8


@pytest.mark.long
@each_way
def test_a_sequence_of_live_and_new_buffers_always_fits_for_long(way: Any) -> None:
    assert beside_live(way, range(SEQUENCES, LONG_SEQUENCES)) > LONG_SEQUENCES // 10


def beside_live(way: Any, seeds: range) -> int:
    """How often something is promised beside live buffers; each time it fits."""
    kept = 0
    for seed in seeds:
        random = Random(seed)
        base, size = random.choice((0, 64, 512)), random.choice((256, 512, 1024, 1100))
        space = space_of(platform(way, base, size))
        kernel = reference(way, base * PAGE, size * PAGE, PAGE)
        live: list[tuple[tuple[int, ...], list[int]]] = []
        for _ in range(random.randint(2, 8)):
            random.shuffle(live)
            for _, places in live[: random.randint(0, len(live))]:
                for place in places:
                    kernel.free(place)
                live.pop(0)
            new = some(random, size, full=random.random() * 0.5)
            if not promised(space, new, [pages for pages, _ in live]):
                continue
            kept += bool(live)
            for pages in sorted(new, key=lambda each: -max(each)):
                places = [kernel.alloc(each) for each in pages]
                assert None not in places, (seed, base, size, pages)
                live.append((pages, [place for place in places if place is not None]))
    return kept


def test_a_device_gets_what_it_sees_whoever_mapped_first() -> None:
    # The panel sees the upper half, the camera the lower: the one's mapping takes nothing from the other.
    on = board(
        page=PAGE,
        iommus={"mmu": iommu(iova={"by_size_up_to": 4 * PAGE}, aperture={"base": 0, "size": 64 * PAGE})},
        devices={
            "panel": device(
                "display",
                dma={"iommu": "mmu", "aperture": {"base": 32 * PAGE, "size": 32 * PAGE}},
                scanout=port(),
            ),
            "camera": device(
                "camera",
                dma={"iommu": "mmu", "aperture": {"base": 0, "size": 32 * PAGE}},
                capture=port(access="write"),
            ),
        },
    )
    panel, camera = (addresses(on, device_facts(name, on.devices[name])) for name in ("panel", "camera"))
    assert panel is not None and camera is not None and panel.domain == camera.domain
    bitmaps = address_allocator(panel)
    assert bitmaps.allot(8 * PAGE, panel) == 32 * PAGE
    assert bitmaps.allot(8 * PAGE, camera) == 0


def test_live_mappings_may_stand_where_they_spoil_most() -> None:
    # 8 blocks of 64 pages but the first: 7. Each of three live pages may stand in another of them.
    on = platform("dma-iommu", 0, 512)
    assert promised(space_of(on), [(64,)] * 4, [(1,)] * 3)
    assert not promised(space_of(on), [(64,)] * 5, [(1,)] * 3)
    kernel = reference("dma-iommu", 0, 512 * PAGE, PAGE)
    pages = [kernel.alloc(1) for _ in range(511)]
    for page in pages:
        if page not in (511, 400, 200):
            kernel.free(page or 0)
    assert [kernel.alloc(64) is not None for _ in range(5)] == [True] * 4 + [False]


@each_way
def test_the_pretended_kernel_allots_as_the_real_one(way: Any) -> None:
    for seed in range(300):
        random = Random(seed)
        base, size = random.choice((0, 64, 100)), random.choice((256, 512, 1024))
        on = platform(way, base, size)
        place = addresses(on, device_facts("panel", on.devices["panel"]))
        assert place is not None
        pretended, kernel = address_allocator(place), reference(way, base * PAGE, size * PAGE, PAGE)
        live: list[int] = []
        for _ in range(60):
            if live and random.random() < 0.4:
                gone = live.pop(random.randrange(len(live)))
                pretended.free(gone * PAGE)
                kernel.free(gone)
                continue
            pages = random.randint(1, size // 4)
            real = kernel.alloc(pages)
            found = pretended.allot(pages * PAGE, place)
            assert found == (None if real is None else real * PAGE), (seed, pages)
            if real is not None:
                live.append(real)


def test_frames_in_the_four_gibibytes_of_rga3() -> None:
    # 4 GiB are 64, 32, 256 and 512 blocks of the frame's size rounded up, of which the first is none.
    frames = {"8K NV12": 7680 * 4320 * 3 // 2, "8K XR24": 7680 * 4320 * 4, "4K NV12": 3840 * 2160 * 3 // 2,
              "1080p XR24": 1920 * 1080 * 4}  # fmt: skip
    fitting = {}
    for name, size in frames.items():
        kernel, pages = reference("dma-iommu", 0, 1 << 32), -(-size // 4096)
        fitting[name] = 0
        while kernel.alloc(pages) is not None:
            fitting[name] += 1
    assert fitting == {"8K NV12": 63, "8K XR24": 31, "4K NV12": 255, "1080p XR24": 511}
