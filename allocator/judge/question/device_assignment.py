"""Which attachment of a plan answers which attachment of the question.

An answer lists device ports in an order of its own, so they are matched by
kind, port and access, and one role is one device throughout its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from heapwright.allocator.faults import Fault, absent
from heapwright.allocator.judge.question.conversion_trees import Tree
from heapwright.allocator.judge.question.request import Asked, Role, Seating
from heapwright.platforms.schema import Platform


def seatings(platform: Platform, trees: Sequence[Tree]) -> Iterator[tuple[Seating, ...]]:
    """Every way to seat all buffers in which no role is two devices."""
    yield from _seat_all(platform, trees, {}, ())


def _seat_all(
    platform: Platform,
    trees: Sequence[Tree],
    binding: Mapping[Role, str],
    seated: tuple[Seating, ...],
) -> Iterator[tuple[Seating, ...]]:
    if len(seated) == len(trees):
        yield seated
        return
    for seating, grown in seat(platform, trees[len(seated)], binding):
        yield from _seat_all(platform, trees, grown, (*seated, seating))


def seat(
    platform: Platform, tree: Tree, binding: Mapping[Role, str]
) -> Iterator[tuple[Seating, Mapping[Role, str]]]:
    """The ways to seat one buffer that respect `binding`, each with the binding it makes."""
    rest = tree.free
    if len(tree.asked.parties) == len(rest):
        yield from _seat(platform, tree.asked, rest, dict(binding), Seating((), ()))


def _seat(
    platform: Platform,
    asked: Asked,
    rest: list[tuple[int, str, str, str]],
    binding: dict[Role, str],
    seating: Seating,
) -> Iterator[tuple[Seating, Mapping[Role, str]]]:
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
            further = Seating((*seating.taken, index), (*seating.devices, name), (*seating.at, number))
            yield from _seat(platform, asked, left, {**binding, party.role: name}, further)


def unseated(platform: Platform, trees: Sequence[Tree]) -> Iterator[Fault]:
    """Whose attachments cannot be those that were asked for."""
    binding: Mapping[Role, str] = {}
    for tree in trees:
        found = next(seat(platform, tree, binding), None)
        if found is None:
            attached = ", ".join(f"{device}.{port}" for _, device, port, _ in tree.free)
            alone = next(seat(platform, tree, {}), None)
            kind = "missing-device" if alone is None else "device-binding"
            said = (
                f"{attached} are not who was asked for"
                if attached
                else "nobody is attached who was asked for"
            )
            yield absent(kind, said).against(tree.asked.name, "")
        else:
            binding = found[1]


def binding_of(asked: Sequence[Asked], seats: Sequence[Seating]) -> dict[Role, str]:
    """Which device plays each role."""
    return {
        party.role: device
        for each, seating in zip(asked, seats, strict=True)
        for party, device in zip(each.seated(seating), seating.devices, strict=True)
    }
