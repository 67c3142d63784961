"""Layouts found by counting up: strides, rows, offsets and sizes until no port objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from allocator.simulated.image import (
    Layout,
    Rule,
    implied_offsets,
    offset_objections,
    rows_objections,
    size_objections,
    stride_objections,
)
from allocator.simulated.pixels import Pixels, modifier_named
from allocator.simulated.question import Asked, Party
from allocator.simulated.room import Touch
from solver.plan import Placement, Plane

STRIDES = 1024
ROWS = 128
GAP = 1024
TAIL = 1 << 14


def whole(size: int, touches: Sequence[Touch]) -> int:
    """A size counted up to what every port takes."""
    multiples = [touch.port.bytes.multiple for touch in touches if isinstance(touch.port.bytes.multiple, int)]
    while any(size % multiple for multiple in multiples):
        size += 1
    return size


def _first(candidates: Iterator[int] | range, accepts: Callable[[int], bool]) -> int | None:
    return next((each for each in candidates if accepts(each)), None)


def _strides(facts: Pixels, width: int, rules: Sequence[Rule], image_width: int) -> Iterator[int]:
    """Every plane 0 stride worth a try, ascending: all of them, unless a rule admits only a few."""
    least = max(facts.row_bytes(0, width), 1)
    for rule in rules:
        for multiple in rule.exact_multiples:
            yield facts.row_bytes(0, -(-image_width // multiple) * multiple)
            return
        if rule.facts.stride.set is not None:
            yield from sorted(rule.facts.stride.set)
            return
    step = max(rule.multiple for rule in rules)
    start = -(-least // step) * step
    yield from range(start, start + STRIDES * min(step, 8), step)


def smallest_layouts(
    asked: Asked,
    facts: Pixels,
    rules: Sequence[Rule],
    parties: Sequence[Party],
    touches: Sequence[Touch],
    apart: int,
    refusals: Counter[str],
) -> Iterator[tuple[tuple[int, int], Layout]]:
    """The smallest layouts to which none of these rules objects, for each way to relate plane strides."""
    if any(apart not in rule.facts.dmabufs for rule in rules):
        refusals["plane-buffers"] += 1
        return
    width, height = asked.extent
    writers = [rule for rule, party in zip(rules, parties, strict=True) if party.access == "write"]
    coded_width = _first(
        range(width, width + GAP), lambda w: all(w % rule.coded.width == 0 for rule in writers)
    )
    coded_height = _first(
        range(height, height + GAP), lambda h: all(h % rule.coded.height == 0 for rule in writers)
    )
    assert coded_width is not None and coded_height is not None
    planes = range(len(facts.planes))
    homes = tuple(planes) if apart > 1 else (0,) * len(facts.planes)
    ways = ("natural", "equal") if any(rule.equal_planes for rule in rules) else ("natural",)
    for way in ways:
        for first in _strides(facts, coded_width, rules, width):
            related = [first if way == "equal" else facts.natural(plane, first) for plane in planes]
            strides = tuple(each for each in related if each is not None)
            if len(strides) < len(related) or any(
                s < facts.row_bytes(p, coded_width) for p, s in enumerate(strides)
            ):
                continue
            if any(stride % facts.stride_unit(plane) for plane, stride in enumerate(strides)):
                continue
            bare = Layout(facts, width, height, coded_width, coded_height, strides, (), (), homes, ())
            against = next((found for rule in rules for found in stride_objections(rule, bare)), None)
            if against is not None:
                refusals[against.kind] += 1
                continue
            whole = _completed(bare, rules, touches, max(homes) + 1, refusals)
            if whole is not None:
                yield (coded_width, coded_height), whole
                break


def _completed(
    bare: Layout, rules: Sequence[Rule], touches: Sequence[Touch], homes: int, refusals: Counter[str]
) -> Layout | None:
    """Rows, offsets and sizes for given strides, each counted up until nobody objects."""
    facts, planes = bare.pixels, range(len(bare.strides))
    least = facts.rows(0, bare.coded_height)

    def tall_enough(rows: int) -> bool:
        layout = bare._replace(rows=(rows,))
        return not rows % facts.rows_unit(0) and not any(any(rows_objections(rule, layout)) for rule in rules)

    first = _first(range(least, least + ROWS), tall_enough)
    if first is None:
        refusals["rows"] += 1
        return None
    rows = (first, *(facts.plane_rows(plane, first) for plane in planes[1:]))
    layout = bare._replace(rows=rows, sizes=(1 << 40,) * homes)
    offsets: tuple[int, ...] = ()
    for plane in planes:
        place = _offset(layout, rules, offsets, plane)
        if place is None:
            refusals["plane-offset"] += 1
            return None
        offsets += (place,)
    layout = layout._replace(offsets=offsets)
    against = next((found for rule in rules for found in offset_objections(rule, layout)), None)
    if against is not None:
        refusals[against.kind] += 1
        return None
    return layout._replace(sizes=tuple(_size(layout, rules, touches, home) for home in range(homes)))


def _offset(layout: Layout, rules: Sequence[Rule], before: tuple[int, ...], plane: int) -> int | None:
    """The first place for a plane behind those before it."""
    if plane == 0 or layout.dmabufs[plane] != layout.dmabufs[plane - 1]:
        return 0
    partly = layout._replace(strides=layout.strides[: plane + 1], dmabufs=layout.dmabufs[: plane + 1])
    end = before[-1] + layout.strides[plane - 1] * layout.rows[plane - 1]
    for rule in rules:
        implied = implied_offsets(rule, layout, layout.strides)
        if implied is not None:
            return implied[plane] if implied[plane] >= end else None
    for place in range(end, end + GAP):
        if not any(any(offset_objections(rule, partly._replace(offsets=(*before, place)))) for rule in rules):
            return place
    return None


def _size(layout: Layout, rules: Sequence[Rule], touches: Sequence[Touch], home: int) -> int:
    """The least size of one dma-buf that no rule finds too small."""
    low = max(layout.end(plane) for plane, where in enumerate(layout.dmabufs) if where == home)
    high = low + TAIL

    def fits(size: int) -> bool:
        sizes = tuple(size if each == home else 1 << 40 for each in range(len(layout.sizes)))
        return not any(any(size_objections(rule, layout._replace(sizes=sizes))) for rule in rules)

    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return whole(low, touches)


def plane_facts(layout: Layout) -> tuple[Plane, ...]:
    """A layout as an answer states it."""
    shapes = zip(layout.offsets, layout.strides, layout.rows, layout.dmabufs, strict=True)
    return tuple(
        Plane.model_construct(offset=offset, stride=stride, size=stride * rows, dmabuf=home)
        for offset, stride, rows, home in shapes
    )


def unplaced(
    asked: Asked,
    form: str | None,
    modifier: str | None,
    colour: str | None,
    coded: tuple[int, int],
    planes: tuple[Plane, ...],
    sizes: tuple[int, ...],
) -> Placement:
    """A placement that is still nowhere."""
    value = modifier_named(modifier).value if modifier is not None else None
    return Placement.model_construct(
        heap="",
        names=(),
        allocated=0,
        count=0,
        attachments=(),
        pipeline=asked.pipeline,
        buffer=asked.name,
        format=form,
        modifier=modifier,
        modifier_value=None if value is None else f"{value:#x}",
        colour=colour,
        width=asked.extent.width,
        height=asked.extent.height,
        coded_width=coded[0],
        coded_height=coded[1],
        planes=planes,
        size=sum(sizes),
        sizes=sizes,
        rate=asked.buffer.rate,
    )
