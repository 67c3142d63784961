"""Random boards as plain data: devices and heaps with the habits of real SoCs.

What is drawn is drawn from what the profiles of real boards show: strides of 16
to 256 bytes, rows of 8 or 16, a camera and an encoder without IOMMU, a display
that scans out only what is contiguous, CMA that aligns by size, carve-outs with
coarse alignments, VRAM with a heap to move to. Capacities are left open: they
are set where the demand is known (`benchmarks.instances`).
"""

from __future__ import annotations

from random import Random
from typing import Any, Final, NamedTuple

Json = dict[str, Any]
SOURCE: Final = "benchmark"
MIB: Final = 1 << 20

PLAIN: Final = 0.6
"""The share of boards without carve-outs: most have one pool of contiguous memory
(of the boards in `platforms/profiles` that have any, 40 of 44 have one)."""
EQUAL: Final = 0.3
"""How often a further device of a kind equals the first (in `platforms/profiles`, 7 of 24
differ from an earlier one in nothing but name, driver and IOMMU)."""

KINDS: Final = (
    "display", "gpu", "video-encoder", "camera", "cpu", "video-decoder", "npu", "isp", "2d", "jpeg-codec", "nic",
    "dsp", "crypto",
)  # fmt: skip
"""The order in which a board gets its devices."""
_AGAIN: Final = ("camera", "display", "isp", "2d", "video-decoder", "video-encoder", "nic", "gpu")
"""Kinds of which boards have several."""
_RGB: Final = ("XR24", "AR24")
_YUV: Final = ("NV12", "YUYV")
_ALL: Final = (*_RGB, *_YUV, "P010")


class Trait(NamedTuple):
    """What devices of a kind have in common: ports with their formats (raw data
    where empty), how they see memory, and the multiples their strides come in."""

    ports: dict[str, tuple[str, ...]]
    sees: tuple[str, ...]
    strides: tuple[int, ...]
    rows: tuple[int, ...] = (1,)


TRAITS: Final[dict[str, Trait]] = {
    "display": Trait({"scanout": (*_RGB, "NV12")}, ("iommu", "none"), (16, 64), (1,)),
    "gpu": Trait({"render": (*_RGB, "NV12"), "sample": _ALL}, ("mmu",), (64, 128, 256), (1,)),
    "video-encoder": Trait(
        {"frame": ("NV12", "XR24"), "bitstream": ()}, ("iommu", "none"), (16, 32), (8, 16)
    ),
    "camera": Trait({"capture": _YUV}, ("iommu", "none", "none"), (16, 128), (1,)),
    "cpu": Trait({"read": _ALL, "write": _ALL}, ("cpu",), (1,)),
    "video-decoder": Trait({"bitstream": (), "frame": ("NV12", "P010")}, ("iommu", "none"), (64,), (16,)),
    "npu": Trait({"input": ("XR24", "NV12"), "output": ()}, ("iommu", "mmu"), (16, 64)),
    "isp": Trait({"input": _YUV, "output": ("NV12", "XR24")}, ("iommu", "none"), (16, 64), (1, 2)),
    "2d": Trait({"source": _ALL, "target": _ALL}, ("iommu", "mmu", "none"), (4, 16)),
    "jpeg-codec": Trait({"source": _YUV, "target": ()}, ("iommu", "none"), (8, 16), (8, 16)),
    "dsp": Trait({"input": ("NV12", "YUYV"), "output": ("NV12",)}, ("iommu", "mmu"), (8, 128)),
    "crypto": Trait({"source": (), "target": ()}, ("iommu", "none"), (1,)),
    "nic": Trait({"send": (), "receive": ()}, ("iommu", "none"), (1,)),
}
_WRITE: Final = {
    "render",
    "capture",
    "write",
    "bitstream:video-encoder",
    "frame:video-decoder",
    "output",
    "target",
    "receive",
}


def writes(kind: str, port: str) -> bool:
    return port in _WRITE or f"{port}:{kind}" in _WRITE


class Board:
    """A profile in the making: plain data, and what the pipelines want to know of it."""

    def __init__(self, random: Random, heaps: int, devices: int) -> None:
        self.random = random
        self.memory: dict[str, Json] = {}
        self.heaps: dict[str, Json] = {}
        self.devices: dict[str, Json] = {}
        self.iommus: dict[str, Json] = {}
        self.pools: list[str] = []
        """Memories that hold contiguous buffers only."""
        for number in range(devices):
            self._add_device(KINDS[number] if number < len(KINDS) else random.choice(_AGAIN))
        self._add_heaps(heaps)

    def of_kind(self, kind: str) -> list[str]:
        return [name for name, device in self.devices.items() if device["kind"] == kind]

    def scattered(self, kind: str) -> bool:
        """Whether every device of `kind` takes scattered pages."""
        seen = [self.devices[name]["dma"] for name in self.of_kind(kind)]
        return all("iommu" in dma or "mmu" in dma for dma in seen)

    def profile(self, name: str) -> Json:
        return {
            "schema": "heapwright/platform/1",
            "name": name,
            "memory": self.memory,
            "iommus": self.iommus,
            "heaps": self.heaps,
            "devices": self.devices,
        }

    def _add_device(self, kind: str) -> None:
        trait, random = TRAITS[kind], self.random
        alike = self.of_kind(kind)
        name = f"{kind}{len(alike)}"
        if alike and random.random() < EQUAL:
            self.devices[name] = self.devices[alike[0]]
            return
        sees = random.choice(trait.sees)
        dma: Json = {"bits": random.choice((32, 34, 40)) if sees != "cpu" else 48}
        if sees == "iommu":
            dma["iommu"] = f"mmu{random.randrange(3)}"
            self.iommus.setdefault(dma["iommu"], {"bits": 48, "source": SOURCE})
        elif sees in ("mmu", "cpu"):
            dma["mmu"] = True
        self.devices[name] = {
            "kind": kind,
            "dma": dma,
            "coherent": kind == "cpu" or random.random() < 0.3,
            "source": SOURCE,
            "ports": {port: self._port(kind, port, formats) for port, formats in trait.ports.items()},
        }

    def _port(self, kind: str, port: str, formats: tuple[str, ...]) -> Json:
        trait, random = TRAITS[kind], self.random
        made: Json = {"access": "write" if writes(kind, port) else "read", "source": SOURCE}
        if kind in ("video-decoder", "display"):
            made["protected"] = "allowed"
        if not formats:
            return made
        rule: Json = {"formats": list(formats), "stride": {"multiple": random.choice(trait.strides)}}
        if random.choice(trait.rows) > 1:
            rule["rows"] = {"multiple": random.choice(trait.rows)}
        if port == "scanout" or kind == "video-encoder":
            rule["extent"] = {"max": "8192x8192"}
            rule["stride"]["max"] = 65535
        made["images"] = [rule]
        if kind in ("gpu", "2d", "display") and random.random() < 0.4:
            made["images"].append({"formats": ["XR24"], "modifiers": ["VIVANTE_SUPER_TILED"]})
        return made

    def _add_heaps(self, number: int) -> None:
        """The heaps that every board has, then carve-outs and local memory as they come."""
        self.memory["dram"] = {"base": 0x4000_0000, "size": 1 << 30, "source": SOURCE}
        self._pool("cma", {"align": {"by_size_up_to": MIB}, "cpu": "cached"})
        self._heap("system", {"memory": ["dram"], "run": 4096, "cpu": "cached"})
        self._heap("system-uncached", {"memory": ["dram"], "run": 4096, "cpu": "write-combined"})
        extra = [self._door, self._door, self._vram, self._spanning, self._protected]
        if self.random.random() > PLAIN:
            extra += [self._carve_out, self._carve_out]
        while len(self.heaps) < number:
            self.random.choice(extra)()

    def _heap(self, name: str, spec: Json) -> None:
        self.heaps[name] = {"via": "dma-heap", "source": SOURCE, **spec}

    def _pool(self, name: str, spec: Json) -> None:
        self.pools.append(name)
        self.memory[name] = {"inside": "dram", "size": MIB, "source": SOURCE}
        self._heap(name, {"memory": [name], "run": "whole", **spec})

    def _carve_out(self) -> None:
        if len(self.pools) > 3:
            return
        align = self.random.choice((4096, 65536, MIB))
        cpu = self.random.choice(("cached", "write-combined", "none"))
        self._pool(f"carve-out{len(self.pools)}", {"align": align, "cpu": cpu})

    def _door(self) -> None:
        """A second way into memory that has a heap, as every DRM and V4L2 driver opens one."""
        memory = self.random.choice(("dram", *self.pools))
        run: Json = {} if memory == "dram" else {"run": "whole"}
        cpu = self.random.choice(("cached", "write-combined"))
        self._heap(f"door{len(self.heaps)}", {"via": "drm", "memory": [memory], "cpu": cpu, **run})

    def _spanning(self) -> None:
        if len(self.pools) > 1:
            both = sorted(self.random.sample(self.pools, 2))
            self._heap(
                f"either{len(self.heaps)}", {"memory": both, "run": "whole", "align": 65536, "cpu": "cached"}
            )

    def _vram(self) -> None:
        card = f"gpu{len(self.of_kind('gpu')) - 1}"
        if card in self.devices and "vram" not in self.memory:
            self.memory["vram"] = {"local": card, "size": 256 * MIB, "source": SOURCE}
            spec = {"via": "drm", "memory": ["vram"], "run": 65536, "cpu": "write-combined", "exporter": card}
            self._heap("vram", {**spec, "moves_to": "system"})

    def _protected(self) -> None:
        inside = [*self.of_kind("video-decoder"), *self.of_kind("display")]
        if "protected" not in self.heaps and self.of_kind("video-decoder"):
            spec = {"via": "tee", "cpu": "none", "align": 4096, "access": inside, "firewall": "static"}
            self._pool("protected", spec)
            self.pools.remove("protected")
