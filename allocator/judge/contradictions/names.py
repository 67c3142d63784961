"""What is named in a plan must be there, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from heapwright.allocator.judge.contradictions.path import Contradiction
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.platforms.errors import Path, near, shown
from heapwright.platforms.schema import Device, Platform
from heapwright.solver.answer.plan import AttachedPort, Conversion, Placement, Plan


def wrong_names(case: JudgedQuestion, plan: Plan) -> Iterator[Contradiction]:
    """What is named must be there, once."""
    board = case.of.platform
    if plan.platform != board.name:
        yield ("platform",), f"the plan is for {shown(plan.platform)}, the question is about {board.name}"
    request = tuple(pipeline.name for pipeline in case.pipelines)
    if plan.pipelines != request:
        yield ("pipelines",), f"the plan is for {_listed(plan.pipelines)}, the question is {_listed(request)}"
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


def _placed_once(case: JudgedQuestion, plan: Plan) -> Iterator[Contradiction]:
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


def _heap_names(case: JudgedQuestion, placement: Placement) -> Iterator[Contradiction]:
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
