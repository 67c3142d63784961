"""Small random boards of CMA areas, pools and carve-outs, and questions asked of them one after the other.

Each plan is carried out on a simulated board; some of what is live is released before the next
question. A pure function of the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from heapwright.allocator.backend import AllocatedBuffer, AllocationFailed
from heapwright.allocator.execute import execute
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement
from heapwright.solver.question.pipeline import Pipeline
from tests.answered import answered

KIB: Final = 1 << 10
SOURCE: Final = "made up"
STEPS: Final = 4
Json = dict[str, Any]


def a_platform(random: Random) -> Platform:
    """One or two memories side by side, with one to three heaps of runs."""
    pick = random.choice
    memory: Json = {
        "dram": {"base": 0x40000000, "size": 1 << 30, "source": SOURCE},
        "a": _memory(random, 0x48000000),
    }
    if pick((True, False)):
        memory["b"] = _memory(random, 0x50000000)
    names = [name for name in memory if name != "dram"]
    heaps = {f"h{n}": _heap(random, names) for n in range(pick((1, 1, 2, 3)))}
    if pick((True, False, False, False)):
        heaps["tee"] = {**_heap(random, ["a"]), "locks": {"from": "a", "size": pick((16, 32, 40)) * KIB}}
    device = {"kind": "fpga", "dma": {"bits": 64, "mmu": True}, "source": SOURCE}
    ports: Json = {"write": {"access": "write", "source": SOURCE, "images": _images(random)}}
    data = {
        "schema": "heapwright/platform/1", "name": "runs", "page": 4 * KIB,
        "memory": memory, "heaps": heaps, "devices": {"d": {**device, "ports": ports}},
    }  # fmt: skip
    return Platform.model_validate(data)


def _memory(random: Random, base: int) -> Json:
    pick = random.choice
    found: Json = {"inside": "dram", "size": pick((64, 96, 128, 256, 60)) * KIB, "source": SOURCE}
    if pick((True, True, False)):
        found["base"] = base + pick((0, 0, 4, 8, 16)) * KIB
    if pick((True, False, False)):
        found["held"] = pick((4, 12, 16)) * KIB
    return found


def _heap(random: Random, names: list[str]) -> Json:
    pick = random.choice
    memory = [pick(names)] if pick((True, True, False)) else names
    align: Any = pick((4 * KIB, 4 * KIB, 8 * KIB, {"by_size_up_to": 16 * KIB}, {"by_size_up_to": 32 * KIB}))
    run: Any = pick(("whole", "whole", "whole", 4 * KIB, 8 * KIB))
    return {
        "via": pick(("dma-heap", "dma-heap", "drm")), "names": ["heap"], "memory": memory, "run": run, "align": align,
        "cpu": "cached", "source": SOURCE,
    }  # fmt: skip


def _images(random: Random) -> list[Json]:
    rule: Json = {"formats": ["R8", "NV12"], "source": SOURCE}
    return [{**rule, "dmabufs": random.choice(([1], [1], [1, 2], [2]))}]


def a_question(random: Random, number: int, heaps: list[str]) -> tuple[Pipeline, list[str]]:
    """A file of one to three buffers, and heaps that they are pinned to."""
    buffers: Json = {}
    pins = []
    for index in range(random.choice((1, 2, 3))):
        name = f"f{index}"
        formats = [random.choice(("R8", "NV12"))]
        size = f"{random.choice((64, 128, 256))}x{random.choice((16, 32, 50, 64, 96, 128, 200))}"
        count = random.choice((1, 1, 2, 3, 5))
        buffers[name] = {"size": size, "formats": formats, "count": count, "written_by": "fpga.write"}
        if random.choice((True, False)):
            pins.append(f"{name}:heap={random.choice(heaps)}")
    data = {
        "schema": "heapwright/pipeline/1",
        "name": f"p{number}",
        "conversions": "forbid",
        "buffers": buffers,
    }
    return Pipeline.model_validate(data), pins


def failures(seed: int) -> Iterator[str]:
    """What a board refuses although a plan promised it; and "plan" or "none" for every question asked."""
    random = Random(seed)
    platform = a_platform(random)
    backend = SimulatedBoard(platform, mode="board", seed=seed)
    live: list[AllocatedBuffer] = []
    for number in range(STEPS):
        question, pins = a_question(random, number, sorted(platform.heaps))
        placements = [as_live(buffer) for buffer in live]
        answer = answered(platform, [question], live=placements, pins=pins)
        if answer is None:
            yield "none"
            continue
        yield "beside" if live else "alone"
        try:
            made = execute(platform, [question], answer, backend)
        except AllocationFailed as failed:
            yield f"seed {seed}, question {number}: {failed}"
            return
        live += made.buffers
        random.shuffle(live)
        for _ in range(random.randrange(len(live) + 1)):
            backend.release(live.pop())


def as_live(buffer: AllocatedBuffer) -> Placement:
    """One buffer as a later question gets it."""
    return buffer.placement.model_copy(update={"count": 1})
