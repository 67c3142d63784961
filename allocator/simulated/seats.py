"""Which attachment of a plan answers which attachment of the question.

An answer lists device ports in an order of its own, so they are matched by
kind, port and access, and one role is one device throughout its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocator.simulated.faults import Fault, absent
from allocator.simulated.question import Asked, Role, Seating
from platforms.schema import Platform
from solver.plan import Placement


def seatings(
    platform: Platform, asked: Sequence[Asked], ordered: Sequence[Placement]
) -> Iterator[tuple[Seating, ...]]:
    """Every way to seat all buffers in which no role is two devices."""
    yield from _seat_all(platform, asked, ordered, {}, ())


def _seat_all(
    platform: Platform,
    asked: Sequence[Asked],
    ordered: Sequence[Placement],
    binding: Mapping[Role, str],
    seated: tuple[Seating, ...],
) -> Iterator[tuple[Seating, ...]]:
    if len(seated) == len(asked):
        yield seated
        return
    index = len(seated)
    for seating, grown in seat(platform, asked[index], ordered[index], binding):
        yield from _seat_all(platform, asked, ordered, grown, (*seated, seating))


def seat(
    platform: Platform, asked: Asked, placement: Placement, binding: Mapping[Role, str]
) -> Iterator[tuple[Seating, Mapping[Role, str]]]:
    """The ways to seat one buffer that respect `binding`, each with the binding it makes."""
    if len(asked.parties) != len(placement.attachments):
        return
    rest: list[tuple[str, str, str]] = [
        (each.device, each.port, each.access) for each in placement.attachments
    ]
    yield from _seat(platform, asked, rest, dict(binding), Seating((), ()))


def _seat(
    platform: Platform,
    asked: Asked,
    rest: list[tuple[str, str, str]],
    binding: dict[Role, str],
    seating: Seating,
) -> Iterator[tuple[Seating, Mapping[Role, str]]]:
    if not rest:
        yield seating, dict(binding)
        return
    for index, party in enumerate(asked.parties[len(seating.taken)]):
        for attached in dict.fromkeys(rest):
            name, port, access = attached
            device = platform.devices.get(name)
            if device is None or (device.kind, port, access) != (party.role.kind, party.port, party.access):
                continue
            if binding.get(party.role, name) != name:
                continue
            left = list(rest)
            left.remove(attached)
            further = Seating((*seating.taken, index), (*seating.devices, name))
            yield from _seat(platform, asked, left, {**binding, party.role: name}, further)


def unseated(platform: Platform, asked: Sequence[Asked], ordered: Sequence[Placement]) -> Iterator[Fault]:
    """Whose attachments cannot be those that were asked for."""
    binding: Mapping[Role, str] = {}
    for each, placement in zip(asked, ordered, strict=True):
        found = next(seat(platform, each, placement, binding), None)
        if found is None:
            attached = ", ".join(f"{one.device}.{one.port}" for one in placement.attachments)
            alone = next(seat(platform, each, placement, {}), None)
            kind = "missing-device" if alone is None else "device-binding"
            yield absent(kind, f"{attached} are not who was asked for").against(each.name, "")
        else:
            binding = found[1]


def binding_of(asked: Sequence[Asked], seats: Sequence[Seating]) -> dict[Role, str]:
    """Which device plays each role."""
    return {
        party.role: device
        for each, seating in zip(asked, seats, strict=True)
        for party, device in zip(each.seated(seating), seating.devices, strict=True)
    }
