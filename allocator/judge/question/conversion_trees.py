"""A buffer and the conversions inserted behind it: a tree of placements.

The root is the buffer that the file asks for; its writers touch nothing else.
Every other placement `frame>k` is written by one converter. A reader reads
exactly one placement, so every placement at the end of a chain has one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from heapwright.allocator.faults import PlanFault, refused
from heapwright.allocator.judge.question.request import (
    BufferUser,
    DeviceRole,
    PlannedAssignment,
    RequestedBuffer,
)
from heapwright.platforms.schema import Platform
from heapwright.platforms.words import Access
from heapwright.solver.answer.plan import Conversion, Placement, Plan

DEEPEST: Final = 3
"""Conversions from the root to any placement."""
NOBODY: Final = -1
"""The file of a converter's role: no file asks for it."""


class ConversionStep(NamedTuple):
    """One conversion of a tree, between the placements of these numbers."""

    conversion: Conversion
    parent: int
    child: int


class ConversionTree(NamedTuple):
    """Everything that holds the content of one buffer."""

    request: RequestedBuffer
    placements: tuple[Placement, ...]
    """The root, then those inserted, in the order of the conversions that write them."""
    steps: tuple[ConversionStep, ...] = ()

    @property
    def converters(self) -> list[tuple[int, str, str, str]]:
        """(placement, device, port, access) of every attachment that a conversion makes."""
        return [
            end
            for step in self.steps
            for end in (
                (step.parent, step.conversion.device, step.conversion.from_, "read"),
                (step.child, step.conversion.device, step.conversion.to, "write"),
            )
        ]

    @property
    def attached(self) -> list[tuple[int, str, str, str]]:
        return [
            (number, each.device, each.port, each.access)
            for number, placement in enumerate(self.placements)
            for each in placement.attachments
        ]

    @property
    def free(self) -> list[tuple[int, str, str, str]]:
        """The attachments that are left for those whom the file names."""
        rest = self.attached
        for end in self.converters:
            if end in rest:
                rest.remove(end)
        return rest


def lone(requested: Sequence[RequestedBuffer], ordered: Sequence[Placement]) -> list[ConversionTree]:
    """Trees of placements that are not converted."""
    return [ConversionTree(each, (placement,)) for each, placement in zip(requested, ordered, strict=True)]


def trees(requested: Sequence[RequestedBuffer], plan: Plan) -> list[ConversionTree]:
    """The trees of a plan with which `tree_faults` finds nothing wrong."""
    placements = {(each.pipeline, each.buffer): each for each in plan.placements}
    return [_tree(each, plan, placements) for each in requested]


def _tree(
    request: RequestedBuffer, plan: Plan, placements: Mapping[tuple[str, str], Placement]
) -> ConversionTree:
    own = conversions_of(request, plan)
    names = [request.name, *(each.writes for each in own)]
    return ConversionTree(
        request,
        tuple(placements[request.pipeline, name] for name in names),
        tuple(ConversionStep(each, names.index(each.reads), child) for child, each in enumerate(own, 1)),
    )


def conversions_of(request: RequestedBuffer, plan: Plan) -> list[Conversion]:
    return [each for each in plan.conversions if (each.pipeline, each.buffer) == request.key]


def tree_faults(requested: Sequence[RequestedBuffer], plan: Plan) -> Iterator[PlanFault]:
    """Whether placements and conversions make trees at all."""
    keys = {each.key for each in requested}
    for stray in plan.conversions:
        if (stray.pipeline, stray.buffer) not in keys:
            yield _wrong(stray, "converts a buffer that nobody asked for")
    wanted = keys | {
        (each.pipeline, made.writes) for each in requested for made in conversions_of(each, plan)
    }
    found = Counter((each.pipeline, each.buffer) for each in plan.placements)
    for key in sorted(wanted | set(found)):
        expected = 1 if key in wanted else 0
        if found[key] != expected:
            yield refused("placements", f"{found[key]} placements, not {expected}").against(key[1], "")
    for each in requested:
        yield from _numbering_faults(each, plan)


def _numbering_faults(request: RequestedBuffer, plan: Plan) -> Iterator[PlanFault]:
    depth = {request.name: 0}
    for number, each in enumerate(conversions_of(request, plan), 1):
        if each.writes != f"{request.name}>{number}":
            yield _wrong(each, f"makes {each.writes}, not {request.name}>{number}")
        if each.reads not in depth:
            yield _wrong(each, f"reads {each.reads}, which is not made before")
        depth[each.writes] = depth.get(each.reads, 0) + 1
        if depth[each.writes] > DEEPEST:
            yield _wrong(each, f"is number {depth[each.writes]} of a chain")


def shape_faults(platform: Platform, tree: ConversionTree) -> Iterator[PlanFault]:
    """Whether the converters attach where they should, and every end of a chain is read."""
    for step in tree.steps:
        if step.conversion.device not in platform.devices:
            yield _wrong(step.conversion, "is on no such board")
    missing = Counter(tree.converters) - Counter(tree.attached)
    for number, device, port, _ in missing:
        name = tree.placements[number].buffer
        yield refused("conversion", f"{device}.{port} does not attach").against(name, device)
    used = {step.parent for step in tree.steps} | {end[0] for end in tree.free}
    for step in tree.steps:
        if step.child not in used:
            yield _wrong(step.conversion, "makes what nobody reads")


def _wrong(conversion: Conversion, text: str) -> PlanFault:
    return refused("conversion", text).against(conversion.writes, conversion.device)


class JudgedPlacement(NamedTuple):
    """One placement of a tree as a question of its own."""

    request: RequestedBuffer
    placement: Placement
    assignment: PlannedAssignment


def nodes(platform: Platform, tree: ConversionTree, assignment: PlannedAssignment) -> list[JudgedPlacement]:
    """The placements of a tree, each with those who touch it.

    What the file says of formats, modifiers, colours, dma-bufs and count is
    said of the root alone.
    """
    if not tree.steps:
        return [JudgedPlacement(tree.request, tree.placements[0], assignment)]
    return [_node(platform, tree, assignment, number) for number in range(len(tree.placements))]


def _node(
    platform: Platform, tree: ConversionTree, assignment: PlannedAssignment, number: int
) -> JudgedPlacement:
    request = tree.request
    here = [index for index, at in enumerate(assignment.at) if at == number]
    taken = [assignment.taken[index] for index in here]
    devices = [assignment.devices[index] for index in here]
    users = [request.users[index] for index in here]
    for at, device, port, access in tree.converters:
        if at == number:
            taken.append(0)
            devices.append(device)
            way: Access = "read" if access == "read" else "write"
            users.append((converter(platform.devices[device].kind, port, way),))
    stripped = request if number == 0 else inserted(request, number)
    return JudgedPlacement(
        replace(stripped, users=tuple(users)),
        tree.placements[number],
        PlannedAssignment(tuple(taken), tuple(devices)),
    )


def inserted(request: RequestedBuffer, number: int) -> RequestedBuffer:
    """What is asked of the placement that the conversion of this number makes."""
    free = {"formats": None, "modifiers": None, "colours": None, "dmabufs": None, "count": None}
    return replace(request, name=f"{request.name}>{number}", buffer=request.buffer.model_copy(update=free))


def converter(kind: str, port: str, access: Access) -> BufferUser:
    """A converter touching a buffer: nobody's role, and nothing special about the use."""
    return BufferUser(
        role=DeviceRole(NOBODY, kind, None, None),
        stage=None,
        port=port,
        access=access,
        connector=None,
        codec=None,
        codecs=frozenset(),
        rotate=0,
        crop=False,
        scale=False,
        rarely=False,
    )
