"""`heapwright platforms`: list, show and check profiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from api.exits import Exit, complain
from api.output import on_terminal, show, write, write_json
from api.profiles import as_profile
from platforms.catalog import load_platform, summaries
from platforms.errors import InputError
from platforms.values import Span, in_units
from solver.render import Block, Grid, Heading, printable

if TYPE_CHECKING:
    from platforms.schema import Device, Heap, Memory, Platform


def list_boards(*, as_json: bool) -> Exit:
    """Print the boards; piped, one a line with its name first."""
    found = summaries()
    if as_json:
        write_json(
            [{"name": board.name, "title": board.title, "kernel": board.kernel} for board in found], None
        )
    elif on_terminal():
        rows = tuple((board.name, board.kernel, printable(board.title)) for board in found)
        show([Grid(("board", "kernel", "title"), rows)], None)
    else:
        write("".join(f"{board.name}\t{printable(board.title)}\n" for board in found), None)
    return Exit.PLAN


def show_board(name: str, *, as_json: bool) -> Exit:
    """Print one board as the solver sees it."""
    platform = load_platform(name)
    if as_json:
        write_json(as_profile(platform), None)
    else:
        show(_described(platform), None)
    return Exit.PLAN


def check_boards(files: Sequence[str]) -> Exit:
    """Say of each profile that it is sound, or everything that is wrong with it."""
    code = Exit.PLAN
    for file in files:
        try:
            platform = load_platform(file)
        except InputError as error:
            complain("\n".join(str(problem) for problem in error.problems))
            code = Exit.BAD_INPUT
        else:
            counts = f"{len(platform.memory)} memories, {len(platform.heaps)} heaps, {len(platform.devices)} devices"
            write(f"{printable(file)}: {platform.name} is sound ({counts})\n", None)
    return code


def _described(platform: Platform) -> Iterator[Block]:
    title = f": {printable(platform.title)}" if platform.title else ""
    yield Heading(f"{platform.name}{title} (kernel {platform.kernel})", 1)
    yield Heading("Memory")
    yield Grid(
        ("name", "size", "base", "where"),
        tuple(_memory(*item) for item in platform.memory.items()),
        frozenset({1}),
    )
    yield Heading("Heaps")
    header = ("name", "via", "memory", "run", "CPU", "allocated as")
    yield Grid(header, tuple(_heap(*item) for item in platform.heaps.items()))
    yield Heading("Devices")
    yield Grid(
        ("name", "kind", "addresses", "ports"), tuple(_device(*item) for item in platform.devices.items())
    )


def _memory(name: str, memory: Memory) -> tuple[str, ...]:
    inside = f"inside {memory.inside}" if memory.inside else ""
    owners = (memory.local,) if isinstance(memory.local, str) else memory.local
    where = ", ".join(part for part in (inside, f"local to {', '.join(owners)}" if owners else "") if part)
    return (name, _sized(memory.size), _address(memory.base), where)


def _heap(name: str, heap: Heap) -> tuple[str, ...]:
    memory = heap.memory if isinstance(heap.memory, str) else ", ".join(heap.memory)
    run = _sized(heap.run) if heap.run is not None else "a page"
    return (name, heap.via, memory, run, heap.cpu, printable(", else ".join(heap.names)))


def _device(name: str, device: Device) -> tuple[str, ...]:
    behind = f"behind {device.dma.iommu}" if device.dma.iommu else "own MMU" if device.dma.mmu else ""
    bits = f"{device.dma.bits} bits" if device.dma.bits is not None else ""
    return (name, device.kind, ", ".join(part for part in (bits, behind) if part), ", ".join(device.ports))


def _sized(size: Span | int | str) -> str:
    if isinstance(size, str):
        return size
    return f"{in_units(size.low)} to {in_units(size.high)}" if isinstance(size, Span) else in_units(size)


def _address(base: Span | int | str | None) -> str:
    if base is None or isinstance(base, str):
        return base or "anywhere"
    return f"{base.low:#x} to {base.high:#x}" if isinstance(base, Span) else f"{base:#x}"
