"""What stands between a device and a memory, and how much that carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heapwright.platforms.knowledge.bandwidths import link_bandwidth
from heapwright.platforms.schema import Bandwidth
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.memories import Throughput


class Route(NamedTuple):
    """From a device to the memories of a heap."""

    carries: int
    """Bytes a second that can be had: of the slowest thing on it, to the slowest of what carries it."""
    far: bool
    """Whether it crosses a link."""


def route(board: Board, device: DeviceView, throughputs: frozenset[Throughput]) -> Route:
    """The path to what carries a buffer: to all memories of the board if nobody knows to which."""
    key = (device.name, throughputs)
    found = board.paths.get(key)
    if found is None:
        every = throughputs or {memory.throughput for memory in board.memories.values()}
        found = board.paths[key] = _route(board, device, every)
    return found


def _route(board: Board, device: DeviceView, throughputs: Iterable[Throughput]) -> Route:
    crossed = {link for throughput in throughputs for link in links(board, device, throughput.local)}
    carried = [link_bandwidth(board.platform.links[link]).sustained for link in crossed]
    carried += [throughput.carries for throughput in throughputs]
    if isinstance(device.spec.bandwidth, Bandwidth):
        carried.append(device.spec.bandwidth.peak)
    return Route(min(carried), bool(crossed))


def links(board: Board, device: DeviceView, local: frozenset[str]) -> tuple[str, ...]:
    """The links that `device` crosses to memory of the devices `local`, by name: of its card, and of theirs.

    None to memory of its own card; the processor is on none.
    """
    stated = board.platform.devices
    owners = {stated[name].link for name in local if name in stated}
    own = stated[device.name].link
    if device.name in local or own in owners - {None}:
        return ()
    return tuple(sorted(link for link in {own, *owners} if link is not None))
