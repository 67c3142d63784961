"""Small random questions of two files that want the same few resources, bytes a second and edges.

Each file has a buffer of its own, so that the first can be there when the second is asked.
"""

from __future__ import annotations

from random import Random
from typing import Final

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.property import conversion_questions, drawn_facts
from tests.property.drafts import SOURCE, Draft
from tests.property.strategies import DrawnFact, Instance


def turned(draft: Draft) -> None:
    """Those who turn the picture use more than others."""
    draft.resources["r"] = draft.pick(1, 2, 2, 3, 4)
    for _ in range(draft.pick(1, 1, 2)):
        port = draft.port()
        upright = [{**rule, "when": {"rotate": [0, 180]}, "uses": {"r": 1}} for rule in port["images"]]
        turned = [{**rule, "when": {"rotate": [90, 270]}, "uses": {"r": 2}} for rule in port["images"]]
        port["images"] = draft.pick([*upright, *turned], [*turned, *upright], [*turned, *port["images"]])
    for _ in range(draft.pick(0, 1, 2)):
        draft.use()["rotate"] = 90


def either(draft: Draft) -> None:
    """A port has two ways to take an image, each with a resource of its own."""
    draft.resources.update(r=draft.pick(1, 2, 3), s=draft.pick(1, 2, 3))
    port = draft.port()
    port["images"] = [{**rule, "uses": {name: 1}} for rule in port["images"] for name in ("r", "s")]
    if draft.chance(3):
        port["uses"] = {"r": 1}


def rarely(draft: Draft) -> None:
    """Bandwidth of which those who touch a buffer rarely need little."""
    for memory in draft.memory.values():
        memory["bandwidth"] = {"peak": draft.pick(300, 1000, 5000, 10000, 20000), "source": SOURCE}
    for file in draft.files:
        for buffer in file.values():
            for use in [*buffer["written_by"], *buffer["read_by"]]:
                if not draft.chance(3):
                    use["how_often"] = "rarely"


def converted(draft: Draft) -> None:
    """Both files need the same converter, which gets through only so much."""
    conversion_questions.disagree(draft)
    conversion_questions.converters(draft)
    for device in draft.devices.values():
        for edge in device.get("converts", ()):
            edge["throughput"] = draft.pick(1000, 2000, 5000, 10000, 20000)
            edge["may_change"] = sorted({*edge["may_change"], "stride", "format", "memory"})
        if device.get("converts") and draft.chance(3):
            device["converts"].append({**device["converts"][0], "throughput": draft.pick(500, 5000)})


_DRAWN_FACTS: Final[tuple[DrawnFact, ...]] = (
    turned,
    either,
    rarely,
    converted,
    drawn_facts.resource,
    drawn_facts.how_many,
)


def question(seed: int) -> Instance:
    """Two files that have to share; a pure function of the seed."""
    draft = Draft(Random(seed))
    _two_files(draft)
    applied = draft.random.sample(_DRAWN_FACTS, draft.pick(1, 2, 2, 3))
    if draft.chance(3) and converted not in applied:
        applied.append(converted)
    if converted in applied:  # with more than one other, brute force may take minutes
        applied = [converted, *[fact for fact in applied if fact is not converted][:1]]
    applied.sort(key=_DRAWN_FACTS.index, reverse=True)  # rules are split last
    for fact in applied:
        fact(draft)
    data = draft.data()
    for file in data["pipelines"]:
        file["conversions"] = "allow" if converted in applied else "forbid"
    platform = Platform.model_validate(data["platform"])
    pipelines = tuple(Pipeline.model_validate(each) for each in data["pipelines"])
    return Instance(platform, pipelines, tuple(fact.__name__ for fact in applied), data)


def _two_files(draft: Draft) -> None:
    """One buffer in each, with few readers; often the same question twice."""
    buffers = [buffer for file in draft.files for buffer in file.values()]
    other = buffers[-1] if draft.chance(2) else buffers[0]
    draft.files = []
    for name, buffer in (("b0", buffers[0]), ("b1", other)):
        parties = {key: [dict(use) for use in buffer[key]] for key in ("written_by", "read_by")}
        parties["read_by"] = parties["read_by"][: draft.pick(1, 1, 2)]
        draft.files.append({name: {**buffer, **parties}})
