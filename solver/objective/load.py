"""What placements take of what the board can carry and hold, in ppm (design §6, 8).

Three parts, added up in ppm and then rounded up once to whole steps of 0.1 %, so that nothing is
decided by less: what attachments and caches move a second, of the bandwidth of the path that each
takes; the largest share of any bounded memory; the sum of the shares of all bounded memories. The
parts about memories are joint: the search adds them (`fills`), with what live buffers fill and
with blocks that heaps lock, once for all their buffers.

Every attachment touches the whole buffer at the pipeline's rate, once a second where none is
stated; one that is used `rarely` counts a sixteenth. A path carries what the slowest on it does:
the memory and those around it, links on the way, the device (`heapwright.solver.board.paths`). A CPU
read of memory that is not cached weighs five times: 7.6 s against 1.5 s measured in
ikwzm/udmabuf#120, the lowest ratio known (raspberrypi/linux#5286 reports 30). Across a link the CPU
counts twice, since it waits for each access, and a GPU that renders three times, since it overdraws, unless it copies.
On a cached heap that the CPU touches, each device that does not snoop adds one pass of cache
maintenance. Of a compressed image an attachment moves the metadata and half of the rest
(docs/modifiers.md, "What compression is worth").

Example:
    buffers.frame: {size: 512x512, count: 3}  # 1 MiB each
    memory.dram.size: {costs 1515000: 4MiB, costs 2015000: 3MiB}  # 1.5 % traffic, and what is filled twice
"""

from typing import Final

from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.memories import Throughput
from heapwright.solver.board.paths import route
from heapwright.solver.constraints.cases import moved
from heapwright.solver.objective.term import CostTerm
from heapwright.solver.question.facts import End
from heapwright.solver.question.pipeline import Attachment

UNCACHED_READ: Final = 5
BY_CPU_AFAR: Final = 2
RENDERED_AFAR: Final = 3
"""Chosen, not measured: both only say that near memory is worth more than its bandwidth (design §6)."""
PPM: Final = 1_000_000
STEP: Final = PPM // 1000


def _traffic(
    board: Board,
    throughputs: frozenset[Throughput],
    rate: int,
    sizes: tuple[int, ...],
    moves: int | None,
    mapping: tuple[bool, bool] | None,
    devices: tuple[DeviceView, ...],
    ports: tuple[str, ...],
    uses: tuple[Attachment, ...],
    ends: tuple[End, ...],
) -> int:
    size, rate = sum(sizes), max(rate, 1)
    made = any(end.access == "write" for end in ends)
    (cached, local), total = mapping or (False, False), 0
    for device, port, use in zip(devices, ports, uses, strict=True):
        way = route(board, device, throughputs)
        weight = UNCACHED_READ if device.by_cpu and use.access == "read" and (local or not cached) else 1
        if way.far and device.by_cpu:
            weight *= BY_CPU_AFAR
        elif way.far and device.spec.kind == "gpu" and port == "render" and not made:
            weight *= RENDERED_AFAR
        touched = moved(size if moves is None else moves, use.how_often)
        total += _share(rate * touched * weight, way.carries)
    if cached:
        carries = max(route(board, device, throughputs).carries for device in devices if device.by_cpu)
        total += sum(_share(rate * size, carries) for device in set(devices) if not device.snoops)
    return total


def _share(number: int, of: int) -> int:
    """In ppm, rounded up."""
    return -(-number * PPM // of)


TERM = CostTerm(
    name="load",
    scope="placed",
    reads=(
        "board",
        "backing.throughputs",
        "rate",
        "sizes",
        "moves",
        "mapping",
        "attachments.*.device",
        "attachments.*.name",
        "attachments.*.use",
        "ends",
    ),
    rule=_traffic,
    grows=frozenset({"sizes", "moves"}),
    fills=True,
    largest=True,
    step=STEP,
    unit="ppm",
)
