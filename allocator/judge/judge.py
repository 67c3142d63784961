"""The judge: is this plan lawful on that board, with memory at its unluckiest?

It reads the profile and the question for itself and shares no arithmetic with
the solver. `Judge` prepares a platform once, `Case` a question; `alone` judges
one placement by itself and `together` what placements take from each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from heapwright.allocator.faults import Fault, absent, no_node, no_room, refused, seen
from heapwright.allocator.hardware import (
    DeviceFacts,
    device_facts,
    known,
    present_heaps,
)
from heapwright.allocator.judge.board.firewall_claims import disputed
from heapwright.allocator.judge.board.physical_map import Ground, pools
from heapwright.allocator.judge.constraints.addressability import Reach, Residence, port_objections, uses
from heapwright.allocator.judge.constraints.conversions import (
    conversion_faults,
    edge_faults,
    level_faults,
    throughput_faults,
)
from heapwright.allocator.judge.constraints.image.opaque import exporter_objections
from heapwright.allocator.judge.constraints.image.ports import Ports, Verdict, layout_of, names, uses_of
from heapwright.allocator.judge.constraints.image.rules import Layout
from heapwright.allocator.judge.constraints.memory.capacity import Charge, Room, Touch
from heapwright.allocator.judge.constraints.memory.existing_usage import (
    pace_faults,
    standing_loads,
    standing_uses,
    told,
)
from heapwright.allocator.judge.constraints.protection import (
    audience_faults,
    heap_objections,
    moved_objections,
    wards,
)
from heapwright.allocator.judge.constraints.protection import port_objections as ward_objections
from heapwright.allocator.judge.layout.families import opaque
from heapwright.allocator.judge.layout.pixels import modifier_named
from heapwright.allocator.judge.question.conversion_trees import (
    Node,
    Tree,
    nodes,
    shape_faults,
    tree_faults,
    trees,
)
from heapwright.allocator.judge.question.device_assignment import binding_of, seatings, unseated
from heapwright.allocator.judge.question.request import Asked, Party, Role, Seating, take_apart
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline, Wish

_SEATINGS = 256


def judge(
    platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, live: Sequence[Placement] = ()
) -> tuple[Fault, ...]:
    """Everything wrong with a plan; empty if it is fine."""
    return Judge(platform).case(pipelines, live).judge(plan)


class Judge:
    """One platform, ready to judge."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        present = present_heaps(platform)
        rivals = disputed(platform, present)
        self.heaps = {name: replace(heap, disputed=rivals.get(name)) for name, heap in present.items()}
        self.devices = {name: device_facts(name, device) for name, device in platform.devices.items()}
        locked = {heap.facts.locks.from_ for heap in self.heaps.values() if heap.facts.locks is not None}
        own = [heap.memories for heap in self.heaps.values() if heap.memories is not None]
        self.named = frozenset(locked).union(*own)
        """Memories that are some heap's own."""
        self.ground = Ground(platform, self.named)
        sets = {frozenset([memory]) for memory in locked}.union(own)
        self.pools = pools(self.ground, frozenset(sets))
        self.room = Room(platform, self.ground, self.heaps, self.pools)
        self.reach = Reach(self.ground, platform)
        self.ports = Ports()

    def case(self, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()) -> Case:
        return Case(self, pipelines, live)

    def residence(self, heap_name: str, devices: Sequence[DeviceFacts]) -> Residence:
        """Where a buffer of a heap ends up when these devices attach."""
        heap = self.heaps[heap_name]
        target = self.heaps.get(heap.facts.moves_to or "")
        if target is not None and not all(uses(self.ground, device, heap.memories) for device in devices):
            return Residence(heap, target)
        return Residence(heap, heap)


class Case:
    """One question on one platform."""

    def __init__(self, judge: Judge, pipelines: Sequence[Pipeline], live: Sequence[Placement] = ()) -> None:
        self.of = judge
        self.pipelines = pipelines
        self.asked = take_apart(pipelines)
        self.by_key = {asked.key: asked for asked in self.asked}
        self.live = [self._live_charge(placement) for placement in live]
        self.loads = standing_loads(live)
        """What goes through edges already."""

    def judge(self, plan: Plan) -> tuple[Fault, ...]:
        """Everything wrong with a plan; empty if it is fine."""
        faults = list(self.paper_faults(plan))
        if faults:
            return tuple(faults)
        grown = trees(self.asked, plan)
        faults = [fault for tree in grown for fault in shape_faults(self.of.platform, tree)]
        if faults:
            return tuple(faults)
        faults = [*self.converted(grown), *level_faults(self.of.platform, grown, plan)]
        first: tuple[Fault, ...] | None = None
        for seats in islice(seatings(self.of.platform, grown), _SEATINGS):
            found = self.judge_seated(grown, seats)
            if not found and not faults:
                return ()
            first = first or found
        if first is None:
            faults += unseated(self.of.platform, grown)
        return (*faults, *(first or ()))

    def judge_seated(self, grown: Sequence[Tree], seats: Sequence[Seating]) -> tuple[Fault, ...]:
        """Judge placements, in the order of the question, with everybody in a given place."""
        faults = self.shared_roles(binding_of(self.asked, seats))
        charges = []
        for node in self.nodes(grown, seats):
            found, charge = self.alone(*node)
            faults += found
            if charge is not None:
                charges.append(charge)
        return tuple(faults) + tuple(self.together(charges))

    def nodes(self, grown: Sequence[Tree], seats: Sequence[Seating]) -> list[Node]:
        """Every placement as a question of its own, its protection known."""
        found = []
        protection = wards(self.asked, seats, self.of.devices)
        for tree, seating, ward in zip(grown, seats, protection, strict=True):
            warded = tree._replace(asked=replace(tree.asked, ward=ward))
            found += nodes(self.of.platform, warded, seating)
        return found

    def lawful_seatings(self, grown: Sequence[Tree]) -> list[tuple[Seating, ...]]:
        """The ways to seat everybody under which placements are lawful; all of them where none is."""
        ways = list(islice(seatings(self.of.platform, grown), _SEATINGS))
        if len(ways) == 1:
            return ways
        return [each for each in ways if not self.judge_seated(grown, each)] or ways

    def converted(self, grown: Sequence[Tree]) -> list[Fault]:
        """What is wrong with the conversions, whoever sits where."""
        platform = self.of.platform
        faults = [fault for tree in grown for fault in conversion_faults(platform, tree)]
        faults += [fault for tree in grown for fault in edge_faults(tree)]
        return [*faults, *throughput_faults(platform, grown, self.loads)]

    def together(self, charges: Sequence[Charge]) -> Iterator[Fault]:
        """What placements that are lawful one by one cannot share, live ones included."""
        return self.of.room.faults([*self.live, *charges])

    def paper_faults(self, plan: Plan) -> Iterator[Fault]:
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

    def shared_roles(self, binding: Mapping[Role, str]) -> list[Fault]:
        """Different labels of one kind in a file must be different devices."""
        player: dict[tuple[int, str, str], str | None] = {}
        faults = []
        for role, device in binding.items():
            label = player.setdefault((role.file, role.kind, device), role.label)
            if label != role.label:
                text = f"plays both {role.kind}#{label or ''} and {role}"
                faults.append(absent("device-binding", text).against("", device))
        return faults

    def touches(self, asked: Asked, seating: Seating) -> tuple[list[Touch], list[Fault]]:
        """The ports that attach, or which of them the board lacks."""
        touches: list[Touch] = []
        faults: list[Fault] = []
        for party, name in zip(asked.seated(seating), seating.devices, strict=True):
            device = self.of.devices[name]
            port = device.facts.ports.get(party.port)
            if port is None:
                faults.append(absent("missing-device", f"has no port {party.port}").against(asked.name, name))
                continue
            if party.connector is not None and party.connector not in device.facts.connectors:
                text = f"has no connector {party.connector}"
                faults.append(absent("missing-device", text).against(asked.name, name))
            if device.facts.codecs is not None and not party.codecs <= set(device.facts.codecs):
                text = f"does not know all of {', '.join(sorted(party.codecs))}"
                faults.append(absent("missing-device", text).against(asked.name, name))
            touches.append(Touch(device, party.port, port, party.rarely))
        return touches, faults

    def alone(
        self, asked: Asked, placement: Placement, seating: Seating
    ) -> tuple[list[Fault], Charge | None]:
        """Judge one placement as if it were the only one, and say what it takes."""
        touches, faults = self.touches(asked, seating)
        if faults:
            return faults, None
        faults += self.wish_faults(asked, placement)
        faults += self.count_faults(asked, placement.count, touches)
        faults += pace_faults(placement, touches)
        parties = asked.seated(seating)
        verdict = self.layout_verdict(asked, placement, touches, parties)
        faults += verdict.faults
        if not placement.sizes:
            return [*faults, refused("plane-buffers", "no sizes").against(asked.name, "")], None
        found, charge = self.heap_verdict(asked, placement, touches, parties, verdict)
        return faults + found, charge

    def wish_faults(self, asked: Asked, placement: Placement) -> Iterator[Fault]:
        """Where a placement is not what the pipeline asked for."""
        buffer, name = asked.buffer, asked.name
        dmabufs = (buffer.dmabufs,) if isinstance(buffer.dmabufs, int) else buffer.dmabufs
        if (placement.width, placement.height) != asked.extent:
            yield refused("extent", f"{placement.width}x{placement.height}, not {asked.extent}").against(
                name, ""
            )
        if buffer.formats is not None and placement.format not in buffer.formats:
            yield refused("format", f"{placement.format} was not asked for").against(name, "")
        if buffer.modifiers is not None and not names(buffer.modifiers, placement.modifier or ""):
            yield refused("modifier", f"{placement.modifier} was not asked for").against(name, "")
        if buffer.colours is not None and placement.colour not in buffer.colours:
            yield refused("colour-space", f"{placement.colour} was not asked for").against(name, "")
        if dmabufs is not None and len(placement.sizes) not in dmabufs:
            yield refused("plane-buffers", f"{len(placement.sizes)} dma-bufs were not asked for").against(
                name, ""
            )
        value = modifier_named(placement.modifier).value if placement.modifier is not None else None
        if placement.modifier_value != (None if value is None else f"{value:#x}"):
            yield refused("modifier", f"{placement.modifier} is not {placement.modifier_value}").against(
                name, ""
            )
        if placement.rate != buffer.rate:
            yield seen("rate", f"{placement.rate} frames/s, not {buffer.rate}").against(name, "")

    def count_faults(self, asked: Asked, count: int, touches: Sequence[Touch]) -> Iterator[Fault]:
        ports = [touch.port for touch in touches]
        needed = sum(port.holds + port.slack for port in ports)
        needed = max([needed, *(port.count.min or 1 for port in ports)])
        most = min((port.count.max for port in ports if port.count.max is not None), default=None)
        stated = asked.buffer.count
        if isinstance(stated, Wish):
            lawful = max(needed, stated.min) <= count <= max(needed, stated.wish)
        else:
            lawful = count == (needed if stated is None else stated) >= needed
        if not lawful or (most is not None and count > most):
            limit = "" if most is None else f", there are at most {most}"
            wanted = "" if stated is None else f", {_wanted(stated)} asked for"
            text = f"{count} buffers; {needed} are held at once{limit}{wanted}"
            yield refused("count", text).against(asked.name, "")

    def layout_verdict(
        self, asked: Asked, placement: Placement, touches: Sequence[Touch], parties: Sequence[Party]
    ) -> Verdict:
        """Whether every port can use the bytes as they lie, and takes what it is said to take."""
        verdict = self._as_it_lies(asked, placement, touches, parties)
        ways = told(placement, touches, verdict.ways)
        faults = verdict.faults
        if verdict.ways and not ways:
            faults += (seen("uses", "no choice of rules uses what is said").against(asked.name, ""),)
        return Verdict(faults, ways)

    def _as_it_lies(
        self, asked: Asked, placement: Placement, touches: Sequence[Touch], parties: Sequence[Party]
    ) -> Verdict:
        is_image = asked.buffer.bytes is None and placement.modifier is not None
        exact = not (is_image and opaque(modifier_named(placement.modifier or "")))
        faults = [
            refused("extent", f"buffers of {size} bytes; {touch.port.bytes} holds").against(
                asked.name, touch.device.name
            )
            for touch in touches
            for size in placement.sizes
            if (exact and size % (known(touch.port.bytes.multiple) or 1))
            or ((most := known(touch.port.bytes.max)) is not None and size > most)
        ]
        if not exact:  # only the exporter knows the size: it is at least this
            verdict = self.of.ports.judge_opaque(placement, touches, parties)
            return Verdict((*faults, *verdict.faults), verdict.ways)
        if asked.buffer.bytes is not None:
            faults += self._raw_faults(asked, placement)
            return Verdict(tuple(faults), (tuple(uses_of(touch, None) for touch in touches),))
        layout = layout_of(placement)
        if not isinstance(layout, Layout):
            return Verdict((*faults, layout.against(asked.name, "")), ())
        verdict = self.of.ports.judge(placement, layout, touches, parties)
        return Verdict((*faults, *verdict.faults), verdict.ways)

    def _raw_faults(self, asked: Asked, placement: Placement) -> Iterator[Fault]:
        wanted = asked.buffer.bytes or 0
        if placement.format is not None or placement.modifier is not None:
            yield refused("format", "raw data has no format").against(asked.name, "")
        planes = [(plane.offset, plane.stride, plane.size, plane.dmabuf) for plane in placement.planes]
        if planes != [(0, 0, wanted, 0)] or len(placement.sizes) != 1:
            yield refused("plane-buffers", f"raw data of {wanted} bytes lies as {planes}").against(
                asked.name, ""
            )
        elif placement.sizes != (placement.size,) or placement.size < wanted:
            yield refused("minimum-size", f"{placement.size} bytes for {wanted}").against(asked.name, "")
        if (placement.coded_width, placement.coded_height) != (0, 0):
            yield refused("coded-size", "raw data has no coded size").against(asked.name, "")

    def heap_verdict(
        self,
        asked: Asked,
        placement: Placement,
        touches: Sequence[Touch],
        parties: Sequence[Party],
        verdict: Verdict,
    ) -> tuple[list[Fault], Charge | None]:
        """Whether the heap can make such buffers and everybody can use them there."""
        name, heap = asked.name, self.of.heaps.get(placement.heap)
        if heap is None:
            return [
                no_node("heap-limits", f"no heap {placement.heap} on this kernel").against(name, "")
            ], None
        faults = [each.against(name, "") for each in heap_objections(asked, heap)]
        if placement.modifier is not None and opaque(modifier_named(placement.modifier)):
            faults += [each.against(name, "") for each in exporter_objections(heap)]
        if placement.names != heap.facts.names:
            faults.append(no_node("heap-limits", f"{heap.name} is not {placement.names}").against(name, ""))
        largest = known(heap.facts.largest) or 1 << 64
        faults += [
            no_room("heap-limits", f"{heap.whole(size)} bytes; {heap.name} makes {largest}").against(name, "")
            for size in placement.sizes
            if heap.whole(size) > largest
        ]
        where = self.of.residence(heap.name, [touch.device for touch in touches])
        if placement.allocated != (taken := sum(where.home.slot(size) for size in placement.sizes)):
            text = f"{where.home.name} takes {taken} bytes for it, not {placement.allocated}"
            faults.append(seen("allocated", text).against(name, ""))
        faults += self._attach_faults(asked, placement, touches, where)
        faults += audience_faults(asked, where, self.of.devices, touches, parties)
        charge = self.of.room.charge(
            name,
            where,
            placement.sizes,
            placement.count,
            asked.buffer.rate,
            touches,
            verdict.uses(touches),
        )
        return faults, charge

    def _attach_faults(
        self, asked: Asked, placement: Placement, touches: Sequence[Touch], where: Residence
    ) -> Iterator[Fault]:
        attached: set[str] = set()
        for touch in touches:
            device, reach = touch.device, self.of.reach
            if device.name in attached and device.facts.once:
                yield refused("attach-once", "attaches a buffer only once").against(asked.name, device.name)
            attached.add(device.name)
            for each in reach.objections(device, where):
                yield each.against(asked.name, device.name)
            own = where.heap.facts.exporter == device.name
            for each in port_objections(self.of.ground, touch.port, where, own=own):
                yield each.against(asked.name, device.name)
            for each in (*ward_objections(asked, touch), *moved_objections(asked, where, device)):
                yield each.against(asked.name, device.name)
            for size in placement.sizes:
                for each in reach.contiguity(device, where, size):
                    yield each.against(asked.name, device.name)
                for each in reach.paged(device, where, size):
                    yield each.against(asked.name, device.name)
                for each in reach.base_objections(device, touch.port, where, size):
                    yield each.against(asked.name, device.name)

    def _live_charge(self, placement: Placement) -> Charge:
        """What a buffer that exists already takes; it was judged when it was made."""
        touches = []
        for attached in placement.attachments:
            device = self.of.devices[attached.device]
            rarely = attached.how_often == "rarely"
            touches.append(Touch(device, attached.port, device.facts.ports[attached.port], rarely))
        where = self.of.residence(placement.heap, [touch.device for touch in touches])
        charge = self.of.room.charge(
            placement.buffer,
            where,
            placement.sizes,
            placement.count,
            placement.rate,
            touches,
            standing_uses(placement, touches),
        )
        return charge._replace(standing=True)


def _wanted(stated: Wish | int) -> str:
    """How many buffers a pipeline asks for, in words."""
    return f"{stated.min} to {stated.wish} are" if isinstance(stated, Wish) else f"{stated} are"
