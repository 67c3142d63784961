"""Examples in docstrings: a board, a question, and the one fact that decides, for people and for tests.

    Example:
        devices.panel.dma: {bits: 32}
        buffers.frame.size: 32x64  # 8 KiB
        heaps.system.run: {violates: 4KiB, passes: 8KiB}

Paths, words and units are those of profiles and pipelines. What an example leaves out is as
`tests.builders` has it: a camera writes `frame`, an image of 16x16, and a panel scans it out; both
take XR24 LINEAR, have an MMU and see 64 bits; the one heap `system` hands out whole runs of `dram`.
Where a fact of one kind never binds alone, `clashes_with` names the kinds of the others. In the
Example of a cost term each value stands behind what it costs.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import Json, board, buffer, device, heap, image, iommu, memory, pipeline, port

_BENCH: Final[Json] = {
    "memory": {"dram": {}},
    "iommus": {},
    "heaps": {"system": {}},
    "devices": {
        "camera": {"kind": "camera", "ports": {"capture": {}}},
        "panel": {"kind": "display", "ports": {"scanout": {}}},
    },
    "resources": {},
    "buffers": {"frame": {}},
}
_STEP: Final = re.compile(r"[^.\[\]]+")


class Question(NamedTuple):
    """What an example states, on a board and in a pipeline."""

    platform: Platform
    pipeline: Pipeline


class Example(NamedTuple):
    """What both cases state, the path of the fact that decides, and its value in each case."""

    facts: Mapping[str, Any]
    path: str
    values: Mapping[Any, Any]
    clashes_with: frozenset[str]

    def question(self, value: Any) -> Question:
        whole = deepcopy(_BENCH)
        for path, each in [*self.facts.items(), (self.path, value)]:
            _put(whole, path, each)
        assert whole.keys() == _BENCH.keys(), "an example states facts of a profile and a pipeline"
        return Question(_platform(whole), pipeline(**_built(whole["buffers"], buffer)))

    def without_one(self) -> Iterator[Example]:
        """The same with one of its facts less, but for those of which others are stated."""
        for path in self.facts:
            if not any(other.startswith(f"{path}.") for other in [*self.facts, self.path]):
                yield self._replace(facts={each: value for each, value in self.facts.items() if each != path})


def stated_in(module: Path) -> Json:
    """What the `Example:` at the end of a module's docstring states."""
    text = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    _, found, told = text.partition("\nExample:\n")
    assert found, f"{module.name} has no Example"
    stated: Json = YAML(typ="safe").load(inspect.cleandoc(told))
    return stated


def example(module: Path) -> Example:
    """The Example of a kind or a cost term; its last path decides."""
    stated = stated_in(module)
    others = stated.pop("clashes_with", [])
    path, values = stated.popitem()
    return Example(stated, path, values, frozenset(others))


def _put(whole: Any, path: str, value: Any) -> None:
    steps = [int(step) if step.isdigit() else step for step in _STEP.findall(path)]
    for step, after in pairwise(steps):
        if not isinstance(step, int):
            whole.setdefault(step, [{}] if isinstance(after, int) else {})
        whole = whole[step]
    whole[steps[-1]] = deepcopy(value)


def _platform(whole: Json) -> Platform:
    return board(
        memory=_built(whole["memory"], memory),
        iommus=_built(whole["iommus"], iommu),
        heaps=_built(whole["heaps"], _heap),
        devices=_built(whole["devices"], _device),
        resources=whole["resources"],
    )


def _built(section: Mapping[str, Json], build: Any) -> Json:
    return {name: build(**facts) for name, facts in section.items()}


def _heap(**facts: Any) -> Json:
    return heap(*facts.pop("memory", ["dram"]), **facts)


def _device(kind: str, ports: Mapping[str, Json], **facts: Any) -> Json:
    return device(kind, **facts, **_built(ports, _port))


def _port(images: tuple[Json, ...] = ({},), **facts: Any) -> Json:
    return {**port(**facts), "images": [{**image(), **rule} for rule in images]}
