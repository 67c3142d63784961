"""Layouts found by counting up: strides, rows, offsets and sizes until no port objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from heapwright.allocator.faults import Objection
from heapwright.allocator.hardware import known
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.constraints.image.objections import (
    column_objections,
    offset_objections,
    rows_objections,
    size_objections,
    stride_objections,
)
from heapwright.allocator.judge.constraints.image.rules import Rule, implied_offsets
from heapwright.allocator.judge.layout.pixels import Pixels, modifier_named
from heapwright.allocator.judge.layout.stated import StatedLayout
from heapwright.allocator.judge.layout.surfaces import Bands
from heapwright.allocator.judge.question.request import BufferUser, RequestedBuffer
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.solver.answer.plan import Placement, Plane

STRIDES = 1024
TILES = 64
ROWS = 256
HEIGHTS = 420
SAND = frozenset({"BROADCOM_SAND32", "BROADCOM_SAND64", "BROADCOM_SAND128", "BROADCOM_SAND256"})
GAP = 1024
TAIL = 1 << 25


def whole(size: int, attachments: Sequence[JudgedAttachment], unit: int = 1) -> int:
    """A size counted up to what every port takes, in units of the modifier's."""
    size = -(-size // unit) * unit
    multiples = [
        attachment.port.bytes.multiple
        for attachment in attachments
        if isinstance(attachment.port.bytes.multiple, int)
    ]
    while any(size % multiple for multiple in multiples):
        size += unit
    return size


def _first(candidates: Iterator[int] | range, accepts: Callable[[int], bool]) -> int | None:
    return next((each for each in candidates if accepts(each)), None)


def _strides(facts: Pixels, width: int, rules: Sequence[Rule], image_width: int) -> Iterator[int]:
    """Every plane 0 stride worth a try, ascending: all of them, unless a rule admits only a few."""
    only = facts.only_strides(width)
    if only is not None:
        yield only[0]
        return
    least = max(facts.least_stride(0, width), 1)
    for rule in rules:
        for multiple in rule.exact_multiples:
            yield facts.row_bytes(0, -(-image_width // multiple) * multiple)
            return
        if rule.facts.stride.set is not None:
            yield from sorted(rule.facts.stride.set)
            return
    step = max(facts.stride_unit(0), *(rule.multiple for rule in rules))
    start = -(-least // step) * step
    yield from range(start, start + max(STRIDES * min(step, 8), TILES * step), step)


def smallest_layouts(
    request: RequestedBuffer,
    facts: Pixels,
    rules: Sequence[Rule],
    users: Sequence[BufferUser],
    attachments: Sequence[JudgedAttachment],
    apart: int,
    refusals: Counter[str],
    widest: int = 0,
) -> Iterator[tuple[tuple[int, int], StatedLayout]]:
    """The smallest layouts to which none of these rules objects, for each way to relate plane strides.

    With `widest` also every other of strides up to that many bytes.
    """
    if any(apart not in rule.facts.dmabufs for rule in rules):
        refusals["plane-buffers"] += 1
        return
    if apart > 1 and (facts.together or apart != facts.coloured):
        return
    width, height = request.extent
    writers = [rule for rule, user in zip(rules, users, strict=True) if user.access == "write"]
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
            strides = _related(facts, way, first, coded_width)
            if strides is None:
                continue
            bare = StatedLayout(facts, width, height, coded_width, coded_height, strides, (), (), homes, ())
            against = next((found for rule in rules for found in _first_objections(rule, bare)), None)
            if against is not None:
                refusals[against.kind] += 1
                continue
            whole = _completed(bare, rules, attachments, max(homes) + 1, refusals)
            if whole is not None:
                yield (coded_width, coded_height), whole
                if first >= widest:
                    break


def _related(facts: Pixels, way: str, first: int, width: int) -> tuple[int, ...] | None:
    """Strides of all planes beside one of plane 0, if rows fit into them in whole tiles."""
    planes = range(facts.coloured)
    related = [first if way == "equal" else facts.natural(plane, first) for plane in planes]
    strides = tuple(each for each in related if each is not None)
    if len(strides) < len(related):
        return None
    only = facts.only_strides(width)
    for plane, stride in enumerate(strides):
        whole = not stride % facts.stride_unit(plane) and stride >= facts.least_stride(plane, width)
        if not whole or (only is not None and stride != only[plane]):
            return None
    if facts.wide is not None and width > facts.wide and first % (4 * facts.stride_unit(0)):
        return None
    controls = range(facts.coloured, len(facts.planes))
    return (*strides, *(facts.control_stride(plane, strides) for plane in controls))


def _first_objections(rule: Rule, bare: StatedLayout) -> Iterator[Objection]:
    yield from column_objections(rule, bare)
    yield from stride_objections(rule, bare)


def _completed(
    bare: StatedLayout,
    rules: Sequence[Rule],
    attachments: Sequence[JudgedAttachment],
    homes: int,
    refusals: Counter[str],
) -> StatedLayout | None:
    """Rows, offsets and sizes for given strides, each counted up until nobody objects."""
    facts, planes = bare.pixels, range(len(bare.strides))
    first = _rows(bare, rules)
    if first is None:
        refusals["rows"] += 1
        return None
    rows = (first, *(facts.plane_rows(plane, first) for plane in planes[1:]))
    bands = facts.planes[0]
    if isinstance(bands, Bands) and sum(rows) > bands.height:
        refusals["modifier"] += 1
        return None
    metadata = tuple(_metadata(bare, rules, plane, rows[plane]) for plane in planes)
    layout = bare._replace(rows=rows, sizes=(1 << 40,) * homes, metadata=metadata)
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
    return layout._replace(sizes=tuple(_size(layout, rules, attachments, dmabuf) for dmabuf in range(homes)))


def _rows(bare: StatedLayout, rules: Sequence[Rule]) -> int | None:
    """The fewest rows of plane 0 that nobody objects to."""
    facts = bare.pixels
    only = facts.only_rows(bare.coded_height)
    unit = facts.rows_unit(0)
    start = -(-facts.rows(0, bare.coded_height) // unit) * unit
    some = range(only[0], only[0] + 1) if only else range(start, start + ROWS * unit, unit)

    def tall_enough(rows: int) -> bool:
        layout = bare._replace(rows=(rows,))
        return not any(any(rows_objections(rule, layout)) for rule in rules)

    return _first(some, tall_enough)


def _metadata(layout: StatedLayout, rules: Sequence[Rule], plane: int, rows: int) -> int:
    """The smallest table of a plane that every rule takes."""
    surface = layout.pixels.planes[plane]
    least = surface.shape(layout.strides[plane], rows).metadata
    if not least:
        return 0
    some = range(least, least + GAP * surface.offset_unit, surface.offset_unit)
    stated = [rule.facts.metadata.multiple for rule in rules if rule.facts.metadata is not None]
    found = _first(some, lambda table: all(table % (known(each) or 1) == 0 for each in stated))
    assert found is not None
    return found


def _offset(layout: StatedLayout, rules: Sequence[Rule], before: tuple[int, ...], plane: int) -> int | None:
    """The first place for a plane behind those before it."""
    if plane == 0 or layout.dmabufs[plane] != layout.dmabufs[plane - 1]:
        return 0
    partly = layout._replace(
        strides=layout.strides[: plane + 1],
        dmabufs=layout.dmabufs[: plane + 1],
        rows=layout.rows[: plane + 1],
    )
    above = layout._replace(offsets=before)
    end = above.below(plane - 1)
    for rule in rules:
        implied = implied_offsets(rule, layout, layout.strides)
        if implied is not None and plane < len(implied):
            return (
                implied[plane] if implied[plane] >= end and _starts(layout, plane, implied[plane]) else None
            )
    unit = max(layout.pixels.planes[plane].offset_unit, *(rule.offset_multiple for rule in rules))
    only = layout.pixels.packed or isinstance(layout.pixels.planes[plane], Bands)
    start = -(-end // unit) * unit
    for place in (end,) if only else range(start, start + GAP * unit, unit):
        if not only and not _starts(layout, plane, place):
            continue
        if not any(any(offset_objections(rule, partly._replace(offsets=(*before, place)))) for rule in rules):
            return place
    return None


def _starts(layout: StatedLayout, plane: int, place: int) -> bool:
    """Whether the modifier lets a plane start there."""
    return not place % layout.pixels.planes[plane].offset_unit


def _size(
    layout: StatedLayout, rules: Sequence[Rule], attachments: Sequence[JudgedAttachment], dmabuf: int
) -> int:
    """The least size of one dma-buf that no rule finds too small."""
    low = max(layout.end(plane) for plane, where in enumerate(layout.dmabufs) if where == dmabuf)
    bands = layout.pixels.planes[0]
    if isinstance(bands, Bands):
        low = bands.all_columns(layout.strides[0])
    high = low + TAIL

    def fits(size: int) -> bool:
        sizes = tuple(size if each == dmabuf else 1 << 40 for each in range(len(layout.sizes)))
        return not any(any(size_objections(rule, layout._replace(sizes=sizes))) for rule in rules)

    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return whole(low, attachments, layout.pixels.size_unit)


def plane_facts(layout: StatedLayout) -> tuple[Plane, ...]:
    """A layout as an answer states it."""
    planes = []
    for plane, surface in enumerate(layout.pixels.planes):
        stride = layout.strides[plane]
        shape = surface.shape(stride, layout.rows[plane])
        table = layout.metadata[plane]
        planes.append(
            Plane.model_construct(
                offset=layout.offsets[plane],
                stride=stride,
                size=shape.length - shape.metadata + table,
                dmabuf=layout.dmabufs[plane],
                metadata=table,
                metadata_stride=shape.metadata_stride,
            )
        )
    return tuple(planes)


def spelt(modifiers: Iterable[str], height: int) -> list[str]:
    """Modifiers as an answer may have them: for a family of columns without their height, every one worth a try."""
    found: dict[str, None] = {}
    for modifier in sorted(modifiers):
        if modifier in SAND:
            tries = range(height, 3 * height + HEIGHTS)
            found.update({f"{modifier}_COL_HEIGHT({each})": None for each in tries})
        else:
            found[modifier] = None
    return list(found)


def unlaid(request: RequestedBuffer, form: str, modifier: str, colour: str | None) -> Placement:
    """An image of which only a driver knows how it lies, with a byte for each of its own."""
    facts = pixel_format(form)
    assert facts is not None
    width, height = request.extent
    rows = [height // plane.vsub + (height % plane.vsub > 0) for plane in facts.planes]
    samples = [width // plane.hsub + (width % plane.hsub > 0) for plane in facts.planes]
    in_a_row = [
        -(-count * plane.bytes // plane.samples) for count, plane in zip(samples, facts.planes, strict=True)
    ]
    size = sum(row * count for row, count in zip(in_a_row, rows, strict=True))
    return unplaced(request, form, modifier, colour, (width, height), (), (size,))


def unplaced(
    request: RequestedBuffer,
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
        pipeline=request.pipeline,
        buffer=request.name,
        format=form,
        modifier=modifier,
        modifier_value=None if value is None else f"{value:#x}",
        colour=colour,
        width=request.extent.width,
        height=request.extent.height,
        coded_width=coded[0],
        coded_height=coded[1],
        planes=planes,
        size=sum(sizes),
        sizes=sizes,
        rate=request.buffer.rate,
    )
