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

from collections.abc import Iterator

from heapwright.platforms.schema import Port
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import moved
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind
from heapwright.solver.question.pipeline import Attachment


def _charges(
    board: Board,
    devices: tuple[DeviceView, ...],
    names: tuple[str, ...],
    ports: tuple[Port, ...],
    uses: tuple[tuple[tuple[str, int], ...], ...],
    attachments: tuple[Attachment, ...],
    metered: tuple[MemoryView, ...],
    sizes: tuple[int, ...],
    rate: int,
) -> Iterator[Charge]:
    for device, port, stated, used in zip(devices, names, ports, uses, strict=True):
        for name, amount in used:
            yield counted(board, name), 0, amount
        if isinstance(stated.how_many, int):
            title = f"{device.name}.{port}"
            yield Budget(KIND.name, title, stated.how_many, f"ports {title}", False), 0, 1
    if metered:
        size = sum(sizes)
        total = rate * sum(moved(size, use.how_often) for use in attachments)
        for memory in metered:
            yield _bandwidth(memory), 0, total


def counted(board: Board, name: str) -> Budget:
    """How many there are of one resource."""
    return Budget(KIND.name, name, board.platform.resources.get(name, 0), name, False)


def _bandwidth(memory: MemoryView) -> Budget:
    limit = memory.spec.bandwidth
    assert isinstance(limit, int)  # it is metered
    return Budget(KIND.name, memory.name, limit, f"bytes/s of {memory.name}", False)


def _exceeded(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} {budget.what}; there are {budget.limit}"


def _source(board: Board, budget: Budget) -> str:
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


KIND = ConstraintKind(
    name="resource",
    scope="budget",
    budget=Budgeting(
        reads=(
            "board", "attachments.*.device", "attachments.*.name", "attachments.*.port", "attachments.*.uses", "attachments.*.use",
            "backing.metered", "sizes", "rate",
        ),
        charges=_charges,
        grows=frozenset({"sizes"}),
        exceeded=_exceeded,
        source=_source,
    ),
)  # fmt: skip
