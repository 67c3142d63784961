"""The judge: is this plan lawful on that board, with memory at its unluckiest?

It reads the profile and the question for itself and shares no arithmetic with
the solver. `Judge` prepares a platform once, `JudgedQuestion` a question; `alone` judges
one placement by itself and `together` what placements take from each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from heapwright.allocator.faults import PlanFault, absent, refused, seen
from heapwright.allocator.judge.constraints.conversions import (
    conversion_faults,
    edge_faults,
    level_faults,
    throughput_faults,
)
from heapwright.allocator.judge.constraints.memory.charge import PlacementUsage
from heapwright.allocator.judge.constraints.memory.existing_usage import (
    existing_loads,
)
from heapwright.allocator.judge.constraints.protection import (
    protection_domains,
)
from heapwright.allocator.judge.placement import alone, live_charge
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.judge.question.conversion_trees import (
    ConversionTree,
    JudgedPlacement,
    nodes,
    shape_faults,
    tree_faults,
    trees,
)
from heapwright.allocator.judge.question.device_assignment import (
    device_assignments,
    devices_of_roles,
    unassigned,
)
from heapwright.allocator.judge.question.request import DeviceAssignment, DeviceRole, requested_buffers
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

_SEATINGS = 256


def judge(
    platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, live: Sequence[Placement] = ()
) -> tuple[PlanFault, ...]:
    """Everything wrong with a plan; empty if it is fine."""
    return JudgedQuestion(JudgedPlatform(platform), pipelines, live).judge(plan)


class JudgedQuestion:
    """One question on one platform."""

    def __init__(
        self, of: JudgedPlatform, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()
    ) -> None:
        self.of = of
        self.pipelines = pipelines
        self.asked = requested_buffers(pipelines)
        self.by_key = {asked.key: asked for asked in self.asked}
        self.live = [live_charge(self.of, placement) for placement in live]
        self.loads = existing_loads(live)
        """What goes through edges already."""

    def judge(self, plan: Plan) -> tuple[PlanFault, ...]:
        """Everything wrong with a plan; empty if it is fine."""
        faults = list(self.paper_faults(plan))
        if faults:
            return tuple(faults)
        grown = trees(self.asked, plan)
        faults = [fault for tree in grown for fault in shape_faults(self.of.platform, tree)]
        if faults:
            return tuple(faults)
        faults = [*self.converted(grown), *level_faults(self.of.platform, grown, plan)]
        first: tuple[PlanFault, ...] | None = None
        for seats in islice(device_assignments(self.of.platform, grown), _SEATINGS):
            found = self.judge_seated(grown, seats)
            if not found and not faults:
                return ()
            first = first or found
        if first is None:
            faults += unassigned(self.of.platform, grown)
        return (*faults, *(first or ()))

    def judge_seated(
        self, grown: Sequence[ConversionTree], seats: Sequence[DeviceAssignment]
    ) -> tuple[PlanFault, ...]:
        """Judge placements, in the order of the question, with everybody in a given place."""
        faults = self.shared_roles(devices_of_roles(self.asked, seats))
        charges = []
        for node in self.nodes(grown, seats):
            found, charge = alone(self.of, *node)
            faults += found
            if charge is not None:
                charges.append(charge)
        return tuple(faults) + tuple(self.together(charges))

    def nodes(
        self, grown: Sequence[ConversionTree], seats: Sequence[DeviceAssignment]
    ) -> list[JudgedPlacement]:
        """Every placement as a question of its own, its protection known."""
        found = []
        protection = protection_domains(self.asked, seats, self.of.devices)
        for tree, seating, ward in zip(grown, seats, protection, strict=True):
            warded = tree._replace(asked=replace(tree.asked, ward=ward))
            found += nodes(self.of.platform, warded, seating)
        return found

    def lawful_seatings(self, grown: Sequence[ConversionTree]) -> list[tuple[DeviceAssignment, ...]]:
        """The ways to seat everybody under which placements are lawful; all of them where none is."""
        ways = list(islice(device_assignments(self.of.platform, grown), _SEATINGS))
        if len(ways) == 1:
            return ways
        return [each for each in ways if not self.judge_seated(grown, each)] or ways

    def converted(self, grown: Sequence[ConversionTree]) -> list[PlanFault]:
        """What is wrong with the conversions, whoever sits where."""
        platform = self.of.platform
        faults = [fault for tree in grown for fault in conversion_faults(platform, tree)]
        faults += [fault for tree in grown for fault in edge_faults(tree)]
        return [*faults, *throughput_faults(platform, grown, self.loads)]

    def together(self, charges: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        """What placements that are lawful one by one cannot share, live ones included."""
        return self.of.room.faults([*self.live, *charges])

    def paper_faults(self, plan: Plan) -> Iterator[PlanFault]:
        """A plan for another question or board."""
        if plan.platform != self.of.platform.name:
            yield absent("platform", f"the plan is for {plan.platform}").against("", "")
        if tuple(plan.pipelines) != tuple(pipeline.name for pipeline in self.pipelines):
            yield refused("pipelines", f"the plan is for {', '.join(plan.pipelines)}").against("", "")
        yield from tree_faults(self.asked, plan)
        granted = {(each.pipeline, each.buffer): each.count for each in plan.placements}
        expected = {
            (asked.pipeline, asked.name, asked.wish.wish, granted[asked.key])
            for asked in self.asked
            if asked.wish is not None and granted.get(asked.key, asked.wish.wish) < asked.wish.wish
        }
        if {(each.pipeline, each.buffer, each.wish, each.granted) for each in plan.dropped} != expected:
            yield seen("dropped", "the wishes said to be dropped are not those that were").against("", "")

    def shared_roles(self, binding: Mapping[DeviceRole, str]) -> list[PlanFault]:
        """Different labels of one kind in a file must be different devices."""
        player: dict[tuple[int, str, str], str | None] = {}
        faults = []
        for role, device in binding.items():
            label = player.setdefault((role.file, role.kind, device), role.label)
            if label != role.label:
                text = f"plays both {role.kind}#{label or ''} and {role}"
                faults.append(absent("device-binding", text).against("", device))
        return faults
