"""Conversions: is each along an edge that the board declares, and does it keep what it may not change?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final, NamedTuple

from heapwright.allocator.faults import Objection, PlanFault, refused, seen
from heapwright.allocator.hardware import known
from heapwright.allocator.judge.question.conversion_trees import DEEPEST, ConversionStep, ConversionTree
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.schema import ConversionEdge, Device, Platform
from heapwright.solver.answer.plan import Conversion, Placement, Plan

BY_CPU: Final = 64
"""How much a byte counts that the CPU converts: it is the last resort."""
_CHOICES: Final = 4096
_NOTHING: Final[Mapping[tuple[str, int], int]] = {}


def differences(before: Placement, after: Placement) -> tuple[str, ...]:
    """What a conversion changes, in the words of an edge."""
    pairs = (
        ("format", before.format, after.format),
        ("modifier", before.modifier, after.modifier),
        ("memory", before.heap, after.heap),
        ("stride", strides(before), strides(after)),
    )
    return tuple(word for word, one, other in pairs if one != other)


def strides(placement: Placement) -> tuple[int, ...]:
    return tuple(plane.stride for plane in placement.planes)


def step_objections(
    edge: ConversionEdge, before: Placement, after: Placement, changed: Sequence[str]
) -> Iterator[Objection]:
    """What an edge may not change must be the same on both sides; so must the colours of one format.

    And a picture stays one: a format with fewer colours, or with less than 8 bits where there
    were more, is no conversion of it.
    """
    for word in changed:
        if word not in edge.may_change:
            yield refused("conversion", f"{edge.from_} to {edge.to} cannot change the {word}")
    if before.format != after.format and not _keeps_picture(before.format, after.format):
        yield refused("conversion", f"{before.format} as {after.format} is not the same picture")
    if before.format == after.format and before.colour != after.colour:
        yield refused("colour-space", f"{before.colour} becomes {after.colour} in the same format")


def _keeps_picture(before: str | None, after: str | None) -> bool:
    old, new = pixel_format(before or ""), pixel_format(after or "")
    if old is None or new is None or 0 in (old.channels, new.channels):
        return False
    return not (new.channels < old.channels or new.depth < min(old.depth, 8))


def moves_raw(device: Device, edge: ConversionEdge) -> bool:
    """Whether an edge copies data that is no image: both of its ports take nothing else."""
    ports = (device.ports.get(edge.from_), device.ports.get(edge.to))
    return all(port is not None and not port.images for port in ports)


def edges_for(device: Device, conversion: Conversion) -> list[ConversionEdge]:
    """The edges that a conversion may mean; what is not known to be lossless is lossy."""
    return [
        edge
        for edge in device.converts
        if (edge.from_, edge.to) == (conversion.from_, conversion.to)
        and (edge.lossless is True) == conversion.lossless
    ]


def conversion_faults(platform: Platform, tree: ConversionTree) -> Iterator[PlanFault]:
    """What is wrong with the conversions of one buffer, each by itself."""
    for step in tree.steps:
        for each in _objections(platform, tree, step):
            yield each.against(step.conversion.writes, step.conversion.device)


def _objections(platform: Platform, tree: ConversionTree, step: ConversionStep) -> Iterator[Objection]:
    conversion, device = step.conversion, platform.devices[step.conversion.device]
    before, after = tree.placements[step.parent], tree.placements[step.child]
    if tree.request.conversions == "forbid":
        yield refused("conversion", f"{tree.request.name} is not to be converted")
    if tree.request.conversions == "lossless" and not conversion.lossless:
        yield refused("conversion", f"{tree.request.name} is to be converted without loss")
    ports = [device.ports.get(conversion.from_), device.ports.get(conversion.to)]
    if [None if port is None else port.access for port in ports] != ["read", "write"]:
        yield refused("conversion", f"does not read by {conversion.from_} and write by {conversion.to}")
    changed = differences(before, after)
    if tree.request.buffer.bytes is not None and not any(
        moves_raw(device, edge) for edge in edges_for(device, conversion)
    ):
        yield refused("conversion", f"{conversion.from_} and {conversion.to} convert images only")
    against = [
        (edge, list(step_objections(edge, before, after, changed))) for edge in edges_for(device, conversion)
    ]
    if not against:
        how = "lossless" if conversion.lossless else "lossy"
        yield refused("conversion", f"declares no {how} edge {conversion.from_} to {conversion.to}")
        return
    yield from min((found for _, found in against), key=len)
    said = stated_edge(conversion, after)
    if said is not None and said not in _lawful(device, [edge for edge, found in against if not found]):
        yield refused("conversion", f"edge {said} does not make it")
    yield from _said(conversion, tree, step, changed)
    sources = [edge.source or device.source for edge, found in against if not found]
    if sources and conversion.source not in sources:
        yield seen("conversion", f"its source is not {conversion.source}")


def _lawful(device: Device, edges: Sequence[ConversionEdge]) -> list[int]:
    """The numbers of these edges."""
    return [number for number, edge in enumerate(device.converts) if any(edge is each for each in edges)]


def stated_edge(conversion: Conversion, made: Placement) -> int | None:
    """The edge by which an inserted placement says that it is written."""
    writer = (conversion.device, conversion.to, "write")
    said = (each.converts for each in made.attachments if (each.device, each.port, each.access) == writer)
    return next((number for number in said if number is not None), None)


def edge_faults(tree: ConversionTree) -> Iterator[PlanFault]:
    """Whether those are said to be sides of an edge who are, both sides of the same one."""
    for place, placement in enumerate(tree.placements):
        ends: Counter[tuple[str, str, str, int | None]] = Counter()
        for conversion, parent, child in tree.steps:
            number = stated_edge(conversion, tree.placements[child])
            if parent == place:
                ends[conversion.device, conversion.from_, "read", number] += 1
            if child == place:
                ends[conversion.device, conversion.to, "write", number] += 1
        said: Counter[tuple[str, str, str, int | None]] = Counter()
        said.update((each.device, each.port, each.access, each.converts) for each in placement.attachments)
        for device, port, access, number in said - ends:
            if number is not None:
                text = f"{port} is not the side of edge {number} that would {access} it"
                yield refused("conversion", text).against(placement.buffer, device)


def _said(
    conversion: Conversion, tree: ConversionTree, step: ConversionStep, changed: tuple[str, ...]
) -> Iterator[Objection]:
    """Whether the plan tells the truth about a conversion."""
    if conversion.changes != changed:
        said = ", ".join(conversion.changes) or "nothing"
        yield seen("conversion", f"changes {', '.join(changed) or 'nothing'}, not {said}")
    moved = tree.request.buffer.rate * moved_bytes(tree, step)
    if conversion.bytes_per_second != moved:
        yield seen("conversion", f"moves {moved} bytes/s, not {conversion.bytes_per_second}")


def moved_bytes(tree: ConversionTree, step: ConversionStep) -> int:
    """Bytes read and written a frame."""
    return tree.placements[step.parent].size + tree.placements[step.child].size


def throughput_faults(
    platform: Platform, trees: Sequence[ConversionTree], existing: Mapping[tuple[str, int], int] = _NOTHING
) -> Iterator[PlanFault]:
    """Some choice of edges must respect what each of them gets through, beside what does so already."""
    loads: list[int] = []
    offers: list[list[Limit]] = []
    for tree in trees:
        for step in tree.steps:
            limits = _limits(platform, tree, step)
            if limits and None not in limits:
                loads.append(tree.request.buffer.rate * tree.placements[step.parent].size)
                offers.append([limit for limit in limits if limit is not None])
    if offers and not any(_within(loads, choice, existing) for choice in islice(product(*offers), _CHOICES)):
        text = f"{sum(loads)} bytes/s is more than the converters get through"
        yield seen("conversion", text).against("", offers[0][0].device)


class Limit(NamedTuple):
    """What one edge gets through, in bytes a second."""

    device: str
    edge: int
    most: int


def _limits(platform: Platform, tree: ConversionTree, step: ConversionStep) -> list[Limit | None]:
    """Of every edge that a conversion may use; None where nobody knows a limit."""
    name, before, after = (
        step.conversion.device,
        tree.placements[step.parent],
        tree.placements[step.child],
    )
    device, changed = platform.devices[name], differences(before, after)
    meant = edges_for(device, step.conversion)
    said = stated_edge(step.conversion, after)
    limits: list[Limit | None] = []
    for index, edge in enumerate(device.converts):
        if said not in (None, index) or edge not in meant:
            continue
        if not any(step_objections(edge, before, after, changed)):
            most = known(edge.throughput)
            limits.append(None if most is None else Limit(name, index, most))
    return limits


def _within(loads: Sequence[int], choice: Sequence[Limit], existing: Mapping[tuple[str, int], int]) -> bool:
    totals = {limit: existing.get((limit.device, limit.edge), 0) for limit in choice}
    for load, limit in zip(loads, choice, strict=True):
        totals[limit] += load
    return all(total <= limit.most for limit, total in totals.items())


def conversion_cost(platform: Platform, trees: Sequence[ConversionTree]) -> tuple[int, int]:
    """(lossy conversions, bytes a second that conversions move, those of the CPU weighed in both)."""
    lossy = moved = 0
    for tree in trees:
        for step in tree.steps:
            by_cpu = platform.devices[step.conversion.device].kind == "cpu"
            if not step.conversion.lossless:
                lossy += DEEPEST + 1 if by_cpu else 1
            if step.conversion.lossless and carded(platform, step.conversion.device):
                continue  # what it moves is load
            weight = BY_CPU if by_cpu else 1
            moved += weight * max(tree.request.buffer.rate, 1) * moved_bytes(tree, step)
    return lossy, moved


def carded(platform: Platform, device: str) -> bool:
    """Whether a device sits on a card that has memory of its own."""
    owned = [[each.local] if isinstance(each.local, str) else each.local for each in platform.memory.values()]
    return platform.devices[device].link is not None and any(device in (names or ()) for names in owned)


def level_faults(platform: Platform, trees: Sequence[ConversionTree], plan: Plan) -> Iterator[PlanFault]:
    """Whether the plan states what its conversions cost, where it states a cost."""
    terms = ("lossy-conversions", "conversion-bytes")
    expected = dict(zip(terms, conversion_cost(platform, trees), strict=True))
    for level in plan.levels:
        if level.value != expected.get(level.term, level.value):
            text = f"{level.term} is {expected[level.term]}, not {level.value}"
            yield seen("levels", text).against("", "")
