"""Which attachment of a plan answers which attachment of the question.

An answer lists device ports in an order of its own, so they are matched by
kind, port and access, and one role is one device throughout its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from heapwright.allocator.faults import PlanFault, absent
from heapwright.allocator.judge.question.conversion_trees import ConversionTree
from heapwright.allocator.judge.question.request import DeviceRole, PlannedAssignment, RequestedBuffer
from heapwright.platforms.schema import Platform


def device_assignments(
    platform: Platform, trees: Sequence[ConversionTree]
) -> Iterator[tuple[PlannedAssignment, ...]]:
    """Every assignment of devices to all buffers in which no role is two devices."""
    yield from _assign_all(platform, trees, {}, ())


def _assign_all(
    platform: Platform,
    trees: Sequence[ConversionTree],
    chosen: Mapping[DeviceRole, str],
    assigned: tuple[PlannedAssignment, ...],
) -> Iterator[tuple[PlannedAssignment, ...]]:
    if len(assigned) == len(trees):
        yield assigned
        return
    for assignment, extended in assign(platform, trees[len(assigned)], chosen):
        yield from _assign_all(platform, trees, extended, (*assigned, assignment))


def assign(
    platform: Platform, tree: ConversionTree, chosen: Mapping[DeviceRole, str]
) -> Iterator[tuple[PlannedAssignment, Mapping[DeviceRole, str]]]:
    """Assignments for one buffer that respect `chosen`, each with the devices that are chosen then."""
    rest = tree.free
    if len(tree.request.users) == len(rest):
        yield from _assign(platform, tree.request, rest, dict(chosen), PlannedAssignment((), ()))


def _assign(
    platform: Platform,
    request: RequestedBuffer,
    rest: list[tuple[int, str, str, str]],
    chosen: dict[DeviceRole, str],
    assignment: PlannedAssignment,
) -> Iterator[tuple[PlannedAssignment, Mapping[DeviceRole, str]]]:
    if not rest:
        yield assignment, dict(chosen)
        return
    for index, user in enumerate(request.users[len(assignment.taken)]):
        for attached in dict.fromkeys(rest):
            number, name, port, access = attached
            device = platform.devices.get(name)
            if device is None or (device.kind, port, access) != (user.role.kind, user.port, user.access):
                continue
            if chosen.get(user.role, name) != name or (number and access == "write"):
                continue
            left = list(rest)
            left.remove(attached)
            further = PlannedAssignment(
                (*assignment.taken, index), (*assignment.devices, name), (*assignment.at, number)
            )
            yield from _assign(platform, request, left, {**chosen, user.role: name}, further)


def unassigned(platform: Platform, trees: Sequence[ConversionTree]) -> Iterator[PlanFault]:
    """Buffers whose attachments cannot be those of the request."""
    chosen: Mapping[DeviceRole, str] = {}
    for tree in trees:
        found = next(assign(platform, tree, chosen), None)
        if found is None:
            attached = ", ".join(f"{device}.{port}" for _, device, port, _ in tree.free)
            alone = next(assign(platform, tree, {}), None)
            kind = "missing-device" if alone is None else "device-binding"
            said = (
                f"{attached} are not who was asked for"
                if attached
                else "nobody is attached who was asked for"
            )
            yield absent(kind, said).against(tree.request.name, "")
        else:
            chosen = found[1]


def devices_of_roles(
    requested: Sequence[RequestedBuffer], assignments: Sequence[PlannedAssignment]
) -> dict[DeviceRole, str]:
    """Which device plays each role."""
    return {
        user.role: device
        for each, assignment in zip(requested, assignments, strict=True)
        for user, device in zip(each.users_of(assignment), assignment.devices, strict=True)
    }
