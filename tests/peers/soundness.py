"""Does an answer keep every word of every participant that is in it?

Written from the statements alone, one participant at a time, without the
translation: a translation that loses a statement is caught here.
"""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Environment, World
from .negotiate import Answer, Layout
from .party import DO_NOT_CARE, LINEAR, Entry, Party


def broken(answer: Answer, world: World, limits: Environment, *, secure: bool | None = None) -> list[str]:
    """The statements that `answer` does not keep, as sentences.

    `secure` is whether its content is protected where others than its members say so:
    what is converted from protected content is protected too.
    """
    if secure is None:
        secure = any(member.secure for member in answer.members)
    found = [*_collection(answer, limits, secure)]
    for member in answer.members:
        found += [
            f"{member.id}: {text}"
            for text in (*_memory(member, answer, world), *_images(member, answer, world))
        ]
    return found


def _collection(answer: Answer, limits: Environment, secure: bool) -> Iterator[str]:
    count, held = answer.placement.count, sum(member.camping for member in answer.members)
    if count < max(held, 1):
        yield f"{count} buffers, {held} are held"
    if count > limits.max_buffers:
        yield f"{count} buffers, at most {limits.max_buffers} are possible"
    if answer.placement.size > limits.max_buffer_bytes:
        yield f"a buffer of {answer.placement.size} bytes"
    if answer.variant.secure != secure:
        yield "protected memory without need, or none where one needs it"
    wish = sum(m.camping + m.dedicated for m in answer.members) + max(
        [0, *(m.shared for m in answer.members)]
    )
    if count + answer.dropped < wish:
        yield f"{count} buffers, {wish} are wished for and {answer.dropped} said to be dropped"


def _memory(member: Party, answer: Answer, world: World) -> Iterator[str]:
    count, variant = answer.placement.count, answer.variant
    if count < member.min_count or (member.max_count is not None and count > member.max_count):
        yield f"{count} buffers, wants {member.min_count} to {member.max_count}"
    if answer.padded < member.min_bytes or (
        member.max_bytes is not None and answer.padded > member.max_bytes
    ):
        yield f"{answer.padded} bytes, wants {member.min_bytes} to {member.max_bytes}"
    if member.contiguous and not answer.one_run:
        yield "scattered"
    if member.base_align > 1 and answer.built.platform.heaps[variant.name].align % member.base_align:  # type: ignore[operator]
        yield f"not aligned to {member.base_align}"
    if variant.domain not in member.domains or variant.domain not in world.heaps[variant.heap].domains:
        yield f"domain {variant.domain}"
    if member.heaps is not None and variant.heap not in member.heaps:
        yield f"heap {variant.heap}"
    if variant.secure and not member.opted_in(variant.heap):
        yield f"protected heap {variant.heap}"


def _images(member: Party, answer: Answer, world: World) -> Iterator[str]:
    if not member.entries:
        return
    pair = answer.pair
    if pair is None:
        yield "raw data, wants an image"
        return
    covering = [entry for entry in member.entries if entry.covers(pair)]
    if len(covering) != 1:
        yield f"{len(covering)} entries for {pair[0]} {pair[1]}"
        return
    entry = covering[0]
    colour, _, mark = (answer.placement.colour or "").partition("/")
    if not colour or colour == DO_NOT_CARE or (entry.colours is not None and colour not in entry.colours):
        yield f"colour space {colour}"
    if entry.alpha is not None and mark != ("alpha" if entry.alpha else "opaque"):
        yield f"alpha {mark}"
    for size in entry.required:
        if not any(layout.size[0] >= size[0] and layout.size[1] >= size[1] for layout in answer.layouts):
            yield f"no room for {size[0]}x{size[1]}"
    for layout in answer.layouts:
        yield from _layout(entry, pair, layout, answer, world)


def _layout(
    entry: Entry, pair: tuple[str, str], layout: Layout, answer: Answer, world: World
) -> Iterator[str]:
    facts = world.formats[pair[0]]
    (width, height), stride = layout.size, layout.strides[0]
    for side, low, high, step in zip(layout.size, entry.least, entry.most, entry.align, strict=True):
        if side < low or (high is not None and side > high) or side % step:
            yield f"{width}x{height} breaks {low} to {high} in steps of {step}"
    if width % facts.width_multiple or height % facts.height_multiple:
        yield f"{width}x{height} is no size of {pair[0]}"
    if entry.max_area is not None and width * height > entry.max_area:
        yield f"{width}x{height} is more than {entry.max_area} pixels"
    divisors = [
        entry.divisor,
        facts.sample_alignment,
        facts.stride_bytes_per_pixel * entry.block[0] if entry.block[0] > 1 else 1,
    ]
    divisors += [facts.stride_bytes_per_pixel] if entry.at_pixel else []
    if any(stride % divisor for divisor in divisors):
        yield f"stride {stride} is no multiple of {divisors}"
    if stride < entry.min_bpr or (entry.max_bpr is not None and stride > entry.max_bpr):
        yield f"stride {stride} breaks {entry.min_bpr} to {entry.max_bpr}"
    if stride < width * facts.stride_bytes_per_pixel:
        yield f"stride {stride} holds no {width} pixels"
    rows = -(-height // entry.block[1]) * entry.block[1]
    need = stride * height * facts.size_factor[0] // facts.size_factor[1]
    if pair[1] == LINEAR and layout.end != need:
        yield f"{layout.end} bytes for {need}"
    if answer.padded < max(stride * rows if entry.block[1] > 1 else 0, layout.end + entry.beyond):
        yield "no padding"
