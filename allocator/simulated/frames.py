"""One frame through an allocation on a pretended board, byte addresses and all.

Every writer marks sampled bytes in physical memory, at the addresses that its
own idea of the layout and its own mapping give; then every reader reads at its
own. Firewalls and IOMMUs fault where hardware would; the frame goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from allocator.backend import Buffer
from allocator.execute import Allocation
from allocator.simulated.board import Board
from allocator.simulated.bus import Mapping
from allocator.simulated.families import opaque
from allocator.simulated.faults import Fault, refused, seen
from allocator.simulated.image import Layout
from allocator.simulated.judge import Case
from allocator.simulated.opaque import INVALID
from allocator.simulated.pixels import modifier_named
from allocator.simulated.ports import layout_of
from allocator.simulated.question import Asked, Party, Seating
from allocator.simulated.room import Touch
from allocator.simulated.seats import seatings, unseated
from allocator.simulated.trees import tree_faults, trees
from allocator.simulated.walk import Mark, View, samples, view
from allocator.simulated.wards import port_objections
from solver.pipeline import Pipeline
from solver.plan import AttachedPort, Placement

RAW_SAMPLES = 4


class Actor(NamedTuple):
    """One attachment about to touch a buffer."""

    touch: Touch
    party: Party
    attached: AttachedPort
    looks: View | None
    """None for raw data."""


def run_frame(board: Board, pipelines: Sequence[Pipeline], allocation: Allocation) -> tuple[Fault, ...]:
    """Pass one frame through every buffer; the faults are returned and counted by the board."""
    case, plan = board.facts.case(pipelines), allocation.plan
    faults = list(tree_faults(case.asked, plan))
    grown = [] if faults else trees(case.asked, plan)
    seats = None if faults else next(seatings(board.platform, grown), None)
    if seats is None:
        faults = faults or list(unseated(board.platform, grown))
    else:
        for node in case.nodes(grown, seats):
            faults += _placement_faults(board, case, *node, allocation)
    board.faults += faults
    return tuple(faults)


def _placement_faults(
    board: Board, case: Case, asked: Asked, placement: Placement, seating: Seating, allocation: Allocation
) -> Iterator[Fault]:
    touches, missing = case.touches(asked, seating)
    yield from missing
    layout = None if _unplaced(placement) else layout_of(placement)
    if missing or (layout is not None and not isinstance(layout, Layout)):
        if layout is not None and not isinstance(layout, Layout):
            yield layout.against(asked.name, "")
        return
    actors = []
    for touch, party in zip(touches, asked.seated(seating), strict=True):
        for each in port_objections(asked, touch):
            yield each.against(asked.name, touch.device.name)
        attached = AttachedPort(device=touch.device.name, port=touch.port_name, access=party.access)
        looks = None
        if layout is not None:
            rule, why = case.of.ports.nearest(touch, party, placement, layout)
            if rule is None:
                yield (
                    why.against(asked.name, touch.device.name)
                    if why
                    else refused("format", "").against(asked.name, "")
                )
                continue
            looks = view(rule, layout)
        actors.append(Actor(touch, party, attached, looks))
    for buffer in allocation.of(*asked.key):
        yield from _buffer_faults(board, asked, placement, layout, actors, buffer)


def _buffer_faults(
    board: Board,
    asked: Asked,
    placement: Placement,
    layout: Layout | None,
    actors: Sequence[Actor],
    buffer: Buffer,
) -> Iterator[Fault]:
    written: dict[object, Mark] = {}
    heap = board.facts.heaps[placement.heap]
    for actor in sorted(actors, key=lambda each: each.party.access == "read"):
        device = actor.touch.device
        if heap.access is not None and device.name not in heap.access:
            text = f"{heap.name}: access from outside the firewall"
            yield seen("outside-firewall", text).against(asked.name, device.name)
            continue
        mappings = board.bus.mappings(buffer, actor.attached)
        yield from _overruns(asked, actor, mappings, buffer)
        reads = actor.party.access == "read"
        for (home, offset), mark in _touched(placement, layout, actor):
            place = _place(mappings[home], offset, (id(buffer), device.name))
            if place is None:
                yield seen("tail", f"page fault at byte {offset} of dma-buf {home}").against(
                    asked.name, device.name
                )
                break
            if not reads:
                written[place] = mark
            elif written.get(place) != mark:
                text = f"plane {mark.plane} row {mark.row} byte {mark.column} is not what was written"
                yield seen("corrupt-read-back", text).against(asked.name, device.name)
                break


def _place(mapping: Mapping, offset: int, slot: tuple[int, str]) -> object:
    """Where an access ends up: a physical address, or a slot of the bounce buffer that nobody else sees."""
    return (slot, offset) if mapping.bounced else mapping.physical(offset)


def _touched(
    placement: Placement, layout: Layout | None, actor: Actor
) -> Iterator[tuple[tuple[int, int], Mark]]:
    if layout is not None and actor.looks is not None:
        yield from samples(layout, actor.looks)
        return
    last = (placement.planes[0].size if placement.planes else placement.size) - 1
    whose = _meaning(placement, actor)
    for step in range(RAW_SAMPLES + 1):
        yield (0, last * step // RAW_SAMPLES), Mark(0, 0, last * step // RAW_SAMPLES, whose)


def _unplaced(placement: Placement) -> bool:
    """No bytes of it have a known place: raw data, or an image that only a driver can lay out."""
    return placement.modifier is None or opaque(modifier_named(placement.modifier))


def _meaning(placement: Placement, actor: Actor) -> int:
    """Two drivers mean different things by no modifier at all."""
    return crc32((actor.touch.device.facts.driver or "").encode()) if placement.modifier == INVALID else 0


def _overruns(asked: Asked, actor: Actor, mappings: Sequence[Mapping], buffer: Buffer) -> Iterator[Fault]:
    """The device's last byte lies outside what was allocated; slack of the last page is luck."""
    if actor.looks is None:
        return
    for end, dmabuf in zip(actor.looks.ends, buffer.dmabufs, strict=True):
        if end > dmabuf.size:
            text = f"touches byte {end - 1} of a dma-buf of {dmabuf.size}"
            yield seen("tail", text).against(asked.name, actor.touch.device.name)
