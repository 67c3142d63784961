"""Hardware is counted: planes, channels, scalers, ports, and bytes per second.

`uses` charges a platform's `resources`, `how_many` counts a port's instances,
`bandwidth` sums rate × bytes over the attachments of the buffers in a memory,
those in its parts included; of a device over its own attachments.

Source: linux-7.2.13:drivers/media/platform/nxp/imx8-isi/imx8-isi-pipe.c (chained
channels); drivers/gpu/drm/rockchip/rockchip_drm_vop.c vop_crtc_atomic_check().

Example:
    buffers: {menu: {}, film: {}}
    devices.panel.ports.scanout.how_many: {violates: 1, passes: 2}
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from heapwright.platforms.schema import Bandwidth, Device, Memory, Platform, Port
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.budget import Budget, Charge
from heapwright.solver.board.memories import MemoryView
from heapwright.solver.constraints.cases import moved
from heapwright.solver.constraints.kind import Budgeting, ConstraintKind
from heapwright.solver.question.pipeline import Attachment

BANDWIDTH: Final = "bandwidth"
"""In a subject where the name of a port might stand: what a device moves."""


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
    size = sum(sizes)
    each = [rate * moved(size, use.how_often) for use in attachments]
    for memory in metered:
        yield _bandwidth(memory.name, memory.name, memory.spec), 0, sum(each)
    for device, bytes_moved in zip(devices, each, strict=True):
        if device.spec.bandwidth is not None:
            yield _bandwidth(device.name, f"{device.name}.{BANDWIDTH}", device.spec), 0, bytes_moved


def counted(board: Board, name: str) -> Budget:
    """How many there are of one resource."""
    return Budget(KIND.name, name, board.platform.resources.get(name, 0), name, False)


def _bandwidth(name: str, subject: str, spec: Memory | Device) -> Budget:
    assert isinstance(spec.bandwidth, Bandwidth)  # it is metered
    return Budget(KIND.name, subject, spec.bandwidth.peak, f"bytes/s of {name}", False)


class Carrier(NamedTuple):
    """Whose bandwidth a subject is, and what the profile states of it."""

    section: str
    name: str
    stated: Bandwidth


def carrier(platform: Platform, subject: str) -> Carrier | None:
    """The memory or the device whose bandwidth is meant; None if it is another resource."""
    device, _, part = subject.rpartition(".")
    for section, name in (("memory", subject), ("devices", device if part == BANDWIDTH else "")):
        thing: Memory | Device | None = getattr(platform, section).get(name)
        if thing is not None and isinstance(thing.bandwidth, Bandwidth):
            return Carrier(section, name, thing.bandwidth)
    return None


def _exceeded(budget: Budget, used: int, who: str) -> str:
    return f"{who} {used} {budget.what}; there are {budget.limit}"


def _source(board: Board, budget: Budget) -> str:
    if (carries := carrier(board.platform, budget.subject)) is not None:
        return carries.stated.source
    device, _, part = budget.subject.rpartition(".")
    if device in board.devices and part in board.devices[device].spec.ports:
        return board.devices[device].spec.ports[part].source
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
