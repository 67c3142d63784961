"""Everybody who was asked for attaches to what was asked for, and conversions are those of the board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from heapwright.allocator.faults import PlanFault
from heapwright.allocator.judge.constraints.conversions import conversion_faults, edge_faults, level_faults
from heapwright.allocator.judge.constraints.image.ports import LayoutVerdict
from heapwright.allocator.judge.constraints.request import count_faults, request_faults
from heapwright.allocator.judge.contradictions.path import Contradiction
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.placement import attachments_of, heap_verdict
from heapwright.allocator.judge.question.conversion_trees import (
    ConversionTree,
    JudgedPlacement,
    shape_faults,
    trees,
)
from heapwright.allocator.judge.question.device_assignment import device_assignments, unassigned
from heapwright.platforms.errors import shown
from heapwright.solver.answer.plan import Plan

_ASSIGNMENTS: Final = 256


def wrong_answers(case: JudgedQuestion, plan: Plan) -> Iterator[Contradiction]:
    """Everybody who was asked for attaches to what was asked for, and conversions are the board's."""
    platform = case.of.platform
    found = list(case.paper_faults(plan))
    forest = [] if found else trees(case.requested, plan)
    for tree in forest:
        found += shape_faults(platform, tree)
    if found:
        yield from (_at(plan, "", fault) for fault in found)
        return
    yield from (_at(plan, "", fault) for fault in level_faults(platform, forest, plan))
    for tree in forest:
        faults = (*conversion_faults(platform, tree), *edge_faults(tree))
        yield from (_at(plan, tree.request.pipeline, fault) for fault in faults)
    yield from _assigned(case, plan, forest)


def _assigned(case: JudgedQuestion, plan: Plan, forest: Sequence[ConversionTree]) -> Iterator[Contradiction]:
    """What is wrong however the attachments are told apart."""
    first: list[Contradiction] | None = None
    for assignments in islice(device_assignments(case.of.platform, forest), _ASSIGNMENTS):
        found = [
            _at(plan, node.request.pipeline, fault)
            for node in case.nodes(forest, assignments)
            for fault in _of_node(case, node)
        ]
        if not found:
            return
        first = first or found
    yield from (
        first
        if first is not None
        else (_at(plan, "", fault) for fault in unassigned(case.of.platform, forest))
    )


def _of_node(case: JudgedQuestion, node: JudgedPlacement) -> Iterator[PlanFault]:
    """Where one placement is not what was asked for, or not what its heap would make."""
    request, placement, assignment = node
    attachments, faults = attachments_of(case.of, request, assignment)
    yield from faults
    if faults:
        return
    yield from request_faults(request, placement)
    yield from count_faults(request, placement.count, attachments)
    if (request.buffer.bytes is None) == (placement.format is None):
        text = (
            "raw data where an image is asked for"
            if placement.format is None
            else "an image where raw data is"
        )
        yield PlanFault("format", request.name, "", None, text)
    elif request.buffer.bytes is not None and placement.planes[0].size != request.buffer.bytes:
        text = f"{placement.planes[0].size} bytes of raw data, not {request.buffer.bytes}"
        yield PlanFault("minimum-size", request.name, "", None, text)
    if placement.colour is not None and placement.colour not in _colours(case):
        text = f"neither a port of the board nor the question speaks of the colour space {shown(placement.colour)}"
        yield PlanFault("colour-space", request.name, "", None, text)
    found, _ = heap_verdict(
        case.of, request, placement, attachments, request.users_of(assignment), LayoutVerdict((), ())
    )
    yield from (fault for fault in found if fault.kind == "allocated")


def _colours(case: JudgedQuestion) -> set[str]:
    """Every colour space that there is a word for: on the board, and in the question."""
    devices = case.of.platform.devices.values()
    rules = (rule for device in devices for port in device.ports.values() for rule in port.images)
    named = {each for rule in rules for each in rule.colours or ()}
    return named.union(*(request.buffer.colours or () for request in case.requested))


def _at(plan: Plan, pipeline: str, fault: PlanFault) -> Contradiction:
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
