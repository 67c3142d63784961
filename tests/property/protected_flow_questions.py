"""Small boards and files on which protected content flows, and marks decide who may see what is made of it.

A board has one or two firewalls; the range behind one may be another heap's as well. A file has two or three
buffers, most of them written by a stage that reads one before. The first mark names those attached to its
buffer and a few; the marks further on are drawn beside it, often so that a reader hangs on which of the two counts.
`Draw(seed)` is a pure function of its seed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from random import Random
from typing import Any, Final

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, buffer, device, heap, memory, pipeline, port

DEVICES: Final = {
    "decoder": "video-decoder",
    "gpu": "gpu",
    "blitter": "2d",
    "other-blitter": "2d",
    "panel": "display",
    "encoder": "video-encoder",
}
PORTS: Final = {
    "video-decoder": ("frame",),
    "gpu": ("sample", "render"),
    "2d": ("source", "target"),
    "display": ("scanout",),
    "video-encoder": ("frame",),
}
READERS: Final = ("gpu.sample", "2d.source", "display.scanout", "video-encoder.frame")
WRITERS: Final = ("gpu.render", "2d.target")
STAGES: Final = {"gpu": ("sample", "render"), "2d": ("source", "target")}
"""Those who read one buffer and write the next: by which port they read, by which they write."""
KINDS: Final = (*PORTS, "camera")
RANGES: Final = {"tz": "sdp", "other-tz": "other-sdp"}
"""Firewalls, and the memory that is their own."""


class Draw:
    """One board and one file, by seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def pick(self, *values: Any) -> Any:
        return self.random.choice(values)

    # The board

    def platform(self) -> Platform:
        devices = {
            name: device(kind, **{way: self.port(way) for way in PORTS[kind]})
            for name, kind in DEVICES.items()
            if not self.chance(60)
        }
        parts = {
            "sdp": memory(f"{self.pick(2, 8, 16, 32) * 4}KiB", inside="dram"),
            "other-sdp": memory(f"{self.pick(4, 16, 32) * 4}KiB", inside="dram"),
            "part": memory("4KiB", inside="sdp"),
            "vram": memory("1MiB", local=self.random.sample(sorted(devices), 1)),
        }
        heaps = {"plain": heap("dram")}
        for name in ("tz", "other-tz")[: self.pick(1, 2, 2, 2, 2)]:
            heaps[name] = self.walled(name, devices)
        if self.chance(2):
            heaps["guest"] = self.guest()
        if self.chance(6):
            heaps["moving"] = heap("vram", cpu="none", access=[*devices], moves_to=self.pick(*sorted(heaps)))
        return board(memory=parts, heaps=heaps, devices=devices)

    def port(self, way: str) -> dict[str, Any]:
        stated = self.pick(*["allowed"] * 80, "refused", "required", "unknown")
        return port(protected=stated, declassifies=way in ("render", "target") and self.chance(5))

    def walled(self, name: str, devices: Mapping[str, Any]) -> dict[str, Any]:
        """A heap behind a firewall that admits all who attach and some besides, mostly around memory of its own."""
        kinds = {kind for each in self.attached for kind in _kinds(*each)}
        used = [each for each, facts in devices.items() if facts["kind"] in kinds or self.chance(3)]
        members = [each for each in [*used, *["camera"] * self.chance(6)] if not self.chance(40)]
        return heap(
            self.pick(*[RANGES[name]] * 10, "dram", "sdp", "part"),
            cpu=self.pick(*["none"] * 30, "cached", "unknown"),
            access=self.pick(*[members] * 30, "unknown"),
            firewall=self.pick("static", *["per-buffer"] * (1 if name == "tz" else 4)),
        )

    def guest(self) -> dict[str, Any]:
        """A heap that allocates behind the first firewall, or may: then it is none, if it is static."""
        where = self.pick("part", "part", "sdp", "block", "unknown")
        if where == "block":
            return heap("dram", locks={"from": "sdp", "size": 4096})
        if where == "unknown":
            return heap() | {"memory": "unknown"}
        return heap(where)

    # The file

    def question(self) -> Pipeline:
        buffers: dict[str, Any] = {}
        first: Any = None
        for number, (written, read) in enumerate(self.attached):
            mine = _kinds(written, read)
            own = False if number and self.chance(3) else self.mark(first, mine)
            first = first or own
            buffers[f"b{number}"] = buffer(size="32x32", written_by=written, read_by=read, protected=own)
        return pipeline(**buffers)

    @cached_property
    def attached(self) -> list[tuple[Any, list[Any]]]:
        """Who writes and who reads each buffer; most are written by a stage that reads one before."""
        found: list[tuple[Any, list[Any]]] = []
        for number in range(self.pick(2, 2, 3)):
            written = self.party(WRITERS) if number else "video-decoder.frame"
            read = [self.party(READERS) for _ in range(self.pick(1, 1, 2))]
            if number and not self.chance(4):
                stage = self.stage(self.pick(*STAGES))
                source, target = STAGES[stage[0]]
                before = self.pick(*found)[1]
                before[-1:] = [f"{''.join(stage)}.{source}"]
                written = f"{''.join(stage)}.{target}"
                if self.chance(2):
                    read = [_any_of(self.random.sample([self.use(READERS), before[-1]], 2))]
            found.append((written, read))
        return found

    def party(self, selectors: tuple[str, ...]) -> Any:
        return _any_of([self.use(selectors) for _ in range(self.pick(1, 1, 2))])

    def use(self, selectors: tuple[str, ...]) -> str:
        kind, _, way = self.pick(*selectors).partition(".")
        return f"{''.join(self.stage(kind))}.{way}"

    def stage(self, kind: str) -> tuple[str, str, str]:
        return kind, "#b" if kind == "2d" and self.chance(4) else "", ":two" if self.chance(5) else ""

    # Marks

    def mark(self, first: Any, mine: set[str]) -> Any:
        """True, or an audience: beside the first of the file the same, narrower, wider, across it or apart from it."""
        if self.chance(3 if first else 4):
            return True
        few = [kind for kind in KINDS if kind in mine or self.chance(3)]
        audience = few if first is None else self.beside(first, few)
        if self.chance(10):
            audience = [*audience, self.pick("2d#b", "2d#c", "display@HDMI-A-1")]
        return {"audience": audience or [*KINDS]}

    def beside(self, first: Any, few: list[str]) -> list[str]:
        known = first["audience"] if isinstance(first, dict) else [*KINDS]
        outside = [kind for kind in few if kind not in known]
        return {
            "same": known,
            "narrower": [kind for kind in known if kind in few],
            "wider": [*known, *(outside or [kind for kind in KINDS if kind not in known][:1])],
            "across": few,
            "apart": outside,
        }[self.pick("same", "same", "narrower", "wider", "wider", "across", "apart")]


def _any_of(uses: list[str]) -> Any:
    different = dict.fromkeys(uses)
    return {"any_of": [*different]} if len(different) > 1 else uses[0]


def _kinds(written: Any, read: list[Any]) -> set[str]:
    """The kinds of device that are attached to a buffer."""
    return {*re.findall(r"([a-z0-9-]+)(?:#b)?(?::two)?\.[a-z]+", str([written, read]))}
