"""Is there room for everything at once? The sums that must hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod

from heapwright.allocator.faults import PlanFault, no_room, seen
from heapwright.allocator.hardware import HeapFacts, known
from heapwright.allocator.judge.board.attachments import Uses
from heapwright.allocator.judge.board.physical_map import MemoryPool, PhysicalMap
from heapwright.allocator.judge.constraints.memory.bus_addresses import crowded
from heapwright.allocator.judge.constraints.memory.runs import Runs
from heapwright.allocator.judge.constraints.memory.usage import PlacementUsage
from heapwright.platforms.schema import Bandwidth, Platform


class Capacity:
    """The shared capacities of one platform."""

    def __init__(
        self,
        platform: Platform,
        physical_map: PhysicalMap,
        heaps: dict[str, HeapFacts],
        pools: tuple[MemoryPool, ...],
    ) -> None:
        self.platform = platform
        self.physical_map = physical_map
        self.heaps = heaps
        self.pools = pools
        self.runs = Runs(platform, physical_map, heaps)

    def faults(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        """Everything that does not fit when all of these live together."""
        yield from self._capacity(usages)
        yield from self._heap_counts(usages)
        yield from self._windows_full(usages)
        mapped = [m._replace(existing=usage.existing) for usage in usages for m in usage.mapped]
        yield from crowded(self.platform, mapped)
        yield from self._bandwidth(usages)
        yield from self._ports(usages)
        yield from self._resources(usages)

    def _capacity(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        confined: dict[frozenset[str], int] = defaultdict(int)
        blocks: dict[str, int] = {}
        for usage in usages:
            backing, lock = usage.where.backing, usage.where.backing.facts.locks
            if lock is not None and backing.name not in blocks:
                blocks[backing.name] = 0
                confined[frozenset([lock.from_])] += lock.size
            if lock is not None and backing.in_locked_block:
                blocks[backing.name] += usage.taken
                if blocks[backing.name] > lock.size:
                    text = f"{backing.name} locks {lock.size} bytes, {blocks[backing.name]} are needed"
                    yield no_room("capacity", text).against(usage.buffer, "")
                continue
            if usage.confined is not None:
                confined[usage.confined] += usage.taken
        full = False
        for pool in self.pools:
            used = sum(taken for memories, taken in confined.items() if memories <= pool.memories)
            if used > pool.free:
                full = True
                names = ", ".join(sorted({each.buffer for each in usages if _in_pool(each, pool)}))
                yield no_room(
                    "capacity", f"{pool} has {pool.free} bytes free, {used} are needed by {names}"
                ).against(names, "")

        for text, names in () if full else self.runs.lacking(usages):
            yield no_room("capacity", text).against(names, "")

    def _heap_counts(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        made: dict[str, int] = defaultdict(int)
        for usage in usages:
            made[usage.where.heap.name] += usage.dmabufs
        for name, number in made.items():
            most = known(self.heaps[name].facts.buffers)
            if most is not None and number > most:
                yield no_room("heap-limits", f"{name} makes at most {most} buffers, not {number}").against(
                    "", ""
                )

    def _windows_full(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        for memory, used in _sums(usage.windows for usage in usages).items():
            window = known(self.platform.memory[memory].window)
            if window is not None and used > window:
                yield no_room("local-only", f"{used} bytes in the window of {window} of {memory}").against(
                    "", ""
                )

    def _bandwidth(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        for memory, used in _sums(usage.traffic for usage in usages).items():
            yield from _too_much(memory, used, self.platform.memory[memory].bandwidth)
        for device, used in _sums(usage.moved for usage in usages).items():
            yield from _too_much(device, used, self.platform.devices[device].bandwidth)

    def _ports(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        used: dict[tuple[str, str], int] = defaultdict(int)
        limits: dict[tuple[str, str], int] = {}
        for device, port, most in (each for usage in usages for each in usage.ports):
            used[device, port] += 1
            if most is not None:
                limits[device, port] = most
        for (device, port), most in limits.items():
            if used[device, port] > most:
                yield seen("resource", f"{used[device, port]} attachments to {most} {port} ports").against(
                    "", device
                )

    def _resources(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        """Some choice of image rules must respect every budget at once, beside what exists."""
        existing = self._existing([usage.uses for usage in usages if usage.existing])
        offers = [usage.uses for usage in usages if not usage.existing and usage.uses != ((),)]
        if prod(len(each) for each in offers) > 4096:
            offers = [each[:1] for each in offers]
        excess = ""
        for choice in product(*offers):
            totals = _sums([*choice, existing])
            over = [
                f"{number} {name} of {self.platform.resources.get(name, 0)}"
                for name, number in totals.items()
                if number > self.platform.resources.get(name, 0)
            ]
            if not over:
                return
            excess = excess or ", ".join(over)
        yield seen("resource", f"needs {excess}").against("", "")

    def _existing(self, uses: Sequence[tuple[Uses, ...]]) -> Uses:
        """What buffers that exist use at most: all that there is, where no more is certain."""
        least, most = _sums(each[0] for each in uses), _sums(each[-1] for each in uses)
        return tuple(
            (name, min(number, max(self.platform.resources.get(name, 0), least.get(name, 0))))
            for name, number in most.items()
        )


def _too_much(name: str, used: int, bandwidth: Bandwidth | str | None) -> Iterator[PlanFault]:
    if isinstance(bandwidth, Bandwidth) and used > bandwidth.peak:
        yield seen("resource", f"{used} bytes/s through {name}, which carries {bandwidth.peak}").against(
            "", ""
        )


def _in_pool(usage: PlacementUsage, pool: MemoryPool) -> bool:
    return usage.confined is not None and usage.confined <= pool.memories


def _sums(entries: Iterable[Iterable[tuple[str, int]]]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for name, number in (each for group in entries for each in group):
        totals[name] += number
    return totals
