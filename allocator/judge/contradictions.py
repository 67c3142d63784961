"""Plans that contradict themselves, their question or the board, found before any memory is asked for.

A plan may come from anywhere. It is read in three passes, each of which trusts what
the one before found sound: the names in it, the numbers of each placement, and whether
it answers the question. What is left is for the board to refuse: a layout that a device
does not take, memory that it does not reach, heaps that are full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from heapwright.allocator.faults import Fault
from heapwright.allocator.judge.constraints.conversions import conversion_faults, edge_faults, level_faults
from heapwright.allocator.judge.constraints.image.opaque import opaque_objections
from heapwright.allocator.judge.constraints.image.ports import Verdict, layout_of
from heapwright.allocator.judge.constraints.image.rules import Layout, control_objections, form_objections
from heapwright.allocator.judge.judge import Case
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.pixels import modifier_named
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.allocator.judge.question.conversion_trees import Node, Tree, shape_faults, trees
from heapwright.allocator.judge.question.device_assignment import seatings, unseated
from heapwright.platforms.errors import Path, near, shown
from heapwright.platforms.reading.documents import UNFIT
from heapwright.platforms.schema import Device, Platform
from heapwright.solver.answer.plan import AttachedPort, Conversion, Placement, Plan

MOST_COLUMNS: Final = 1 << 13
"""Of an image in columns (SAND): the simulator looks at each, and 8K has 60 of them."""
_SEATINGS: Final = 256
Contradiction = tuple[Path, str]


def contradictions(case: Case, plan: Plan) -> tuple[Contradiction, ...]:
    """Everything that makes `plan` no answer to that question on that board, with its path in the plan."""
    passes: tuple[Callable[[Case, Plan], Iterator[Contradiction]], ...] = (_names, _numbers, _answers)
    for each in passes:
        found = tuple(dict.fromkeys(each(case, plan)))
        if found:
            return found
    return ()


# Names


def _names(case: Case, plan: Plan) -> Iterator[Contradiction]:
    """What is named must be there, once."""
    board = case.of.platform
    if plan.platform != board.name:
        yield ("platform",), f"the plan is for {shown(plan.platform)}, the question is about {board.name}"
    asked = tuple(pipeline.name for pipeline in case.pipelines)
    if plan.pipelines != asked:
        yield ("pipelines",), f"the plan is for {_listed(plan.pipelines)}, the question is {_listed(asked)}"
    yield from _placed_once(case, plan)
    for number, placement in enumerate(plan.placements):
        at: Path = ("placements", number)
        yield from (((*at, *path), text) for path, text in _heap_names(case, placement))
        for index, attached in enumerate(placement.attachments):
            where: Path = (*at, "attachments", index)
            yield from (((*where, *path), text) for path, text in _attached_names(board, attached))
    for number, conversion in enumerate(plan.conversions):
        at = ("conversions", number)
        yield from (((*at, *path), text) for path, text in _converter_names(board, conversion))


def _placed_once(case: Case, plan: Plan) -> Iterator[Contradiction]:
    """Every buffer that is asked for or made by a conversion has one placement, and nothing else has."""
    made = {(each.pipeline, each.writes) for each in plan.conversions}
    found = Counter((each.pipeline, each.buffer) for each in plan.placements)
    for number, placement in enumerate(plan.placements):
        key = (placement.pipeline, placement.buffer)
        if key not in case.by_key and key not in made:
            text = f"{shown(key[0])} asks for no buffer {shown(key[1])}, and no conversion writes it"
            yield ("placements", number, "buffer"), text
        elif found[key] > 1:
            yield ("placements", number, "buffer"), f"{shown(key[1])} is placed {found[key]} times"
    for pipeline, buffer in [*case.by_key, *sorted(made - case.by_key.keys())]:
        if not found[pipeline, buffer]:
            yield ("placements",), f"buffer {shown(buffer)} of {shown(pipeline)} has no placement"


def _heap_names(case: Case, placement: Placement) -> Iterator[Contradiction]:
    heap = case.of.heaps.get(placement.heap)
    if heap is None:
        board = case.of.platform
        on = "" if board.kernel == "unknown" else f" on kernel {board.kernel}"
        known = ", ".join(case.of.heaps)
        meant = near(placement.heap, case.of.heaps)
        yield (
            ("heap",),
            f"{board.name} has no heap {shown(placement.heap)}{on}{meant or f'; heaps are {known}'}",
        )
    elif placement.names != heap.facts.names:
        text = f"heap {heap.name} is called {_listed(heap.facts.names)} here, not {_listed(placement.names)}"
        yield ("names",), text


def _attached_names(board: Platform, attached: AttachedPort) -> Iterator[Contradiction]:
    device = board.devices.get(attached.device)
    if device is None:
        yield ("device",), _no_device(board, attached.device)
        return
    port = device.ports.get(attached.port)
    if port is None:
        yield ("port",), _no_port(device, attached.device, attached.port)
        return
    if port.access != attached.access:
        yield ("access",), f"{attached.device}.{attached.port} can only {port.access}, not {attached.access}"
    for name, number in (attached.uses or {}).items():
        most = board.resources.get(name)
        if most is None:
            yield ("uses", name), f"{board.name} has no resource {shown(name)}"
        elif isinstance(most, int) and number > most:
            yield ("uses", name), f"uses {number} of {name}, of which {board.name} has {most}"
    if attached.converts is not None and attached.converts >= len(device.converts):
        edges = len(device.converts)
        yield (
            ("converts",),
            f"{attached.device} has {edges} conversions, counted from 0; none is {attached.converts}",
        )


def _converter_names(board: Platform, conversion: Conversion) -> Iterator[Contradiction]:
    device = board.devices.get(conversion.device)
    if device is None:
        yield ("device",), _no_device(board, conversion.device)
        return
    for key, port, access in (("from", conversion.from_, "read"), ("to", conversion.to, "write")):
        found = device.ports.get(port)
        if found is None:
            yield (key,), _no_port(device, conversion.device, port)
        elif found.access != access:
            yield (key,), f"{conversion.device}.{port} does not {access}"


def _no_device(board: Platform, name: str) -> str:
    return f"{board.name} has no device {shown(name)}{near(name, board.devices)}"


def _no_port(device: Device, name: str, port: str) -> str:
    return f"{name} has no port {shown(port)}; its ports are {', '.join(device.ports) or 'none'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(shown, names)) or "nothing"


# Numbers


def _numbers(case: Case, plan: Plan) -> Iterator[Contradiction]:
    """Sizes, planes and strides of a placement must fit each other."""
    for number, placement in enumerate(plan.placements):
        at: Path = ("placements", number)
        found = list(_sizes(placement)) or list(_planes(placement)) or list(_bytes(placement))
        yield from (((*at, *path), text) for path, text in found)


def _sizes(placement: Placement) -> Iterator[Contradiction]:
    sizes = placement.sizes
    if placement.count < 1:
        yield ("count",), "expected at least 1 buffer, got 0"
    if not sizes or 0 in sizes:
        yield ("sizes",), f"expected the bytes of each dma-buf, at least 1, got {_numbers_of(sizes)}"
    elif sum(sizes) != placement.size:
        yield (
            ("size",),
            f"the dma-bufs of {_numbers_of(sizes)} bytes are {sum(sizes)} together, not {placement.size}",
        )
    if placement.allocated < placement.size:
        yield (
            ("allocated",),
            f"a buffer of {placement.size} bytes cannot cost its memory {placement.allocated}",
        )


def _planes(placement: Placement) -> Iterator[Contradiction]:
    """Each plane lies in a dma-buf that is there, and ends in it; no dma-buf is without planes."""
    for index, plane in enumerate(placement.planes):
        at: Path = ("planes", index)
        if plane.dmabuf >= len(placement.sizes):
            yield (
                (*at, "dmabuf"),
                f"there are {len(placement.sizes)} dma-bufs, counted from 0; none is {plane.dmabuf}",
            )
            continue
        room = placement.sizes[plane.dmabuf]
        if plane.offset + plane.size > room:
            end = plane.offset + plane.size
            yield (*at, "size"), f"the plane ends at byte {end} of dma-buf {plane.dmabuf}, which has {room}"
        if plane.metadata > plane.size:
            yield (*at, "metadata"), f"{plane.metadata} bytes of metadata in a plane of {plane.size}"
        if plane.metadata_stride > plane.metadata:
            text = f"a row of metadata has {plane.metadata_stride} bytes, all of it {plane.metadata}"
            yield (*at, "metadata_stride"), text
    empty = set(range(len(placement.sizes))) - {plane.dmabuf for plane in placement.planes}
    if placement.planes and empty:
        yield ("sizes",), f"no plane lies in dma-buf {min(empty)}"


def _numbers_of(numbers: Sequence[int]) -> str:
    return " + ".join(map(str, numbers)) or "nothing"


def _bytes(placement: Placement) -> Iterator[Contradiction]:
    """How many planes there are and what each holds follows from format, modifier and extent."""
    if placement.format is None or placement.modifier is None:
        yield from _raw(placement)
        return
    if UNFIT.search(placement.modifier):
        yield ("modifier",), f"no modifier is called {shown(placement.modifier)}"
        return
    named = modifier_named(placement.modifier)
    value = None if named.value is None else f"{named.value:#x}"
    if value != placement.modifier_value:
        text = f"the value of {placement.modifier} is {value or 'unknown'}, not {placement.modifier_value}"
        yield ("modifier_value",), text
    if placement.coded_width < placement.width:
        yield ("coded_width",), f"expected at least the width {placement.width}, got {placement.coded_width}"
    if placement.coded_height < placement.height:
        yield (
            ("coded_height",),
            f"expected at least the height {placement.height}, got {placement.coded_height}",
        )
    if opaque(named):
        yield from (((), each.text) for each in opaque_objections(placement, ()) if each.kind != "modifier")
        if placement.planes:
            yield ("planes",), f"nobody knows the planes of {placement.format} in {placement.modifier}"
        return
    layout = layout_of(placement)
    if not isinstance(layout, Layout):
        yield ("planes",), layout.text
        return
    bands = layout.pixels.planes[0]
    if isinstance(bands, Bands) and max(map(bands.columns, layout.strides)) > MOST_COLUMNS:
        yield ("planes",), f"strides {layout.strides} are more than {MOST_COLUMNS} columns"
        return
    for each in (*form_objections(layout), *control_objections(layout)):
        yield ("planes",), each.text


def _raw(placement: Placement) -> Iterator[Contradiction]:
    """Raw data has neither format nor extent, and one plane without stride."""
    stated = {
        "format": placement.format,
        "modifier": placement.modifier,
        "modifier_value": placement.modifier_value,
        "width": placement.width or None,
        "height": placement.height or None,
        "coded_width": placement.coded_width or None,
        "coded_height": placement.coded_height or None,
    }
    for key, value in stated.items():
        if value is not None:
            what = (
                "an image has a format and a modifier"
                if key in ("format", "modifier")
                else "raw data has none"
            )
            yield (key,), f"{what}; got {shown(value)}"
    if [(plane.offset, plane.stride, plane.dmabuf) for plane in placement.planes] != [(0, 0, 0)]:
        yield ("planes",), "raw data is one plane at offset 0, of stride 0, in dma-buf 0"


# Answers


def _answers(case: Case, plan: Plan) -> Iterator[Contradiction]:
    """Everybody who was asked for attaches to what was asked for, and conversions are the board's."""
    platform = case.of.platform
    found = list(case.paper_faults(plan))
    grown = [] if found else trees(case.asked, plan)
    for tree in grown:
        found += shape_faults(platform, tree)
    if found:
        yield from (_at(plan, "", fault) for fault in found)
        return
    yield from (_at(plan, "", fault) for fault in level_faults(platform, grown, plan))
    for tree in grown:
        faults = (*conversion_faults(platform, tree), *edge_faults(tree))
        yield from (_at(plan, tree.asked.pipeline, fault) for fault in faults)
    yield from _seated(case, plan, grown)


def _seated(case: Case, plan: Plan, grown: Sequence[Tree]) -> Iterator[Contradiction]:
    """What is wrong however the attachments are told apart."""
    first: list[Contradiction] | None = None
    for seats in islice(seatings(case.of.platform, grown), _SEATINGS):
        found = [
            _at(plan, node.asked.pipeline, fault)
            for node in case.nodes(grown, seats)
            for fault in _of_node(case, node)
        ]
        if not found:
            return
        first = first or found
    yield from (
        first if first is not None else (_at(plan, "", fault) for fault in unseated(case.of.platform, grown))
    )


def _of_node(case: Case, node: Node) -> Iterator[Fault]:
    """Where one placement is not what was asked for, or not what its heap would make."""
    asked, placement, seating = node
    touches, faults = case.touches(asked, seating)
    yield from faults
    if faults:
        return
    yield from case.wish_faults(asked, placement)
    yield from case.count_faults(asked, placement.count, touches)
    if (asked.buffer.bytes is None) == (placement.format is None):
        text = (
            "raw data where an image is asked for"
            if placement.format is None
            else "an image where raw data is"
        )
        yield Fault("format", asked.name, "", None, text)
    elif asked.buffer.bytes is not None and placement.planes[0].size != asked.buffer.bytes:
        text = f"{placement.planes[0].size} bytes of raw data, not {asked.buffer.bytes}"
        yield Fault("minimum-size", asked.name, "", None, text)
    if placement.colour is not None and placement.colour not in _colours(case):
        text = f"neither a port of the board nor the question speaks of the colour space {shown(placement.colour)}"
        yield Fault("colour-space", asked.name, "", None, text)
    found, _ = case.heap_verdict(asked, placement, touches, asked.seated(seating), Verdict((), ()))
    yield from (fault for fault in found if fault.kind == "allocated")


def _colours(case: Case) -> set[str]:
    """Every colour space that there is a word for: on the board, and in the question."""
    devices = case.of.platform.devices.values()
    rules = (rule for device in devices for port in device.ports.values() for rule in port.images)
    named = {each for rule in rules for each in rule.colours or ()}
    return named.union(*(asked.buffer.colours or () for asked in case.asked))


def _at(plan: Plan, pipeline: str, fault: Fault) -> Contradiction:
    """A fault with the path of the placement or conversion it is about, where its name tells."""
    who = f"{fault.device}: " if fault.device else ""
    for kind, names in (
        ("placements", [(each.pipeline, each.buffer) for each in plan.placements]),
        ("conversions", [(each.pipeline, each.writes) for each in plan.conversions]),
    ):
        for number, (owner, name) in enumerate(names):
            if name == fault.buffer and pipeline in ("", owner):
                return (kind, number), f"buffer {shown(name)}: {who}{fault.text}"
    return (), f"{who}{fault.text}"
