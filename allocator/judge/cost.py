"""What a plan costs, reckoned a second time: the objective of design §6 without its names.

`cost` gives the levels of `TERMS`, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from heapwright.allocator.judge.board.attachments import JudgedAttachment, touched_bytes
from heapwright.allocator.judge.board.paths import way
from heapwright.allocator.judge.board.residence import BackedBuffer
from heapwright.allocator.judge.constraints.conversions import conversion_cost
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.layout.families import compressing
from heapwright.allocator.judge.layout.pixels import modifier_named, names, pixels
from heapwright.allocator.judge.placement import attachments_of
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.allocator.judge.question.conversion_trees import ConversionTree, trees
from heapwright.allocator.judge.question.request import PlannedAssignment, RequestedBuffer
from heapwright.allocator.judge.question.shown import picture_loss
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

TERMS: Final = (
    "lossy-conversions",
    "converted-picture",
    "conversion-bytes",
    "preference",
    "picture",
    "avoided-heaps",
    "dropped-wishes",
    "load",
    "bytes",
    "moved-buffers",
    "exporter",
    "driver-formats",
    "driver-modifiers",
    "fine-load",
)
UNCACHED_READ: Final = 5
"""How much slower the CPU reads memory it cannot cache: the lower of the measured
ratios, 5 in ikwzm/udmabuf#120 and 30 in raspberrypi/linux#5286."""
WRITTEN: Final = 4096
"""Those who write a buffer allocate it: how much more than readers' their order of formats counts."""
MILLION: Final = 10**6
THOUSANDTH: Final = 1000
"""Loads are told apart in steps of so many ppm."""

Cost = tuple[int, ...]


class PlacementCost(NamedTuple):
    """What one placement costs at the levels that belong to placements, in their order."""

    preference: int
    picture: int
    avoided: int
    dropped: int
    traffic: int
    """Of the bandwidth of its paths, in ppm: the part of the load that is its own."""
    allocated: int
    moved: int
    exporter: int
    driver_formats: int
    driver_modifiers: int


class Shares(NamedTuple):
    """What a placement uses of every pool, in ppm."""

    own: tuple[int, ...]
    backing: str
    """The heap that it really lives in."""
    block: tuple[int, ...]
    """What that heap locks, once for all its buffers."""


def cost(
    platform: Platform, pipelines: Sequence[Pipeline], plan: Plan, live: Sequence[Placement] = ()
) -> Cost:
    """The objective levels of a plan that the judge finds lawful."""
    return plan_cost(JudgedQuestion(JudgedPlatform(platform), pipelines, live), plan)


def plan_cost(case: JudgedQuestion, plan: Plan) -> Cost:
    """`cost`, for a question already prepared."""
    forest = trees(case.requested, plan)
    return min(total(case, forest, assignments) for assignments in case.lawful_assignments(forest))


def total(
    case: JudgedQuestion, forest: Sequence[ConversionTree], assignments: Sequence[PlannedAssignment]
) -> Cost:
    parts = [parts_of(case, *node) for node in case.nodes(forest, assignments)]
    lossy, moved = conversion_cost(case.of.platform, forest)
    converted = lossy, _converted_picture(case, forest), moved
    return combined([own for own, _ in parts], [shares for _, shares in parts], live_shares(case), converted)


def _converted_picture(case: JudgedQuestion, forest: Sequence[ConversionTree]) -> int:
    """Bits of 16 pixels that are lost before and after each conversion: design §6, 2."""
    lost = 0
    for tree in forest:
        shown = case.shown[tree.request.key]
        for step in tree.steps:
            for place in (step.parent, step.child):
                lost += picture_loss(shown, tree.placements[place].format) // 32
    return lost


def live_shares(case: JudgedQuestion) -> list[Shares]:
    """What buffers that exist already use of every pool."""
    return [_shares(case, usage.where, usage.confined, usage.taken) for usage in case.live]


def combined(
    own: Sequence[PlacementCost],
    shares: Sequence[Shares],
    live: Sequence[Shares] = (),
    converted: tuple[int, int, int] = (0, 0, 0),
) -> Cost:
    """Levels of placements together: sums, and the fullest of the shared pools, live buffers included.

    `converted` is (lossy conversions, what converted formats lose, bytes converted). The last of
    `own` may have no shares: then it is a bound.
    What is live counts among the shares, the same for every plan; what it has locked is not locked again.
    """
    each = PlacementCost(*(sum(column) for column in zip(*own, strict=True)))
    before = {share.backing: share.block for share in live}
    blocks = {share.backing: share.block for share in shares if share.backing not in before}
    new = [*(share.own for share in shares), *blocks.values()]
    old = [*(share.own for share in live), *before.values()]
    pools = [sum(column) for column in zip(*new, *old, strict=True)]
    total_share = sum(map(sum, [*new, *old]))
    load = each.traffic + max(pools, default=0) + total_share
    thousands = -(-load // THOUSANDTH)
    filled = [sum(share.own) for share in shares] + [0] * (len(own) - len(shares))
    finer = sum(_about(one.traffic + part) for one, part in zip(own, filled, strict=True))
    finer += sum(map(sum, [*blocks.values(), *old]))
    return (*converted, *each[:4], thousands * THOUSANDTH, *each[5:], finer)


def _about(number: int) -> int:
    """Three leading digits, upwards."""
    dropped = int("1" + "0" * max(len(f"{number}") - 3, 0))
    return number + -number % dropped


def parts_of(
    case: JudgedQuestion, request: RequestedBuffer, placement: Placement, assignment: PlannedAssignment
) -> tuple[PlacementCost, Shares]:
    """What one placement costs by itself, and its ppm of every pool."""
    attachments, _ = attachments_of(case.of, request, assignment)
    where = case.of.residence(placement.heap, [attachment.device for attachment in attachments])
    formats = request.buffer.formats
    preference = sum(assignment.taken)
    if formats is not None and placement.format is not None:
        preference += formats.index(placement.format)
    if request.buffer.modifiers is not None and placement.modifier is not None:
        preference += _place(placement.modifier, request.buffer.modifiers)
    lost = max(request.wish.wish - placement.count, 0) if request.wish is not None else 0
    dropped = lost * (lost + 1) // 2
    used = placement.count * placement.allocated
    own = PlacementCost(
        preference,
        picture_loss(case.shown[request.pipeline, request.name.partition(">")[0]], placement.format),
        1 if where.heap.facts.avoid or where.backing.facts.avoid else 0,
        dropped,
        _traffic(case, where, placement, attachments, request.buffer.rate or 1, made=">" in request.name),
        used,
        0 if where.backing.name == where.heap.name else 1,
        _exporter_rank(case, where, attachments),
        *_driver_orders(placement, attachments),
    )
    return own, _shares(case, where, where.backing.memories, used)


def _driver_orders(placement: Placement, attachments: Sequence[JudgedAttachment]) -> tuple[int, int]:
    """How far format and modifier are down the lists that drivers prefer: design §6, 12 and 13."""
    by_format = by_modifier = 0
    for attachment in attachments:
        liked = attachment.port.prefers
        if liked is None or placement.format is None or placement.modifier is None:
            continue
        factor = WRITTEN if attachment.port.access == "write" else 1
        if liked.formats and placement.format in liked.formats:
            by_format += factor * liked.formats.index(placement.format)
        elif liked.formats:
            by_format += factor * len(liked.formats)
        if liked.modifiers:
            by_modifier += factor * _place(placement.modifier, liked.modifiers)
    return by_format, by_modifier


def _place(modifier: str, order: Sequence[str]) -> int:
    """How many come before it in an order."""
    before = 0
    while before < len(order) and not names([order[before]], modifier):
        before += 1
    return before


def _exporter_rank(case: JudgedQuestion, where: BackedBuffer, attachments: Sequence[JudgedAttachment]) -> int:
    """How far the heap's exporter is from who writes: design §6, 11."""
    exporter = where.heap.facts.exporter
    part = [attachment for attachment in attachments if attachment.device.name == exporter]
    if exporter is None:
        return 1
    if not part:
        return 3
    writes = any(attachment.port.access == "write" for attachment in part)
    local = any(case.of.physical_map.local_to[memory] for memory in where.heap.memories or ())
    return 0 if writes and (local or where.heap.facts.access is not None) else 2


def _shares(case: JudgedQuestion, where: BackedBuffer, confined: frozenset[str] | None, used: int) -> Shares:
    """Parts per million of each pool; who lives inside a locked block uses nothing but the block."""
    backing, lock = where.backing, where.backing.facts.locks
    own = _ppm(case, confined, 0 if backing.in_locked_block else used)
    block = _ppm(case, None, 0) if lock is None else _ppm(case, frozenset([lock.from_]), lock.size)
    return Shares(own, backing.name, block)


def _ppm(case: JudgedQuestion, confined: frozenset[str] | None, used: int) -> tuple[int, ...]:
    """Parts per million of each pool that holds all that something is confined to."""
    return tuple(
        -(-used * MILLION // pool.free)
        if pool.free > 0 and confined is not None and confined <= pool.memories
        else 0
        for pool in case.of.pools
    )


def moved_bytes(placement: Placement) -> int:
    """Bytes that a device moves to read or write the whole buffer once.

    Under a compressing modifier all of the metadata and half of the pixels,
    rounded up (docs/modifiers.md, "What compression is worth").
    """
    if placement.modifier is None or not compressing(modifier_named(placement.modifier)):
        return placement.size
    facts = pixels(placement.format or "", placement.modifier)
    metadata = sum(plane.metadata for plane in placement.planes)
    if facts is not None:
        metadata += sum(plane.size for plane in placement.planes[facts.coloured :])
    return metadata + -(-(placement.size - metadata) // 2)


def _traffic(
    case: JudgedQuestion,
    where: BackedBuffer,
    placement: Placement,
    attachments: Sequence[JudgedAttachment],
    rate: int,
    *,
    made: bool,
) -> int:
    """What is moved a second, each piece in ppm of what its path carries, slow reads and cache maintenance included."""
    size, once = placement.size, moved_bytes(placement)
    mapping = where.heap.facts.cpu
    memories = where.memories or sorted(case.of.platform.memory)
    local = any(case.of.physical_map.local_to[memory] for memory in where.memories or ())
    total, fastest = 0, 0
    for attachment in attachments:
        device = attachment.device
        ways = [way(case.of.platform, device.name, memory) for memory in memories]
        carried = min(each.carried for each in ways)
        crosses = any(each.links for each in ways)
        number = rate * touched_bytes(once, attachment.rarely)
        if device.by_cpu:
            fastest = max(fastest, carried)
            if attachment.port.access == "read" and (mapping in ("write-combined", "uncached") or local):
                number *= UNCACHED_READ
            if crosses:
                number *= 2
        elif (
            crosses
            and attachment.port_name == "render"
            and not made  # a conversion writes each pixel once
            and case.of.platform.devices[device.name].kind == "gpu"
        ):
            number *= 3
        total += -(-number * MILLION // carried)
    if mapping == "cached" and fastest:
        others = {a.device.name for a in attachments if not a.device.by_cpu and not a.device.snoops}
        total += len(others) * -(-rate * size * MILLION // fastest)
    return total
