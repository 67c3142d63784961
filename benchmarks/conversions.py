"""What conversions cost: allowed beside forbidden on the same questions, and questions that need three.

Allowed beside forbidden: instances of the frozen draw that have a plan, on the same boards with
edges added to every 2D engine and GPU; each is asked both ways, one after the other. Three
needed: 16 buffers on a made-up board, of which three have a reader that shares no format with
the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import median
from time import process_time
from typing import Any, Final, NamedTuple

from benchmarks.boards import SOURCE, Json
from benchmarks.instances import Instance, instance
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.solve import Options, solve

NEEDED: Final = 3
BUFFERS: Final = 16
_EDGES: Final = {"2d": ("source", "target"), "gpu": ("sample", "render")}
_FREE: Final = ["format", "modifier", "memory", "stride"]


class Pair(NamedTuple):
    """The same feasible question, conversions forbidden and allowed, in seconds of CPU time."""

    name: str
    forbidden: float
    allowed: float

    @property
    def ratio(self) -> float:
        return self.allowed / self.forbidden


class Priced(NamedTuple):
    """What conversions cost."""

    pairs: dict[int, list[Pair]]
    """By number of buffers."""
    needed: list[float]
    """Seconds of CPU time for questions that need three."""

    def ratio(self) -> float:
        return median(pair.ratio for pairs in self.pairs.values() for pair in pairs)


def priced(seeds: int, sizes: Sequence[int] = (4, 16)) -> Priced:
    """Both measurements, with this many instances each."""
    for buffers in sizes:
        _asked(*_converting(instance(10_000, buffers)))  # warms the interpreter
    pairs = {
        buffers: [p for seed in range(seeds) if (p := _pair(instance(seed, buffers)))] for buffers in sizes
    }
    board = Platform.model_validate(_workshop())
    needed = []
    for seed in range(-1, seeds):  # the first warms
        spent, plan = _asked(board, wall(seed))
        if plan is None or len(plan.conversions) != NEEDED:
            raise AssertionError(f"wall {seed} was to need {NEEDED} conversions")
        needed.append(spent)
    return Priced(pairs, needed[1:])


def _converting(one: Instance) -> tuple[Platform, Pipeline]:
    """The instance with edges on its 2D engines and GPUs."""
    devices: dict[str, Any] = {}
    for name, device in one.profile["devices"].items():
        source, target = _EDGES.get(device["kind"], ("", ""))
        edge = {"from": source, "to": target, "may_change": _FREE, "lossless": device["kind"] == "gpu"}
        devices[name] = {**device, "converts": [edge]} if source else device
    return Platform.model_validate({**one.profile, "devices": devices}), one.pipelines[0]


def _pair(one: Instance) -> Pair | None:
    """Both ways, the best of three each; None where nothing works without conversions."""
    platform, pipeline = _converting(one)
    policies = {word: pipeline.model_copy(update={"conversions": word}) for word in ("forbid", "allow")}
    spent: dict[str, list[float]] = {word: [] for word in policies}
    for _ in range(3):
        for word, question in policies.items():
            took, plan = _asked(platform, question)
            spent[word].append(took)
            if plan is None and word == "forbid":
                return None
    return Pair(one.name, min(spent["forbid"]), min(spent["allow"]))


def _asked(platform: Platform, pipeline: Pipeline) -> tuple[float, Plan | None]:
    begun = process_time()
    answer = solve(platform, [pipeline], options=Options(explain=False, work_limit=1.0))
    return process_time() - begun, answer if isinstance(answer, Plan) else None


def _workshop() -> Json:
    """A camera of NV12, an encoder of XR24, a display of both; a 2D engine and a GPU that convert."""
    both = [{"formats": ["NV12", "XR24", "YUYV"]}]

    def port(access: str, formats: list[Json]) -> Json:
        return {"access": access, "images": formats, "source": SOURCE}

    def device(kind: str, ports: Json, **facts: Any) -> Json:
        return {"kind": kind, "dma": {"bits": 40, "mmu": True}, "source": SOURCE, "ports": ports, **facts}

    edges = {
        "from": "source",
        "to": "target",
        "may_change": ["format", "memory", "stride"],
        "lossless": False,
    }
    free = {"from": "sample", "to": "render", "may_change": _FREE, "lossless": True}
    heap = {"via": "dma-heap", "cpu": "cached", "source": SOURCE, "memory": ["dram"]}
    return {
        "schema": "heapwright/platform/1",
        "name": "workshop",
        "memory": {"dram": {"base": 0, "size": 4 << 30, "source": SOURCE}},
        "heaps": {
            "cma": {**heap, "run": "whole", "align": 1 << 16},
            "system": {**heap, "run": 4096},
        },
        "devices": {
            "camera": device("camera", {"capture": port("write", [{"formats": ["NV12"]}])}),
            "panel": device("display", {"scanout": port("read", both)}),
            "encoder": device("video-encoder", {"frame": port("read", [{"formats": ["XR24"]}])}),
            "rga": device(
                "2d", {"source": port("read", both), "target": port("write", both)}, converts=[edges]
            ),
            "gpu": device(
                "gpu", {"sample": port("read", both), "render": port("write", both)}, converts=[free]
            ),
        },
    }


def wall(seed: int) -> Pipeline:
    """16 camera pictures of different sizes for the display; three are encoded as well."""
    random = Random(f"wall/{seed}")
    widths = random.sample(range(640, 1920, 16), BUFFERS)
    encoded = set(random.sample(range(BUFFERS), NEEDED))
    buffers = {
        f"b{number:02}": {
            "size": f"{width}x720",
            "written_by": "camera.capture",
            "read_by": ["display.scanout", *(["video-encoder.frame"] if number in encoded else [])],
        }
        for number, width in enumerate(widths)
    }
    return Pipeline.model_validate({"schema": "heapwright/pipeline/1", "name": "wall", "buffers": buffers})
