"""A small random question while it is being made: easy, until facts make it hard."""

from __future__ import annotations

from random import Random
from typing import Any, Final

Json = dict[str, Any]
SOURCE: Final = "made up"
PAGES: Final = (64, 64, 64, 128, 256)
"""Sizes of a page: all numbers are 64 times smaller than a machine's."""
READERS: Final = (
    ("display", "scanout"),
    ("gpu", "sample"),
    ("video-encoder", "frame"),
    ("npu", "input"),
    ("2d", "source"),
    ("cpu", "read"),
)
WRITERS: Final = (
    ("camera", "capture"),
    ("gpu", "render"),
    ("video-decoder", "frame"),
    ("2d", "target"),
    ("cpu", "write"),
)
FORMATS: Final = ("XR24", "R8", "NV12", "YU12", "NV16", "NV15", "RG16", "YUYV", "P010")
TILED: Final = ("VIVANTE_TILED", "SAMSUNG_16_16_TILE")


class Draft:
    """An instance while it is being made."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.page = random.choice(PAGES)
        self.palette = random.sample(FORMATS, random.choice((1, 2, 2, 3)))
        self.memory: dict[str, Json] = {}
        self.iommus: dict[str, Json] = {}
        self.links: dict[str, Json] = {}
        self.heaps: dict[str, Json] = {}
        self.devices: dict[str, Json] = {}
        self.resources: dict[str, int] = {}
        self.files: list[dict[str, Json]] = []
        self._memories()
        self._heaps()
        self._devices()
        self._pipelines()

    def pick(self, *values: Any) -> Any:
        return self.random.choice(values)

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def _memories(self) -> None:
        self.memory["m0"] = {
            "base": self.pick(0, 0, 4096),
            "size": self.pick(4096, 8192, 16384),
            "source": SOURCE,
        }
        if self.random.random() < 0.7:
            self.memory["m1"] = {"inside": "m0", "size": self.pick(512, 1024, 2048), "source": SOURCE}
            if self.random.random() < 0.6:
                self.memory["m1"]["base"] = self.memory["m0"]["base"] + self.pick(0, 1024, 2048)
        if self.random.random() < 0.4:
            self.memory["m2"] = {"base": 65536, "size": self.pick(1024, 2048, 4096), "source": SOURCE}
        if "m1" in self.memory and self.chance(5):
            self.memory["m3"] = {"inside": "m1", "size": 256, "source": SOURCE}

    def _heaps(self) -> None:
        names = list(self.memory)
        for index in range(self.pick(1, 2, 2, 3, 4)):
            memory = [self.random.choice(names)]
            if len(names) > 1 and self.chance(6):
                memory = self.random.sample(names, 2)
            self.heaps[f"h{index}"] = {
                "via": "dma-heap",
                "names": [f"heap{index}"],
                "memory": memory,
                "run": self.pick("whole", "whole", "page", self.page, 256, "2 pages"),
                "cpu": self.pick("cached", "cached", "write-combined", "uncached"),
                "source": SOURCE,
            }
            if self.chance(2):
                self.heaps[f"h{index}"]["align"] = self.pick(
                    256, "2 pages", {"by_size_up_to": "8 pages"}, {"by_size_up_to": 256}
                )

    def _devices(self) -> None:
        for index in range(self.pick(2, 3, 3, 4, 5)):
            ways = WRITERS if index == 0 else READERS if index == 1 else READERS + WRITERS
            kind, port = self.random.choice(ways)
            ports = {port: self._port(kind, port)}
            for other_kind, other in READERS + WRITERS:
                if other_kind == kind and other != port and self.chance(2):
                    ports[other] = self._port(kind, other)
            self.devices[f"d{index}"] = {
                "kind": kind,
                "dma": self._dma(),
                "coherent": self.chance(2),
                "source": SOURCE,
                "ports": ports,
            }

    def _dma(self) -> Json:
        dma: Json = {"bits": self.pick(64, 40, 32, 20)}
        way = self.random.random()
        if way < 0.35:
            dma["mmu"] = True
        elif way < 0.6:
            self.iommus.setdefault("u0", {"source": SOURCE})
            dma["iommu"] = "u0"
        return dma

    def _port(self, kind: str, port: str) -> Json:
        access = "write" if (kind, port) in WRITERS else "read"
        rules = [self._rule() for _ in range(self.pick(1, 1, 1, 2))]
        return {"access": access, "images": rules, "source": SOURCE}

    def _rule(self) -> Json:
        most = self.chance(4)
        return {
            "formats": self.random.sample(
                self.palette, self.random.randint(1, len(self.palette)) if most else len(self.palette)
            )
        }

    def _pipelines(self) -> None:
        present = {(device["kind"], port) for device in self.devices.values() for port in device["ports"]}
        writers = [way for way in WRITERS if way in present]
        readers = [way for way in READERS if way in present]
        for _ in range(self.pick(1, 1, 1, 2)):
            self.files.append({})
        for index in range(self.pick(1, 1, 2, 2, 3)):
            buffer: Json = {
                "size": f"{self.pick(3, 4, 6, 8, 10)}x{self.pick(2, 4, 5, 8)}",
                "rate": self.pick(1, 30, 60),
            }
            writing = self.pick(1, 1, 1, 1, 2)
            buffer["written_by"] = [
                self._use(*self.random.choice(writers or WRITERS)) for _ in range(writing)
            ]
            count = self.pick(0, 1, 1, 2, 2, 3) if readers else 0
            buffer["read_by"] = [self._use(*self.random.choice(readers)) for _ in range(count)]
            if self.chance(3):
                formats = self.random.sample(self.palette, len(self.palette))
                buffer["formats"] = formats[: self.random.randint(1, len(formats))]
            if self.chance(4):
                buffer["count"] = self.pick(3, 4, 5)
            self.files[index % len(self.files)][f"b{index}"] = buffer
        self.files = [file for file in self.files if file]

    def _use(self, kind: str, port: str) -> Json:
        return {"port": f"{kind}.{port}"}

    # What facts reach for.

    def device(self) -> Json:
        return self.random.choice(list(self.devices.values()))

    def heap(self) -> Json:
        return self.random.choice(list(self.heaps.values()))

    def port(self) -> Json:
        return self.random.choice(list(self.device()["ports"].values()))

    def rule(self) -> Json:
        """A rule with images; raw ports have none."""
        rules = [
            rule
            for device in self.devices.values()
            for port in device["ports"].values()
            for rule in port["images"]
        ]
        return self.random.choice(rules) if rules else {}

    def stride(self) -> Json:
        stride: Json = self.rule().setdefault("stride", {})
        return stride

    def buffer(self) -> Json:
        return self.random.choice([buffer for file in self.files for buffer in file.values()])

    def use(self) -> Json:
        buffer = self.buffer()
        uses = [each for each in [*buffer["written_by"], *buffer["read_by"]] if "port" in each]
        return self.random.choice(uses) if uses else {}

    def some(self, names: dict[str, Any]) -> list[str]:
        return sorted(self.random.sample(sorted(names), self.random.randint(1, len(names))))

    def data(self) -> Json:
        for buffer in (each for file in self.files for each in file.values() if "bytes" in each):
            for key in ("size", "formats", "modifiers", "colours", "dmabufs"):
                buffer.pop(key, None)
        return {
            "platform": {
                "schema": "heapwright/platform/1",
                "name": "small",
                "kernel": self.pick("6.6", "6.12", "unknown"),
                "page": self.page,
                "memory": self.memory,
                "iommus": self.iommus,
                "links": self.links,
                "heaps": self.heaps,
                "devices": self.devices,
                "resources": self.resources,
            },
            "pipelines": [
                {
                    "schema": "heapwright/pipeline/1",
                    "name": f"p{index}",
                    "conversions": "forbid",
                    "buffers": file,
                }
                for index, file in enumerate(self.files)
            ],
        }
