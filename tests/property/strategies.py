"""Small random questions with a spread over every constraint kind.

An instance starts out easy (everybody takes everything) and gets a handful of
twists, each stating one fact whose number lies near where it binds. Extents
and pages are tiny, so that strides, slots and apertures are small numbers and
brute force stays cheap. `instance(seed)` is a pure function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline
from tests.property import layout_twists, twists
from tests.property.drafts import Draft, Json

Twist = Callable[[Draft], None]


class Instance(NamedTuple):
    """A question small enough for brute force, also as plain data for a report."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    twists: tuple[str, ...]
    data: Json


TWISTS: Final[tuple[tuple[Twist, int], ...]] = (
    (twists.bits, 1),
    (twists.iommu, 4),
    (twists.own_aperture, 3),
    (twists.bus_window, 1),
    (twists.linear, 2),
    (twists.local_memory, 2),
    (twists.port_memory, 1),
    (twists.pinnable, 1),
    (twists.imports, 1),
    (twists.takes_from, 1),
    (twists.by_cpu, 2),
    (twists.unmapped, 1),
    (twists.once, 1),
    (twists.needs_p2p, 1),
    (twists.codec, 1),
    (twists.connector, 1),
    (twists.label, 1),
    (twists.stage, 1),
    (layout_twists.stride_multiple, 3),
    (layout_twists.stride_pixels, 2),
    (layout_twists.stride_set, 2),
    (layout_twists.stride_power, 1),
    (layout_twists.stride_range, 2),
    (layout_twists.stride_exact, 3),
    (layout_twists.stride_beyond, 2),
    (layout_twists.stride_planes, 2),
    (layout_twists.extent, 2),
    (layout_twists.coded, 2),
    (layout_twists.rows, 2),
    (layout_twists.offset, 2),
    (layout_twists.implied_offset, 3),
    (layout_twists.dmabufs, 2),
    (layout_twists.tail, 2),
    (layout_twists.minimum, 2),
    (layout_twists.plane_rows, 1),
    (layout_twists.when, 1),
    (layout_twists.rotate, 1),
    (layout_twists.colours, 1),
    (layout_twists.tiled, 2),
    (layout_twists.modified, 2),
    (layout_twists.opaque, 1),
    (layout_twists.port_bytes, 1),
    (layout_twists.base, 1),
    (layout_twists.raw, 1),
    (twists.vague_memory, 1),
    (twists.small_memory, 3),
    (twists.bandwidth, 2),
    (twists.heap_limits, 3),
    (twists.kernel, 1),
    (twists.lock, 2),
    (twists.incoherent, 1),
    (twists.count, 3),
    (twists.holds, 1),
    (twists.resource, 1),
    (twists.how_many, 1),
    (twists.protected, 2),
    (twists.firewall, 1),
    (twists.port_protected, 1),
    (twists.declassifies, 1),
    (twists.alternatives, 1),
)
"""Every twist, and how often it is drawn beside the others."""
_DRAWN: Final = tuple(twist for twist, weight in TWISTS for _ in range(weight))


def instance(seed: int, without: frozenset[str] = frozenset()) -> Instance:
    """The question of that seed; twists named in `without` are left out."""
    random = Random(seed)
    draft = Draft(random)
    chosen = random.sample(_DRAWN, random.choice((1, 2, 3, 4, 6, 8)))
    applied = [twist for twist in chosen if twist.__name__ not in without]
    for twist in applied:
        twist(draft)
    data = draft.data()
    platform = Platform.model_validate(data["platform"])
    pipelines = tuple(Pipeline.model_validate(each) for each in data["pipelines"])
    return Instance(platform, pipelines, tuple(twist.__name__ for twist in applied), data)
