"""Do all mappings find bus addresses, wherever those stand that exist already?

Asked of the unluckiest places. Buffers are mapped largest first; of each size in turn the last one
must still find a free piece. What was mapped before in that order lies side by side. What exists
(and what else of a buffer is mapped together with its largest dma-buf) may stand anywhere: each
spoils all the aligned pieces that it touches, and divides what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from heapwright.allocator.addresses import Addresses, addresses
from heapwright.allocator.faults import PlanFault, no_room
from heapwright.allocator.hardware import DeviceFacts, device_facts
from heapwright.platforms.schema import Platform

_SMALL = 32
"""drivers/iommu/iova.c alloc_iova_fast(): fewer pages than this are rounded up to a power of two."""


class Mapped(NamedTuple):
    """The dma-bufs of `number` alike buffers, as one device maps each of them."""

    device: DeviceFacts
    sizes: tuple[int, ...]
    number: int
    existing: bool = False


class _Lot(NamedTuple):
    """Mappings of one buffer, in pages; `fixed` if they are made before all others, anywhere."""

    pages: tuple[int, ...]
    number: int
    fixed: bool

    @property
    def largest(self) -> int:
        return max(map(_power, self.pages))


def _power(number: int) -> int:
    power = 1
    while power < number:
        power += power
    return power


def crowded(platform: Platform, mapped: Sequence[Mapped]) -> Iterator[PlanFault]:
    """What does not find room in the addresses of its device."""
    seen: dict[Addresses, list[Mapped]] = {}
    for device in {each.device.name: each.device for each in mapped}.values():
        for place in _sharing(platform, device):
            seen.setdefault(place, [])
    for each in mapped:
        given = addresses(platform, each.device)
        if given is not None:
            seen[given].append(each)
    for place, own in seen.items():
        left = _left(place, [other for other in seen if other.domain == place.domain])
        lots = [_lot(place, each, fixed=False) for each in own if not each.existing]
        for other, theirs in seen.items():
            if other.domain == place.domain and _overlap(left, other):
                lots += [_lot(place, each, fixed=True) for each in theirs if each.existing]
        text = next(_misfits(left, lots), None)
        if text is not None:
            yield no_room("iova-aperture", f"{place.domain}: {text}").against("", "")


def _sharing(platform: Platform, device: DeviceFacts) -> Iterator[Addresses]:
    """The places of all devices of the board that take addresses from the same domain."""
    place = addresses(platform, device)
    for name, facts in platform.devices.items():
        other = addresses(platform, device_facts(name, facts))
        if place is not None and other is not None and other.domain == place.domain:
            yield other


def _left(place: Addresses, others: Sequence[Addresses]) -> Addresses:
    """What devices that see less, and so map before, leave for sure."""
    start = place.start
    for other in others:
        before = (other.width, other.start) < (place.width, place.start)
        if before and _overlap(place, other):
            start = max(start, min(other.stop, place.stop))
    return replace(place, start=start)


def _overlap(one: Addresses, other: Addresses) -> bool:
    return one.start < other.stop and other.start < one.stop


def _lot(place: Addresses, mapped: Mapped, *, fixed: bool) -> _Lot:
    pages = [-(-size // place.page) for size in mapped.sizes]
    if place.way == "dma-iommu":
        pages = [_power(each) if each < _SMALL else each for each in pages]
    return _Lot(tuple(pages), mapped.number, fixed)


def _misfits(place: Addresses, lots: Sequence[_Lot]) -> Iterator[str]:
    """Sizes of which the last does not find room, and that there are fewer pages than are mapped."""
    total = sum(lot.number * sum(lot.pages) for lot in lots)
    if any(not lot.fixed for lot in lots) and total > (pages := _pieces(place, 1)):
        yield f"{total} pages are mapped, of {pages}"
    for power in sorted({lot.largest for lot in lots if not lot.fixed}, reverse=True):
        unit = min(power, max(1, place.aligned // place.page))
        spoilt, cuts = 0, _bitmaps(place) - 1
        for lot in lots:
            if lot.fixed or lot.largest >= power:
                spoilt += lot.number * sum((pages + unit - 1) // unit for pages in lot.pages)
                cuts += lot.number * sum(lot.fixed or _power(pages) < power for pages in lot.pages)
        longest = power // unit
        have = _pieces(place, unit)
        if spoilt + cuts * (longest - 1) > have:
            yield (
                f"mappings of {power} pages: {spoilt} pieces of {unit} pages are taken, {cuts} cuts, of {have}"
            )


def _bitmaps(place: Addresses) -> int:
    return max(1, place.width // place.bitmap) if place.way == "bitmaps" else 1


def _pieces(place: Addresses, unit: int) -> int:
    """Whole pieces of so many pages on their own multiple (from the start of bitmaps and of drm-mm)."""
    step = unit * place.page
    if place.way == "dma-iommu":
        first, last = -(-place.start // step), place.stop // step
        return max(0, last - first)
    if place.way == "bitmaps" and place.width > place.bitmap:
        return _bitmaps(place) * (place.bitmap // step)
    return place.width // step
