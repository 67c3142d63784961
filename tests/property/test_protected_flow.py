"""Protected content through stages and alternatives: the solver against brute force.

Small boards and files by chance (`protected_flow_questions`): alternatives, devices that declassify, ports that
require or refuse, marks of every sort, ranges that heaps share.
"""

from __future__ import annotations

from collections import Counter

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible
from heapwright.solver.candidates.live import existing_usage
from heapwright.solver.explain.conflict import Prover
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.pipeline import Audience
from heapwright.solver.question.resolve import Problem
from tests.answered import answered
from tests.builders import board, buffer, changed, device, heap, pipeline, port
from tests.property.firewall_ranges import stands
from tests.property.protected_flow_questions import DEVICES, PORTS, READERS, WRITERS, Draw
from tests.property.test_oracle import compared

BATCH = 50
BATCHES = 8


def disagreements(first: int) -> list[str]:
    found = []
    for seed in range(first, first + BATCH):
        draw = Draw(seed)
        text = compared(f"seed {seed}", draw.platform(), [draw.question()], ())
        found += [text] if text is not None else []
    return found


@pytest.mark.parametrize("batch", range(BATCHES))
def test_protected_content_flows_as_brute_force_finds_it(batch: int) -> None:
    assert disagreements(batch * BATCH) == []


def test_the_draw_is_no_foregone_conclusion() -> None:
    """Two in five have a plan at least; so have files with two marks, and boards whose heaps share a guarded range."""
    number, planned = 200, Counter[str]()
    for seed in range(number):
        draw = Draw(seed)
        platform, question = draw.platform(), draw.question()
        if answered(platform, [question]) is None:
            continue
        marks = [each.protected for each in question.buffers.values() if each.protected]
        audiences = [each for each in marks if isinstance(each, Audience)]
        planned["all"] += 1
        planned["two marks"] += len(marks) > 1
        planned["two audiences"] += len(audiences) > 1
        planned["an audience beside a mark of none"] += 0 < len(audiences) < len(marks)
        planned["a shared range"] += any(
            each.access and not stands(platform, name) for name, each in platform.heaps.items()
        )
    assert 0.4 * number <= planned.pop("all") <= 0.7 * number
    assert len(planned) == 4
    assert min(planned.values()) >= 0.05 * number, planned


def cinema() -> Platform:
    """Everybody stands inside one firewall, but panel and encoder take nothing protected."""
    devices = {
        name: device(
            kind,
            **{
                way: port(protected="refused" if name in ("panel", "encoder") else "allowed")
                for way in PORTS[kind]
            },
        )
        for name, kind in DEVICES.items()
    }
    walled = heap("tz", cpu="none", access=[*devices, "camera"])
    return board(heaps={"plain": heap("dram"), "tz": walled}, devices=devices)


def test_a_conflict_names_the_flow_it_rests_on_and_no_other() -> None:
    """Dropping any fact of a conflict makes a plan; and where other devices declassify, it still clashes."""
    flows = 0
    for seed in range(120):
        draw = Draw(seed)
        film = buffer(written_by="video-decoder.frame", read_by=draw.use(READERS[:2]), protected=True)
        others = {
            f"b{number}": buffer(written_by=draw.party(WRITERS), read_by=draw.party(READERS))
            for number in range(draw.random.choice([1, 2, 3]))
        }
        platform, question = cinema(), pipeline(film=film, **others)
        answer = solve(platform, [question])
        if not isinstance(answer, Infeasible):
            continue
        conflict = [Fact(reason.kind, reason.subject) for reason in answer.conflict]
        problem = Problem(platform, [question])
        prover = Prover(problem, existing_usage(problem.board, ()))
        told = prover.sets.of(conflict)
        assert prover.clash(told), seed
        for fact in conflict:
            assert not prover.clash(told & ~prover.sets.of([fact])), (seed, fact)
        carriers = {fact.subject.partition("→")[2] for fact in conflict if fact.kind == "protected-flow"}
        flows += bool(carriers)
        assert answered(_declassifying(platform, carriers), [question]) is None, seed
    assert flows >= 20


def _declassifying(platform: Platform, carriers: set[str]) -> Platform:
    """The same board, where what anybody but the carriers writes is plain."""
    for name, spec in platform.devices.items():
        for way in spec.ports if name not in carriers else ():
            if way in ("render", "target"):
                platform = changed(platform, f"devices.{name}.ports.{way}.declassifies", True)
    return platform
