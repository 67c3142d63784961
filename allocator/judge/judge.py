"""The judge: is this plan lawful on that board, with memory at its unluckiest?

It reads the profile and the question for itself and shares no arithmetic with
the solver. `JudgedPlatform` prepares a platform once, `JudgedQuestion` a question; `alone` judges
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
from heapwright.allocator.judge.constraints.memory.existing_usage import (
    existing_loads,
)
from heapwright.allocator.judge.constraints.memory.usage import PlacementUsage
from heapwright.allocator.judge.constraints.protection import (
    protection_domains,
)
from heapwright.allocator.judge.placement import alone, live_usage
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
from heapwright.allocator.judge.question.request import DeviceRole, PlannedAssignment, requested_buffers
from heapwright.allocator.judge.question.shown import shown_images
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

_ASSIGNMENTS = 256


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
        self.requested = requested_buffers(pipelines)
        self.by_key = {request.key: request for request in self.requested}
        self.shown = {
            (file.name, name): each for file in pipelines for name, each in shown_images(file).items()
        }
        """What each buffer has to show."""
        self.live = [live_usage(self.of, placement) for placement in live]
        self.loads = existing_loads(live)
        """What goes through edges already."""

    def judge(self, plan: Plan) -> tuple[PlanFault, ...]:
        """Everything wrong with a plan; empty if it is fine."""
        faults = list(self.paper_faults(plan))
        if faults:
            return tuple(faults)
        forest = trees(self.requested, plan)
        faults = [fault for tree in forest for fault in shape_faults(self.of.platform, tree)]
        if faults:
            return tuple(faults)
        faults = [*self.converted(forest), *level_faults(self.of.platform, forest, plan)]
        first: tuple[PlanFault, ...] | None = None
        for assignments in islice(device_assignments(self.of.platform, forest), _ASSIGNMENTS):
            found = self.judge_assigned(forest, assignments)
            if not found and not faults:
                return ()
            first = first or found
        if first is None:
            faults += unassigned(self.of.platform, forest)
        return (*faults, *(first or ()))

    def judge_assigned(
        self, forest: Sequence[ConversionTree], assignments: Sequence[PlannedAssignment]
    ) -> tuple[PlanFault, ...]:
        """Judge placements, in the order of the question, with devices assigned."""
        faults = self.shared_roles(devices_of_roles(self.requested, assignments))
        usages = []
        for node in self.nodes(forest, assignments):
            found, usage = alone(self.of, *node)
            faults += found
            if usage is not None:
                usages.append(usage)
        return tuple(faults) + tuple(self.together(usages))

    def nodes(
        self, forest: Sequence[ConversionTree], assignments: Sequence[PlannedAssignment]
    ) -> list[JudgedPlacement]:
        """Every placement as a question of its own, its protection known."""
        found = []
        protection = protection_domains(self.requested, assignments, self.of.devices)
        for tree, assignment, domain in zip(forest, assignments, protection, strict=True):
            protected = tree._replace(request=replace(tree.request, domain=domain))
            found += nodes(self.of.platform, protected, assignment)
        return found

    def lawful_assignments(self, forest: Sequence[ConversionTree]) -> list[tuple[PlannedAssignment, ...]]:
        """The assignments under which placements are lawful; all of them where none is."""
        ways = list(islice(device_assignments(self.of.platform, forest), _ASSIGNMENTS))
        if len(ways) == 1:
            return ways
        return [each for each in ways if not self.judge_assigned(forest, each)] or ways

    def converted(self, forest: Sequence[ConversionTree]) -> list[PlanFault]:
        """What is wrong with the conversions, whichever devices are assigned."""
        platform = self.of.platform
        faults = [fault for tree in forest for fault in conversion_faults(platform, tree)]
        faults += [fault for tree in forest for fault in edge_faults(tree)]
        return [*faults, *throughput_faults(platform, forest, self.loads)]

    def together(self, usages: Sequence[PlacementUsage]) -> Iterator[PlanFault]:
        """What placements that are lawful one by one cannot share, live ones included."""
        return self.of.capacity.faults([*self.live, *usages])

    def paper_faults(self, plan: Plan) -> Iterator[PlanFault]:
        """A plan for another question or board."""
        if plan.platform != self.of.platform.name:
            yield absent("platform", f"the plan is for {plan.platform}").against("", "")
        if tuple(plan.pipelines) != tuple(pipeline.name for pipeline in self.pipelines):
            yield refused("pipelines", f"the plan is for {', '.join(plan.pipelines)}").against("", "")
        yield from tree_faults(self.requested, plan)
        granted = {(each.pipeline, each.buffer): each.count for each in plan.placements}
        expected = {
            (request.pipeline, request.name, request.wish.wish, granted[request.key])
            for request in self.requested
            if request.wish is not None and granted.get(request.key, request.wish.wish) < request.wish.wish
        }
        if {(each.pipeline, each.buffer, each.wish, each.granted) for each in plan.dropped} != expected:
            yield seen("dropped", "the wishes said to be dropped are not those that were").against("", "")

    def shared_roles(self, chosen: Mapping[DeviceRole, str]) -> list[PlanFault]:
        """Different labels of one kind in a file must be different devices."""
        labels: dict[tuple[int, str, str], str | None] = {}
        faults = []
        for role, device in chosen.items():
            label = labels.setdefault((role.file, role.kind, device), role.label)
            if label != role.label:
                text = f"plays both {role.kind}#{label or ''} and {role}"
                faults.append(absent("device-binding", text).against("", device))
        return faults
