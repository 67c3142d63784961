"""What stands between a device and a memory: the links that everything it moves there crosses."""

from __future__ import annotations

from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.memories import MemoryView


def links(board: Board, device: DeviceView, memory: MemoryView) -> tuple[str, ...]:
    """The links that `device` crosses to `memory`, by name: that of its card, and that of the card whose memory it is.

    None to memory of its own card; the processor is on none.
    """
    stated = board.platform.devices
    owners = {stated[name].link for name in memory.local}
    own = stated[device.name].link
    if device.name in memory.local or own in owners - {None}:
        return ()
    return tuple(sorted(link for link in {own, *owners} if link is not None))
