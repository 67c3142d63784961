"""Where protected content goes in a plan, walked by docs/protected.md alone.

Neither the machinery that made plans nor that which judges them is used. An answer says which ports
attach, not which stage of a device each is, so every way to read it as the file's stages is walked:
one without a hole is enough. In each, content is followed from the buffers that a file marks through
stages to whatever they write; every placement that it comes to must lie behind a firewall that stands,
and nobody may see it but those whom all audiences on the way name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from heapwright.platforms.schema import Platform
from heapwright.platforms.words import Access
from heapwright.solver.answer.plan import Conversion, Placement, Plan
from heapwright.solver.question.pipeline import AnyOf, Audience, Pipeline, Selector, attachment_from
from tests.property.firewall_ranges import stands

Audiences = frozenset[tuple[Selector, ...]]


class Job(NamedTuple):
    """What one device does for one stage at one buffer."""

    selector: Selector
    device: str
    access: Access

    @property
    def stage(self) -> tuple[str, str | None, str | None, str | None]:
        each = self.selector
        return each.kind, each.label, None if each.label else each.connector, each.stage


Reading = dict[str, tuple[Job, ...]]
"""Who does what at each buffer of a file."""


class Seen(NamedTuple):
    """What a buffer holds."""

    audiences: Audiences
    wider: tuple[str, ...] = ()
    """Whom its file names for it although they may not see what it is made of."""


def leaks(platform: Platform, pipelines: Sequence[Pipeline], plan: Plan) -> list[str]:
    """Everything that lets protected content out, by the reading of the plan that lets out least."""
    found: list[str] = []
    for file in pipelines:
        if not any(buffer.protected for buffer in file.buffers.values()):
            continue
        worst: list[str] | None = [f"{file.name} has stages that nobody does"]
        for reading in _readings(platform, file, plan):
            holes = list(_holes(platform, file, plan, reading))
            if not holes:
                worst = None
                break
            worst = holes
        found += worst or []
    return found


def _readings(platform: Platform, file: Pipeline, plan: Plan) -> Iterator[Reading]:
    """Every way to say who of those attached does what the file asks for; one device for each selector."""
    names = list(file.buffers)
    for choice in product(*([*_cast(platform, file, plan, name)] for name in names)):
        player: dict[tuple[str, str | None, str | None], str] = {}
        label_of: dict[tuple[str, str], str | None] = {}
        lawful = True
        for job in (job for jobs in choice for job in jobs):
            kind, label, connector, _ = job.stage
            lawful &= player.setdefault((kind, label, connector), job.device) == job.device
            lawful &= label_of.setdefault((kind, job.device), label) == label
        if lawful:
            yield dict(zip(names, choice, strict=True))


def _cast(platform: Platform, file: Pipeline, plan: Plan, name: str) -> Iterator[tuple[Job, ...]]:
    """Every way in which one buffer's attachments can be those that the file asks for."""
    attached = Counter(
        (each.device, each.port, each.access) for p in _family(file, plan, name) for each in p.attachments
    )
    for step in _steps(file, plan, name):
        attached.subtract([(step.device, step.from_, "read"), (step.device, step.to, "write")])
    buffer = file.buffers[name]
    sides: tuple[tuple[Access, tuple[object, ...]], ...] = (
        ("write", buffer.written_by),
        ("read", buffer.read_by),
    )
    slots = []
    for access, parties in sides:
        for party in parties:
            uses = party.any_of if isinstance(party, AnyOf) else (party,)
            jobs = []
            for use in uses:
                selector = attachment_from(use, access).selector  # type: ignore[arg-type]
                jobs += [
                    Job(selector, device, access)
                    for device, spec in platform.devices.items()
                    if spec.kind == selector.kind
                    and attached[device, selector.port or "", access] > 0
                    and selector.connector in (None, *spec.connectors)
                ]
            slots.append(jobs)
    for choice in product(*slots):
        if Counter((job.device, job.selector.port or "", job.access) for job in choice) == +attached:
            yield choice


def _family(file: Pipeline, plan: Plan, name: str) -> list[Placement]:
    """The placements of a buffer: its own, and what conversions make of it."""
    return [
        each
        for each in plan.placements
        if each.pipeline == file.name and each.buffer.partition(">")[0] == name
    ]


def _steps(file: Pipeline, plan: Plan, name: str) -> list[Conversion]:
    return [each for each in plan.conversions if (each.pipeline, each.buffer) == (file.name, name)]


def _holes(platform: Platform, file: Pipeline, plan: Plan, reading: Reading) -> Iterator[str]:
    for name, seen in _followed(platform, file, reading).items():
        for stranger in seen.wider:
            yield f"{file.name}/{name} is stated for {stranger}, who may not see what it is made of"
        for placement in _family(file, plan, name):
            yield from _let_out(platform, placement, seen, reading[name])


def _followed(platform: Platform, file: Pipeline, reading: Reading) -> dict[str, Seen]:
    """What every buffer holds of protected content, once nothing flows any further."""
    own: dict[str, Audiences] = {
        name: frozenset([spec.protected.audience] if isinstance(spec.protected, Audience) else [])
        for name, spec in file.buffers.items()
        if spec.protected
    }
    held, before = dict(own), None
    incoming: dict[str, Audiences] = {}
    while held != before:
        before = dict(held)
        for name, other in product(file.buffers, repeat=2):
            if name in before and _flows(platform, reading[name], reading[other]):
                incoming[other] = incoming.get(other, frozenset()) | before[name]
                held[other] = own.get(other, frozenset()) | incoming[other]
    return {
        name: Seen(audiences, tuple(_wider(own.get(name, frozenset()), incoming.get(name, frozenset()))))
        for name, audiences in held.items()
    }


def _flows(platform: Platform, source: Sequence[Job], target: Sequence[Job]) -> bool:
    """Whether a stage that reads the one writes the other through a port that does not declassify."""
    readers = {job.stage for job in source if job.access == "read"}
    return any(
        job.access == "write"
        and job.stage in readers
        and not platform.devices[job.device].ports[job.selector.port or ""].declassifies
        for job in target
    )


def _wider(own: Audiences, incoming: Audiences) -> Iterator[str]:
    """Members of an audience of a buffer's own whom one that flows in does not name."""
    for member, audience in product((m for each in own for m in each), incoming):
        named = [each for each in audience if each.kind == member.kind]
        if not any(
            (each.connector is None or each.connector == member.connector)
            and (each.label is None or each.label == member.label)
            for each in named
        ):
            yield str(member)


def _let_out(platform: Platform, placement: Placement, seen: Seen, jobs: Sequence[Job]) -> Iterator[str]:
    """Who gets at one placement of protected content that should not."""
    name = f"{placement.pipeline}/{placement.buffer}"
    devices = {each.device for each in placement.attachments}
    for where in _homes(platform, placement):
        heap = platform.heaps[where]
        if not isinstance(heap.access, tuple) or heap.cpu != "none":
            yield f"{name} lies in {where}, which is open"
            continue
        if not stands(platform, where):
            yield f"{name} lies in {where}, whose memory others use otherwise"
        yield from (
            f"{name} is touched by {each}, a stranger to {where}" for each in devices - {*heap.access}
        )
        opened = devices if heap.firewall == "per-buffer" else {*heap.access}
        for device, audience in product(sorted(opened), seen.audiences):
            if not _named(platform, device, audience, jobs):
                yield f"{name} is shown to {device} by {where}"
    for each in placement.attachments:
        if platform.devices[each.device].ports[each.port].protected not in ("allowed", "required"):
            yield f"{name} is touched by {each.device}.{each.port}, which is not to be trusted"


def _homes(platform: Platform, placement: Placement) -> list[str]:
    """The heap, and the one to which an importer that cannot reach its memory moves the buffer."""
    heap = platform.heaps[placement.heap]
    if heap.moves_to is None or isinstance(heap.memory, str):
        return [placement.heap]
    for each in placement.attachments:
        device = platform.devices[each.device]
        if device.kind == "cpu" or device.by_cpu:
            continue
        for memory in heap.memory:
            local, peers = (_inherited(platform, memory, field) for field in ("local", "reached_by"))
            peer = device.dma.p2p in ("static", "dynamic") and each.device in peers
            if local and each.device not in local and not peer:
                return [placement.heap, heap.moves_to]
    return [placement.heap]


def _inherited(platform: Platform, memory: str, field: str) -> tuple[str, ...]:
    name: str | None = memory
    while name is not None:
        stated = getattr(platform.memory[name], field)
        if stated and stated != "unknown":
            return (stated,) if isinstance(stated, str) else tuple(stated)
        name = platform.memory[name].inside
    return ()


def _named(platform: Platform, device: str, audience: Sequence[Selector], jobs: Sequence[Job]) -> bool:
    """Whether an audience names a device: its kind, at its connector, by the label that it plays here."""
    spec = platform.devices[device]
    labels = {job.selector.label for job in jobs if job.device == device}
    return any(
        each.kind == spec.kind
        and (each.connector is None or each.connector in spec.connectors)
        and (each.label is None or each.label in labels)
        for each in audience
    )
