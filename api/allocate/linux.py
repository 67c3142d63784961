"""Carrying out a plan on the running machine; what the kernel refuses becomes a fact, and the question is solved again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from heapwright.allocator.backend import AllocatedBuffer, AllocationFailed
from heapwright.allocator.execute import Allocation, execute
from heapwright.allocator.linux.backend import LinuxBackend
from heapwright.allocator.linux.dmabuf import OwnedDmabuf
from heapwright.api.allocate.nogoods import MOST, Nogood, corrected, nogood
from heapwright.platforms.errors import InputError
from heapwright.platforms.values import in_units
from heapwright.solver.answer.plan import Plan
from heapwright.solver.answer.render import Heading, Labelled, Notes, TextBlock

if TYPE_CHECKING:
    from heapwright.platforms.schema import Platform
    from heapwright.solver.answer.plan import Answer
    from heapwright.solver.question.pipeline import Pipeline

Again = Callable[["Platform"], "Answer"]
"""Solves the same question on a corrected profile."""


class LinuxOutcome(NamedTuple):
    """The plan that was carried out, or the last that could not be; and the nogoods found on the way."""

    plan: Plan
    allocation: Allocation | None
    faults: tuple[str, ...]
    nogoods: tuple[Nogood, ...]

    def report(self) -> tuple[dict[str, Any], tuple[TextBlock, ...]]:
        """As JSON data, whose `faults` say what failed, and for people."""
        return _data(self), _blocks(self)


def carried_out(platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, again: Again) -> LinuxOutcome:
    """Make every buffer and attach it everywhere; what is refused corrects the profile, a few times at most."""
    nogoods: list[Nogood] = []
    while True:
        backend = LinuxBackend(platform)
        try:
            allocation = execute(platform, pipelines, plan, backend)
        except AllocationFailed as failed:
            found = nogood(platform, failed)
            if found is None:
                return LinuxOutcome(plan, None, (str(failed),), tuple(nogoods))
            nogoods.append(found)
            if len(nogoods) > MOST:
                why = f"{MOST} plans were tried after the first, and each was refused"
                return LinuxOutcome(plan, None, (str(failed), why), tuple(nogoods))
            platform = corrected(platform, found)
            answer = _solved(again, platform)
            if not isinstance(answer, Plan):
                return LinuxOutcome(plan, None, (str(failed), *answer), tuple(nogoods))
            plan = answer
        else:
            backend.detach()  # whoever is to use the buffers imports them: a queue serves one open file
            return LinuxOutcome(plan, allocation, (), tuple(nogoods))


def _solved(again: Again, platform: Platform) -> Plan | tuple[str, ...]:
    """The next plan, or why none is left."""
    try:
        answer = again(platform)
    except InputError as pinned:  # a pin names the heap that is not there
        return tuple(f"no plan is left: {problem}" for problem in pinned.problems)
    if isinstance(answer, Plan):
        return answer
    if answer.status == "undecided":
        return (f"no plan is left: {answer.text}",)
    return tuple(f"no plan is left: {reason.text}" for reason in answer.conflict)


def _data(outcome: LinuxOutcome) -> dict[str, Any]:
    buffers = outcome.allocation.buffers if outcome.allocation is not None else []
    return {
        "backend": "linux",
        "process": os.getpid(),
        "buffers": [_buffer(each) for each in buffers],
        "disagreements": [each.data() for each in outcome.nogoods],
        "faults": list(outcome.faults),
    }


def _buffer(buffer: AllocatedBuffer) -> dict[str, Any]:
    return {
        "pipeline": buffer.placement.pipeline,
        "buffer": buffer.placement.buffer,
        "heap": buffer.placement.heap,
        "dmabufs": [
            {"size": each.size, "fd": each.fd, "inode": each.inode, "name": each.name}
            for each in buffer.dmabufs
            if isinstance(each, OwnedDmabuf)
        ],
    }


def _blocks(outcome: LinuxOutcome) -> tuple[TextBlock, ...]:
    nogoods = tuple(Labelled(each.buffer, str(each)) for each in outcome.nogoods)
    disagreed: tuple[TextBlock, ...] = (
        (Heading("Profile and kernel disagree", 2, "bad"), Notes(nogoods)) if nogoods else ()
    )
    if outcome.allocation is None:
        faults = Notes(tuple(Labelled("", fault) for fault in outcome.faults))
        return (*disagreed, Heading("Allocation failed on this machine", 2, "bad"), faults)
    rows = []
    for buffer in outcome.allocation.buffers:
        for found in _buffer(buffer)["dmabufs"]:
            text = f"{in_units(found['size'])} from {buffer.placement.heap}"
            text += f": descriptor {found['fd']}, inode {found['inode']}"
            rows.append(Labelled(found["name"], text))
    return (*disagreed, Heading("Allocated on this machine", 2, "good"), Notes(tuple(rows)))
