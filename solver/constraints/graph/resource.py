"""Hardware is counted: planes, channels, scalers, ports, and bytes per second.

`uses` charges a platform's `resources`, `how_many` counts a port's instances,
`bandwidth` sums rate × bytes over the attachments of the buffers in a memory,
those in its parts included.

Source: linux-7.2.13:drivers/media/platform/nxp/imx8-isi/imx8-isi-pipe.c (chained
channels); drivers/gpu/drm/rockchip/rockchip_drm_vop.c vop_crtc_atomic_check().

Example:
    buffers: {menu: {}, film: {}}
    devices.panel.ports.scanout.how_many: {violates: 1, passes: 2}
"""

from __future__ import annotations

from collections.abc import Iterator

from heapwright.solver.board.board import Board, HeapView
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.constraints.kind import BoundAttachment, Placed

NAME = "resource"
SCOPE = "budget"


def charges(placed: Placed) -> Iterator[Charge]:
    for attachment in placed.attachments:
        if (
            attachment.port.uses
            or isinstance(attachment.port.how_many, int)
            or (attachment.rule and attachment.rule.uses)
        ):
            yield from _counted(placed.board, attachment)
    key = (NAME, placed.backing.name)
    found = placed.board.budgets.get(key)
    if found is None:
        found = placed.board.budgets[key] = tuple(_bandwidths(placed.board, placed.backing))
    if found:
        moved = placed.rate * sum(attachment.moved(sum(placed.sizes)) for attachment in placed.attachments)
        for budget in found:
            yield budget, 0, moved


def _counted(board: Board, attachment: BoundAttachment) -> Iterator[Charge]:
    for name, amount in attachment.uses.items():
        yield counted(board, name), 0, amount
    if isinstance(attachment.port.how_many, int):
        yield (
            Budget(NAME, attachment.title, attachment.port.how_many, f"ports {attachment.title}", False),
            0,
            1,
        )


def counted(board: Board, name: str) -> Budget:
    """How many there are of one resource."""
    return Budget(NAME, name, board.platform.resources.get(name, 0), name, False)


def _bandwidths(board: Board, backing: HeapView) -> Iterator[Budget]:
    around = {m.name: m for inner in backing.memories or () for m in inner.around()}
    for memory in around.values():
        most = memory.spec.bandwidth
        if isinstance(most, int):
            yield Budget(NAME, memory.name, most, f"bytes/s of {memory.name}", False)


def sentence(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} {budget.what}; there are {budget.limit}"


def source(board: Board, budget: Budget) -> str:
    if budget.subject in board.memories:
        return board.memories[budget.subject].spec.source
    device, _, port = budget.subject.partition(".")
    if device in board.devices and port in board.devices[device].spec.ports:
        return board.devices[device].spec.ports[port].source
    users = [
        port.source
        for device in board.devices.values()
        for port in device.spec.ports.values()
        if budget.subject in port.uses or any(budget.subject in rule.uses for rule in port.images)
    ]
    return users[0] if users else f"resources of {board.name}"
