"""What is known of drivers that the kernel does not tell: `drivers/`.

A file of `drivers/` holds a driver's rules, which boards take by name
(`heapwright.platforms.catalog`). Whom it is about stands there under `identity`, with sources
(`heapwright.platforms.knowledge.recognition` tells who is meant):

    identity:
      - names: [hantro-vpu]     what DRM_IOCTL_VERSION or VIDIOC_QUERYCAP call the driver
        source: …
      - compatible: ["nxp,imx8mm-vpu-g1"]    of the device tree
        source: …
      - pci: ["8086:9a49"]      vendor and device
        source: …

and what else discovery must know of it under `discover`:

    discover:
      over: i915-gt             the file under it, as boards stack them
      since: "6.13"             kernels the file is true for
      until: "7.0"
      userptr: false            only for queues that (do not) take user pointers
      blob: true                only for virtio-gpu with (without) blob resources
      role: import              the node shows nothing: its ports are those of the file
      queue: contiguous         which exporter its V4L2 buffers come from
      dumb: shmem               and its dumb buffers
      kernel_mapping: true      it touches buffers through dma_buf_vmap()
      every_image: {stride: {}} what holds for every format that was probed
      resources: {plane: 2}     how many there are in one device of what its ports use
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from heapwright.platforms.knowledge.files import files_of, fits
from heapwright.platforms.knowledge.recognition import Identity, Match, recognised
from heapwright.platforms.layers.merge import merged
from heapwright.platforms.reading.documents import Document, Location, SourceMap

_HEADER: Final = ("schema", "discover", "identity", "kind", "driver")


class DriverFacts(NamedTuple):
    """One file of `drivers/`."""

    file: str
    kind: str | None
    names: tuple[str, ...]
    compatible: tuple[str, ...]
    pci: tuple[str, ...]
    discover: Mapping[str, Any]
    device: Mapping[str, Any]
    """Fields of a device, ports included."""

    @property
    def source(self) -> str:
        return f"driver-knowledge: {self.device['source']}"


class Known(NamedTuple):
    """What is known of a device: one file's facts, or which files could be meant."""

    facts: DriverFacts | None
    match: Match


def driver_facts(found: Identity, kind: str, kernel: str | None, traits: Mapping[str, object]) -> Known:
    """What is known of a device of `kind` by its driver; nothing where none or several files could be meant.

    `traits` are what was seen of the device: `userptr`, `blob`.
    """
    fitting = [each for each in drivers() if fits(each.discover, kernel, traits)]
    of_kind = [each for each in fitting if each.kind == kind]
    match = recognised(found, of_kind)
    if match.number is not None:
        return Known(of_kind[match.number], match)
    others = [each for each in fitting if each.kind != kind]
    other = recognised(found, others) if not match.could_be else match
    if not match.could_be and other.number is not None:
        facts = others[other.number]
        device = {key: value for key, value in facts.device.items() if key not in _OF_KIND}
        return Known(facts._replace(device=device), other)
    return Known(None, match)


_OF_KIND: Final = ("ports", "codecs", "converts")
"""Fields that are true of devices of the file's own kind alone."""


@lru_cache(maxsize=1)
def drivers() -> tuple[DriverFacts, ...]:
    """Every file of `drivers/` that says whom it is about."""
    files = dict(files_of("drivers"))
    return tuple(_driver(name, data, files) for name, data in files.items() if "identity" in data)


def _driver(file: str, data: dict[str, Any], files: Mapping[str, dict[str, Any]]) -> DriverFacts:
    discover = data.get("discover", {})
    names, compatible, pci = (
        tuple(text for entry in data["identity"] for text in entry.get(key, ()))
        for key in ("names", "compatible", "pci")
    )
    own = Document(data, SourceMap(Location(file, None)))
    below = Document(files[discover["over"]], own.mark) if "over" in discover else None
    whole = own if below is None else merged(below, own)
    device = {key: value for key, value in whole.data.items() if key not in _HEADER}
    return DriverFacts(file, data.get("kind"), names, compatible, pci, discover, device)


def cpu_facts() -> Mapping[str, Any]:
    """The rules of the processor."""
    return next(data for name, data in files_of("drivers") if name == "cpu")
