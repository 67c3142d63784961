"""Where protected content goes in a plan, walked without any of the machinery that made or judged it.

From every buffer that a file calls protected the walk follows conversions and
stages to whatever they write; each placement it comes to must lie behind a
firewall, and nobody but those inside may touch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platforms.schema import Platform
from platforms.words import Access
from solver.pipeline import AnyOf, Audience, Buffer, Pipeline, Selector, attachment
from solver.plan import Placement, Plan

Job = tuple[str, str | None, str | None, str | None]
"""A stage: device, label, connector, name."""


def leaks(platform: Platform, pipelines: Sequence[Pipeline], plan: Plan) -> list[str]:
    """Everything that lets protected content out."""
    return [
        leak
        for file in pipelines
        for placement in _reached(platform, file, plan)
        for leak in _holes(platform, file, placement)
    ]


def _reached(platform: Platform, file: Pipeline, plan: Plan) -> list[Placement]:
    """Every placement of a file that protected content flows into."""
    mine = {each.buffer: each for each in plan.placements if each.pipeline == file.name}
    steps = [each for each in plan.conversions if each.pipeline == file.name]
    reached: dict[str, Placement] = {}
    work = [name for name, buffer in file.buffers.items() if buffer.protected]
    while work:
        name = work.pop()
        if name in reached:
            continue
        reached[name] = mine[name]
        work += [step.writes for step in steps if step.reads == name]
        jobs = set(_jobs(platform, file.buffers[_root(name)], mine[name], "read"))
        for other, buffer in file.buffers.items():
            if jobs & set(_jobs(platform, buffer, mine[other], "write")):
                work.append(other)
    return list(reached.values())


def _root(name: str) -> str:
    return name.partition(">")[0]


def _jobs(platform: Platform, buffer: Buffer, placement: Placement, access: Access) -> Iterator[Job]:
    """The stages that may be those attached; one that ends protection by its port writes nothing that counts."""
    for party in buffer.read_by if access == "read" else buffer.written_by:
        for use in party.any_of if isinstance(party, AnyOf) else (party,):
            selector = attachment(use, access).selector
            for attached in placement.attachments:
                device = platform.devices[attached.device]
                if (device.kind, attached.port, attached.access) != (selector.kind, selector.port, access):
                    continue
                if access == "read" or not device.ports[attached.port].declassifies:
                    yield (attached.device, selector.label, selector.connector, selector.stage)


def _holes(platform: Platform, file: Pipeline, placement: Placement) -> Iterator[str]:
    heap, name = platform.heaps[placement.heap], f"{file.name}/{placement.buffer}"
    if not isinstance(heap.access, tuple) or heap.cpu != "none":
        yield f"{name} lies in {placement.heap}, which is open"
        return
    for attached in placement.attachments:
        if attached.device not in heap.access:
            yield f"{name} is touched by {attached.device}, a stranger to {placement.heap}"
        if platform.devices[attached.device].ports[attached.port].protected not in ("allowed", "required"):
            yield f"{name} is touched by {attached.device}.{attached.port}, which is not to be trusted"
    stated = file.buffers[_root(placement.buffer)].protected
    if isinstance(stated, Audience):
        let_in = (
            [attached.device for attached in placement.attachments]
            if heap.firewall == "per-buffer"
            else heap.access
        )
        yield from (
            f"{name} is shown to {device}"
            for device in let_in
            if not _named(platform.devices[device].kind, stated.audience)
        )


def _named(kind: str, audience: Sequence[Selector]) -> bool:
    return any(selector.kind == kind for selector in audience)
