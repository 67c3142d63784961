"""Buffers whose bytes nobody but their exporter can place.

Such a buffer has no planes to judge, only a size that cannot be too small for
its pixels; heaps that hand out whatever size they are told cannot make it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from heapwright.allocator.faults import Objection, refused
from heapwright.allocator.hardware import HeapFacts
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.constraints.image.objections import extent_objections
from heapwright.allocator.judge.constraints.image.rules import Rule
from heapwright.platforms.fourcc.formats import PixelFormat, pixel_format
from heapwright.platforms.values import Extent
from heapwright.solver.answer.plan import Placement

INVALID: Final = "INVALID"
COMPUTES: Final = frozenset({"drm", "v4l2", "vendor"})
"""Ways to allocate in which a driver is told what the buffer is for and works out its size."""


def least_bytes(form: PixelFormat, width: int, height: int) -> int:
    """Bytes of the pixels alone, packed: no layout of them takes fewer, uncompressed."""
    total = 0
    for plane in form.planes:
        samples = -(-width // plane.hsub)
        total += -(-samples * plane.bytes // plane.samples) * -(-height // plane.vsub)
    return total


def opaque_objections(placement: Placement, attachments: Sequence[JudgedAttachment]) -> Iterator[Objection]:
    """What is wrong with a buffer of an opaque modifier before its ports' rules are asked."""
    form = pixel_format(placement.format or "")
    if form is None:
        yield refused("format", "an image needs a format")
        return
    if placement.planes:
        yield refused("modifier", f"nobody knows the planes of {placement.format} in {placement.modifier}")
    if len(placement.sizes) != 1 or placement.sizes[0] != placement.size:
        yield refused("plane-buffers", f"sizes {placement.sizes} for one dma-buf of {placement.size} bytes")
    if (placement.coded_width, placement.coded_height) != (placement.width, placement.height):
        yield refused("coded-size", "nobody knows the coded size of an opaque buffer")
    least = least_bytes(form, placement.width, placement.height)
    if placement.size < least:
        yield refused("minimum-size", f"{placement.size} bytes for at least {least} of pixels")
    drivers = {attachment.device.facts.driver for attachment in attachments}
    if placement.modifier == INVALID and (len(drivers) != 1 or None in drivers):
        named = ", ".join(sorted(str(each) for each in drivers))
        yield refused("modifier", f"what {INVALID} means is known within one driver only; here are {named}")


def exporter_objections(heap: HeapFacts) -> Iterator[Objection]:
    """Why a heap cannot make a buffer whose size only a driver knows."""
    if heap.facts.via not in COMPUTES:
        yield refused("exporter-computes-size", f"{heap.name} ({heap.facts.via}) computes no sizes")


def rule_objections(rule: Rule, placement: Placement) -> Iterator[Objection]:
    """What a rule holds against an image of which only the extent is known."""
    if 1 not in rule.facts.dmabufs:
        yield refused("plane-buffers", f"1 dma-buf; takes {rule.facts.dmabufs}")
    if rule.facts.banks is not None:
        yield refused("plane-buffers", f"wants a plane in each of {', '.join(rule.facts.banks)}")
    yield from extent_objections(rule, Extent(placement.width, placement.height), None)
