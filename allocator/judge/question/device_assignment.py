"""Which attachment of a plan answers which attachment of the question.

An answer lists device ports in an order of its own, so they are matched by
kind, port and access, and one role is one device throughout its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from heapwright.allocator.faults import PlanFault, absent
from heapwright.allocator.judge.question.conversion_trees import ConversionTree
from heapwright.allocator.judge.question.request import DeviceAssignment, DeviceRole, RequestedBuffer
from heapwright.platforms.schema import Platform


def device_assignments(
    platform: Platform, trees: Sequence[ConversionTree]
) -> Iterator[tuple[DeviceAssignment, ...]]:
    """Every way to seat all buffers in which no role is two devices."""
    yield from _assign_all(platform, trees, {}, ())


def _assign_all(
    platform: Platform,
    trees: Sequence[ConversionTree],
    binding: Mapping[DeviceRole, str],
    seated: tuple[DeviceAssignment, ...],
) -> Iterator[tuple[DeviceAssignment, ...]]:
    if len(seated) == len(trees):
        yield seated
        return
    for seating, grown in assign(platform, trees[len(seated)], binding):
        yield from _assign_all(platform, trees, grown, (*seated, seating))


def assign(
    platform: Platform, tree: ConversionTree, binding: Mapping[DeviceRole, str]
) -> Iterator[tuple[DeviceAssignment, Mapping[DeviceRole, str]]]:
    """The ways to seat one buffer that respect `binding`, each with the binding it makes."""
    rest = tree.free
    if len(tree.asked.parties) == len(rest):
        yield from _assign(platform, tree.asked, rest, dict(binding), DeviceAssignment((), ()))


def _assign(
    platform: Platform,
    asked: RequestedBuffer,
    rest: list[tuple[int, str, str, str]],
    binding: dict[DeviceRole, str],
    seating: DeviceAssignment,
) -> Iterator[tuple[DeviceAssignment, Mapping[DeviceRole, str]]]:
    if not rest:
        yield seating, dict(binding)
        return
    for index, party in enumerate(asked.parties[len(seating.taken)]):
        for attached in dict.fromkeys(rest):
            number, name, port, access = attached
            device = platform.devices.get(name)
            if device is None or (device.kind, port, access) != (party.role.kind, party.port, party.access):
                continue
            if binding.get(party.role, name) != name or (number and access == "write"):
                continue
            left = list(rest)
            left.remove(attached)
            further = DeviceAssignment(
                (*seating.taken, index), (*seating.devices, name), (*seating.at, number)
            )
            yield from _assign(platform, asked, left, {**binding, party.role: name}, further)


def unassigned(platform: Platform, trees: Sequence[ConversionTree]) -> Iterator[PlanFault]:
    """Whose attachments cannot be those that were asked for."""
    binding: Mapping[DeviceRole, str] = {}
    for tree in trees:
        found = next(assign(platform, tree, binding), None)
        if found is None:
            attached = ", ".join(f"{device}.{port}" for _, device, port, _ in tree.free)
            alone = next(assign(platform, tree, {}), None)
            kind = "missing-device" if alone is None else "device-binding"
            said = (
                f"{attached} are not who was asked for"
                if attached
                else "nobody is attached who was asked for"
            )
            yield absent(kind, said).against(tree.asked.name, "")
        else:
            binding = found[1]


def devices_of_roles(
    asked: Sequence[RequestedBuffer], seats: Sequence[DeviceAssignment]
) -> dict[DeviceRole, str]:
    """Which device plays each role."""
    return {
        party.role: device
        for each, seating in zip(asked, seats, strict=True)
        for party, device in zip(each.seated(seating), seating.devices, strict=True)
    }
