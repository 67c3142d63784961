"""A codec writes whole blocks: the coded size is rounded up and cropped.

Stated by ports that write; the visible size stays, readers crop.

Source: linux-7.2.13:drivers/media/platform/rockchip/rkvdec/rkvdec.c
rkvdec_coded_fmts[] (64x16, VP9 64x64).

Example:
    devices.panel.ports.scanout.images[0].stride.max: 448
    buffers.frame.size: 100x40  # 128 × 4 = 512 bytes a row, or 112 × 4 = 448
    devices.camera.ports.capture.images[0].coded.multiple: {violates: 64x16, passes: 16x16}
    clashes_with: [stride-range]
"""

from math import lcm

from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.schema import ExtentMultiple
from heapwright.platforms.values import Extent
from heapwright.solver.board.board import Board
from heapwright.solver.constraints.kind import ConstraintKind, of_multiple
from heapwright.solver.layout.layout import PIXEL, Demand


def _states(access: str, coded: ExtentMultiple | None) -> bool:
    return access == "write" and of_multiple(coded)


def _asks(need: Demand, access: str, coded: ExtentMultiple) -> None:
    block = block_of(coded) or PIXEL
    need.block = Extent(lcm(need.block.width, block.width), lcm(need.block.height, block.height))


def block_of(coded: ExtentMultiple | None) -> Extent | None:
    """What a port rounds sizes up to whole ones of."""
    return coded.multiple if coded is not None and isinstance(coded.multiple, Extent) else None


def _words(label: str, title: str, access: str, coded: ExtentMultiple) -> str:
    return f"{title} writes whole blocks of {coded.multiple} into {label}"


def _helped(board: Board) -> bool:
    """Rounding up is the only way to the rows another asks for in a modifier that leaves no room for padding."""
    ports = (port for device in board.devices.values() for port in device.spec.ports.values())
    rules = [rule for port in ports for rule in port.images]
    return any(rule.coded for rule in rules) and any({*rule.modifiers} - {LINEAR} for rule in rules)


KIND = ConstraintKind(
    name="coded-size",
    scope="layout",
    reads=("use.access", "rule.coded"),
    rule=_states,
    asks=_asks,
    words=_words,
    helped=_helped,
)
