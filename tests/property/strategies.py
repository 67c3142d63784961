"""Small random questions with a spread over every constraint kind.

An instance starts out easy (everybody takes everything) and gets a handful of
facts more, each with a number that lies near where it binds. Extents
and pages are tiny, so that strides, slots and apertures are small numbers and
brute force stays cheap. `instance(seed)` is a pure function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.property import drawn_facts, drawn_layout_facts
from tests.property.drafts import Draft, Json

DrawnFact = Callable[[Draft], None]


class Instance(NamedTuple):
    """A question small enough for brute force, also as plain data for a report."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    facts: tuple[str, ...]
    data: Json


DRAWN_FACTS: Final[tuple[tuple[DrawnFact, int], ...]] = (
    (drawn_facts.bits, 1),
    (drawn_facts.iommu, 4),
    (drawn_facts.own_aperture, 3),
    (drawn_facts.bus_window, 1),
    (drawn_facts.linear, 2),
    (drawn_facts.local_memory, 2),
    (drawn_facts.port_memory, 1),
    (drawn_facts.pinnable, 1),
    (drawn_facts.imports, 1),
    (drawn_facts.takes_from, 1),
    (drawn_facts.avoid, 2),
    (drawn_facts.prefers, 2),
    (drawn_facts.by_cpu, 2),
    (drawn_facts.unmapped, 1),
    (drawn_facts.once, 1),
    (drawn_facts.needs_p2p, 1),
    (drawn_facts.codec, 1),
    (drawn_facts.connector, 1),
    (drawn_facts.label, 1),
    (drawn_facts.stage, 1),
    (drawn_layout_facts.stride_multiple, 3),
    (drawn_layout_facts.stride_pixels, 2),
    (drawn_layout_facts.stride_set, 2),
    (drawn_layout_facts.stride_power, 1),
    (drawn_layout_facts.stride_range, 2),
    (drawn_layout_facts.stride_exact, 3),
    (drawn_layout_facts.stride_beyond, 2),
    (drawn_layout_facts.stride_planes, 2),
    (drawn_layout_facts.extent, 2),
    (drawn_layout_facts.coded, 2),
    (drawn_layout_facts.rows, 2),
    (drawn_layout_facts.offset, 2),
    (drawn_layout_facts.implied_offset, 3),
    (drawn_layout_facts.dmabufs, 2),
    (drawn_layout_facts.tail, 2),
    (drawn_layout_facts.minimum, 2),
    (drawn_layout_facts.plane_rows, 1),
    (drawn_layout_facts.when, 1),
    (drawn_layout_facts.rotate, 1),
    (drawn_layout_facts.colours, 1),
    (drawn_layout_facts.tiled, 2),
    (drawn_layout_facts.modified, 2),
    (drawn_layout_facts.opaque, 1),
    (drawn_layout_facts.port_bytes, 1),
    (drawn_layout_facts.base, 1),
    (drawn_layout_facts.raw, 1),
    (drawn_facts.vague_memory, 1),
    (drawn_facts.small_memory, 3),
    (drawn_facts.bandwidth, 2),
    (drawn_facts.heap_limits, 3),
    (drawn_facts.kernel, 1),
    (drawn_facts.lock, 2),
    (drawn_facts.incoherent, 1),
    (drawn_facts.count, 3),
    (drawn_facts.holds, 1),
    (drawn_facts.resource, 1),
    (drawn_facts.how_many, 1),
    (drawn_facts.protected, 2),
    (drawn_facts.firewall, 1),
    (drawn_facts.port_protected, 1),
    (drawn_facts.declassifies, 1),
    (drawn_facts.alternatives, 1),
)
"""Every fact, and how often it is drawn beside the others."""
_DRAWN: Final = tuple(fact for fact, weight in DRAWN_FACTS for _ in range(weight))


def instance(seed: int, without: frozenset[str] = frozenset()) -> Instance:
    """The question of that seed; facts named in `without` are left out."""
    random = Random(seed)
    draft = Draft(random)
    chosen = random.sample(_DRAWN, random.choice((1, 2, 3, 4, 6, 8)))
    applied = [fact for fact in chosen if fact.__name__ not in without]
    for fact in applied:
        fact(draft)
    data = draft.data()
    platform = Platform.model_validate(data["platform"])
    pipelines = tuple(Pipeline.model_validate(each) for each in data["pipelines"])
    return Instance(platform, pipelines, tuple(fact.__name__ for fact in applied), data)
