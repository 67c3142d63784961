"""What stands between a device and a memory, and how much that carries."""

from __future__ import annotations

from typing import NamedTuple

from heapwright.platforms.knowledge.bandwidths import link_bandwidth, memory_bandwidth
from heapwright.platforms.schema import Bandwidth
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.memories import MemoryView


class Route(NamedTuple):
    """From a device to the memories of a heap."""

    carries: int
    """Bytes a second that can be had: of the slowest thing on it, to the slowest of the memories."""
    far: bool
    """Whether it crosses a link."""


def route(board: Board, device: DeviceView, memories: tuple[MemoryView, ...] | None) -> Route:
    """The path to memories: to all of the board if nobody knows to which."""
    key = (device.name, memories)
    found = board.paths.get(key)
    if found is None:
        found = board.paths[key] = _route(board, device, memories or tuple(board.memories.values()))
    return found


def _route(board: Board, device: DeviceView, memories: tuple[MemoryView, ...]) -> Route:
    crossed = {link for memory in memories for link in links(board, device, memory)}
    carried = [link_bandwidth(board.platform.links[link]).sustained for link in crossed]
    carried += [
        memory_bandwidth(each.spec).sustained
        for memory in memories
        for each in memory.around()
        if each.outer is None or isinstance(each.spec.bandwidth, Bandwidth)
    ]
    if isinstance(device.spec.bandwidth, Bandwidth):
        carried.append(device.spec.bandwidth.peak)
    return Route(min(carried), bool(crossed))


def links(board: Board, device: DeviceView, memory: MemoryView) -> tuple[str, ...]:
    """The links that `device` crosses to `memory`, by name: that of its card, and that of the card whose memory it is.

    None to memory of its own card; the processor is on none.
    """
    stated = board.platform.devices
    owners = {stated[name].link for name in memory.local if name in stated}
    own = stated[device.name].link
    if device.name in memory.local or own in owners - {None}:
        return ()
    return tuple(sorted(link for link in {own, *owners} if link is not None))
