"""Protected content through stages and alternatives: the solver against brute force.

Small boards with one or two firewalls, files of two or three buffers whose stages may
carry protected content on, by chance: alternatives, devices that declassify, ports that
require or refuse, audiences, cycles.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from platforms.schema import Platform
from solver import solve
from solver.constraint import Fact
from solver.explain import Prover
from solver.live import ledger
from solver.pipeline import Pipeline
from solver.plan import Infeasible, Plan
from solver.problem import Problem
from tests.builders import board, buffer, changed, device, heap, memory, pipeline, port
from tests.property.test_oracle import compared

BATCH = 50
BATCHES = 8
DEVICES = {
    "decoder": "video-decoder",
    "gpu": "gpu",
    "blitter": "2d",
    "other-blitter": "2d",
    "panel": "display",
    "encoder": "video-encoder",
}
PORTS = {
    "video-decoder": ("frame",),
    "gpu": ("sample", "render"),
    "2d": ("source", "target"),
    "display": ("scanout",),
    "video-encoder": ("frame",),
}
READERS = ("gpu.sample", "2d.source", "display.scanout", "video-encoder.frame")
WRITERS = ("gpu.render", "2d.target")
RANGES = {"tz": ["sdp"], "other-tz": ["other-sdp"]}


class Draw:
    """One board and one file, by seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def port(self, way: str) -> dict[str, Any]:
        stated = self.random.choice(["allowed"] * 12 + ["refused", "required", "unknown"])
        return port(protected=stated, declassifies=way in ("render", "target") and self.chance(4))

    def platform(self) -> Platform:
        devices = {
            name: device(kind, **{way: self.port(way) for way in PORTS[kind]})
            for name, kind in DEVICES.items()
            if not self.chance(20)
        }
        heaps = {"plain": heap("dram")}
        for name in ("tz", "other-tz")[: self.random.choice([1, 1, 2])]:
            members = [each for each in (*devices, "camera") if not self.chance(15)]
            heaps[name] = heap(
                self.random.choice([*RANGES[name] * 5, "dram", "sdp", "part"]),
                cpu=self.random.choice(["none"] * 20 + ["cached", "unknown"]),
                access=self.random.choice([members] * 20 + ["unknown"]),
                firewall=self.random.choice(["static", "per-buffer", "per-buffer", "per-buffer"]),
            )
        if self.chance(12):
            heaps["inner"] = heap("part")
        if self.chance(4):
            heaps["moving"] = heap(
                "vram", cpu="none", access=[*devices], moves_to=self.random.choice(sorted(heaps))
            )
        parts = {
            "sdp": memory(f"{self.random.choice([2, 4, 16]) * 4}KiB", inside="dram"),
            "other-sdp": memory(f"{self.random.choice([4, 16]) * 4}KiB", inside="dram"),
            "part": memory("4KiB", inside="sdp"),
            "vram": memory("1MiB", local=self.random.sample(sorted(devices), 1)),
        }
        return board(memory=parts, heaps=heaps, devices=devices)

    def use(self, selectors: tuple[str, ...]) -> str:
        kind, _, way = self.random.choice(selectors).partition(".")
        label = "#b" if kind == "2d" and self.chance(4) else ""
        stage = ":two" if self.chance(5) else ""
        return f"{kind}{label}{stage}.{way}"

    def party(self, selectors: tuple[str, ...]) -> Any:
        uses = dict.fromkeys(self.use(selectors) for _ in range(self.random.choice([1, 1, 2])))
        return {"any_of": [*uses]} if len(uses) > 1 else next(iter(uses))

    def protected(self, first: Any, mine: set[str]) -> Any:
        """A mark: for those attached (`mine`) and a few; or beside the first of the file as narrow, or otherwise."""
        if self.chance(3):
            return True
        every = [*PORTS, "camera"]
        known = first["audience"] if isinstance(first, dict) else every
        sort = self.random.choice(["mine", "same", "same", "narrower", "wider", "apart"]) if first else "mine"
        audience = [kind for kind in every if (kind in mine and not self.chance(20)) or not self.chance(3)]
        if sort in ("same", "narrower", "wider"):
            audience = [kind for kind in known if sort != "narrower" or kind in mine]
        if sort == "wider":
            audience += [kind for kind in every if kind not in known][:1]
        if sort == "apart":
            audience = [kind for kind in every if kind not in known]
        if self.chance(10):
            audience.append(self.random.choice(["2d#b", "2d#c", "display@HDMI-A-1"]))
        return {"audience": audience or every}

    def question(self) -> Pipeline:
        buffers: dict[str, Any] = {}
        mark: Any = None
        for number in range(self.random.choice([2, 2, 3])):
            first = number == 0
            written = "video-decoder.frame" if first else self.party(WRITERS)
            read = [self.party(READERS) for _ in range(self.random.choice([1, 1, 2]))]
            attached = re.findall(r"([a-z0-9-]+)(?:#b)?(?::two)?\.[a-z]+", str([written, read]))
            marked = first or self.chance(3)
            own = self.protected(mark, set(attached)) if marked else False
            mark = mark or own
            buffers[f"b{number}"] = buffer(size="32x32", written_by=written, read_by=read, protected=own)
        return pipeline(**buffers)


def disagreements(first: int) -> list[str]:
    found = []
    for seed in range(first, first + BATCH):
        draw = Draw(seed)
        text = compared(f"seed {seed}", draw.platform(), [draw.question()], ())
        found += [text] if text is not None else []
    return found


@pytest.mark.parametrize("batch", range(BATCHES))
def test_protected_content_flows_as_brute_force_finds_it(batch: int) -> None:
    assert disagreements(batch * BATCH) == []


def test_the_draw_is_no_foregone_conclusion() -> None:
    plans = 0
    for seed in range(200):
        draw = Draw(seed)
        plans += isinstance(solve(draw.platform(), [draw.question()]), Plan)
    assert 40 <= plans <= 160


def cinema() -> Platform:
    """Everybody stands inside one firewall, but panel and encoder take nothing protected."""
    devices = {
        name: device(
            kind,
            **{
                way: port(protected="refused" if name in ("panel", "encoder") else "allowed")
                for way in PORTS[kind]
            },
        )
        for name, kind in DEVICES.items()
    }
    walled = heap("tz", cpu="none", access=[*devices, "camera"])
    return board(heaps={"plain": heap("dram"), "tz": walled}, devices=devices)


def test_a_conflict_names_the_flow_it_rests_on_and_no_other() -> None:
    """Dropping any fact of a conflict makes a plan; and where other devices declassify, it still clashes."""
    flows = 0
    for seed in range(120):
        draw = Draw(seed)
        film = buffer(written_by="video-decoder.frame", read_by=draw.use(READERS[:2]), protected=True)
        others = {
            f"b{number}": buffer(written_by=draw.party(WRITERS), read_by=draw.party(READERS))
            for number in range(draw.random.choice([1, 2, 3]))
        }
        platform, question = cinema(), pipeline(film=film, **others)
        answer = solve(platform, [question])
        if not isinstance(answer, Infeasible):
            continue
        conflict = [Fact(reason.kind, reason.subject) for reason in answer.conflict]
        problem = Problem(platform, [question])
        prover = Prover(problem, ledger(problem.board, ()))
        assert prover.clash(conflict), seed
        for fact in conflict:
            assert not prover.clash([other for other in conflict if other != fact]), (seed, fact)
        carriers = {fact.subject.partition("→")[2] for fact in conflict if fact.kind == "protected-flow"}
        flows += bool(carriers)
        assert isinstance(solve(_declassifying(platform, carriers), [question]), Infeasible), seed
    assert flows >= 20


def _declassifying(platform: Platform, carriers: set[str]) -> Platform:
    """The same board, where what anybody but the carriers writes is plain."""
    for name, spec in platform.devices.items():
        for way in spec.ports if name not in carriers else ():
            if way in ("render", "target"):
                platform = changed(platform, f"devices.{name}.ports.{way}.declassifies", True)
    return platform
