"""Random packings at the boundary of what fits: raw buffers, and pools with just so much room.

Pure: every buffer may go to every pool, all of which are alike but in size. Mixed: some buffers are read
by a device that reaches half of the pools, pools align to more, and reading some of them is slow. All
pools together hold 0.98 to 1.02 of what is asked. Everything is a pure function of the seed, and the draw
is frozen (see `benchmarks.instances`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from time import process_time
from typing import Final, NamedTuple

from benchmarks.boards import SOURCE, Json
from benchmarks.instances import Instance
from heapwright.platforms.schema import Platform
from heapwright.solver.candidates.enumerate import Propagation
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.resolve import Problem
from heapwright.solver.search.choose import ASKED, choose
from heapwright.solver.search.selection import SearchLimits

ROOM: Final = (0.98, 1.02)
PAGE: Final = 4096
WORK: Final = 3.0
"""Deterministic time for the best plan, about seconds; whether there is one is asked by itself."""


class Packed(NamedTuple):
    """An instance asked twice: whether there is a plan, and for the best one. In seconds of CPU time."""

    name: str
    fits: str
    decided_by: str
    deciding: float
    status: str
    proven_by: str
    gap: float
    """Of the first level that is not closed."""
    proving: float


def packing(seed: int, *, mixed: bool) -> Instance:
    """6 to 64 pairs of raw buffers for 2 to 8 pools; what is asked is the mean over the pools."""
    random = Random(f"pack/{mixed}/{seed}")
    pools, buffers = random.randint(2, 8), random.choice((6, 8, 12, 16, 24, 32, 48, 64))
    far = [mixed and number % 2 == 1 for number in range(pools)]
    aligns = [random.choice((PAGE, 16 * PAGE)) if mixed else PAGE for _ in range(pools)]
    streams: dict[str, Json] = {}
    for number in range(buffers):
        readers = "npu.input" if mixed and random.random() < 0.3 else "cpu.read"
        size = random.randint(PAGE, 400 * PAGE)
        streams[f"b{number:02}"] = {"bytes": size, "written_by": "cpu.write", "read_by": readers}
    parts = [random.uniform(0.5, 1.5) for _ in range(pools)]
    slots = [-(-spec["bytes"] // align) * align for spec in streams.values() for align in aligns]
    room = 2 * sum(slots) / pools * random.uniform(*ROOM) / sum(parts)
    memory = {
        f"m{number}": {
            "base": (number + 1 + 64 * far[number]) << 26,
            "size": int(room * part) // PAGE * PAGE,
            "source": SOURCE,
        }
        for number, part in enumerate(parts)
    }
    return _instance(f"pack-{'mixed' if mixed else 'pure'}-{seed}", memory, aligns, far, streams)


def _instance(
    name: str, memory: dict[str, Json], aligns: Sequence[int], far: Sequence[bool], streams: dict[str, Json]
) -> Instance:
    heaps = {
        f"h{number}": {
            "via": "dma-heap", "memory": [f"m{number}"], "run": align, "align": align,
            "cpu": "write-combined" if far[number] else "cached", "source": SOURCE,
        }
        for number, align in enumerate(aligns)
    }  # fmt: skip
    port = {"access": "read", "source": SOURCE}
    devices = {
        "c": {
            "kind": "cpu", "dma": {"bits": 48, "mmu": True}, "coherent": True, "source": SOURCE,
            "ports": {"read": port, "write": {**port, "access": "write"}},
        },
        "n": {
            "kind": "npu", "dma": {"bits": 32, "mmu": True}, "coherent": True, "source": SOURCE,
            "ports": {"input": port},
        },
    }  # fmt: skip
    profile = {
        "schema": "heapwright/platform/1", "name": name, "title": name, "kernel": "6.12", "page": PAGE,
        "memory": memory, "iommus": {}, "heaps": heaps, "devices": devices,
    }  # fmt: skip
    pipeline = {"schema": "heapwright/pipeline/1", "name": "streams", "buffers": streams}
    return Instance(
        name,
        Platform.model_validate(profile),
        (Pipeline.model_validate(pipeline),),
        len(streams),
        len(streams),
        profile,
        pipeline,
    )


def packed(instance: Instance) -> Packed:
    problem = Problem(instance.platform, instance.pipelines)
    found = Propagation(problem)
    used = existing_usage(problem.board, problem.live)
    list(found.options)
    begun = process_time()
    fits = choose(problem, found, used, limits=SearchLimits(any_will_do=True, work=1.0))
    decided = process_time()
    best = choose(problem, found, used, limits=SearchLimits(work=WORK))
    proven = process_time()
    open_ = [(level.value - level.bound) / level.value for level in best.levels if level.value != level.bound]
    gap = 1.0 if best.status == "undecided" else (open_ or [0.0])[0]
    return Packed(
        instance.name,
        fits.status,
        ASKED[fits.engine],
        decided - begun,
        best.status,
        ASKED[best.engine],
        gap,
        proven - decided,
    )


def families(seeds: int) -> dict[str, list[Packed]]:
    return {
        name: [packed(packing(seed, mixed=name == "mixed")) for seed in range(seeds)]
        for name in ("pure", "mixed")
    }


def shares(engines: Sequence[str]) -> str:
    """Which engine decides what share."""
    number = Counter(engines)
    return ", ".join(f"{name} {number[name] / len(engines):.0%}" for name in ASKED if number[name])
