"""What a plan rests on that nobody knows, and what is worth a warning.

An unknown *requirement* is not imposed and an unknown size not checked; the answer
lists both (design §4). Unknown *ability* counts as no and needs no listing.
"""

from collections.abc import Iterator, Sequence

from heapwright.platforms.knowledge.bandwidths import Carried, link_bandwidth, memory_bandwidth
from heapwright.platforms.schema import trusted
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import PLANES
from heapwright.solver.answer.plan import AssumedFact, Infeasible, Reason, UnknownFact
from heapwright.solver.board import paths
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.constraints.cases import BoundAttachment
from heapwright.solver.conversions.inserted import PlacedBuffer
from heapwright.solver.question.resolve import Problem


def unknown_facts(problem: Problem, options: Sequence[Option]) -> tuple[UnknownFact, ...]:
    """Every requirement and size that these placements take on trust, each once."""
    found: dict[tuple[str, str], UnknownFact] = {}
    for option in options:
        for subject, field in _unknown(problem, option):
            text = f"{field} of {subject} is unknown and was not imposed"
            if subject == option.placed.label:
                text = f"{_exported(option)}; {option.placed.sizes[0]} bytes are a lower bound"
            found[subject, field] = UnknownFact(subject=subject, field=field, text=text)
    return tuple(found[key] for key in sorted(found))


def assumed(problem: Problem, options: Sequence[Option]) -> tuple[AssumedFact, ...]:
    """What memories and links on the way of these placements carry as a default of their type, each once."""
    links = problem.board.platform.links
    found: dict[str, tuple[Carried, str]] = {}
    for placed in (option.placed for option in options):
        for memory in placed.backing.memories or ():
            outermost = [*memory.around()][-1]
            found[outermost.name] = memory_bandwidth(outermost.spec), outermost.spec.type
            for attachment in placed.attachments:
                for name in paths.links(problem.board, attachment.device, memory.local):
                    found[name] = link_bandwidth(links[name]), links[name].type
    return tuple(
        _assumed(name, carried, kind) for name, (carried, kind) in sorted(found.items()) if carried.assumed
    )


def _assumed(name: str, carried: Carried, kind: str) -> AssumedFact:
    usual = "" if kind == "other" else f", as is usual for {kind}"
    text = f"bandwidth of {name} is not stated; {carried.peak} bytes/s are assumed{usual}"
    return AssumedFact(subject=name, field="bandwidth", value=carried.peak, text=text, source=carried.source)


def rests_on_unknown(problem: Problem, option: Option) -> bool:
    """Whether a strict answer must do without this option."""
    return any(True for _ in _unknown(problem, option))


def _unknown(problem: Problem, option: Option) -> Iterator[tuple[str, str]]:
    platform = problem.board.platform
    if _opaque(option):
        yield option.placed.label, "size"
    for attachment in option.placed.attachments:
        name, by_cpu = attachment.device.name, attachment.device.by_cpu
        stated = platform.devices[name]
        port, iommu = stated.ports[attachment.name], stated.dma.iommu
        yield from ((name, path) for path in trusted(stated) if not (by_cpu and path.startswith("dma.")))
        if not by_cpu and iommu is not None:
            yield from ((iommu, path) for path in trusted(platform.iommus[iommu]))
        yield from ((attachment.title, path) for path in trusted(port))
        if port.how_many is None and (attachment.device.spec.kind, attachment.name) in PLANES:
            yield attachment.title, "how_many"
        for rule, taken in zip(port.images, attachment.port.images, strict=True):
            if taken is attachment.rule:
                yield from ((attachment.title, path) for path in trusted(rule))
    for end in option.placed.ends:
        name, way = end.device.name, f"converts.{end.edge.from_}>{end.edge.to}"
        yield from ((name, f"{way}.{path}") for path in trusted(platform.devices[name].converts[end.number]))
    for heap in {id(h): h for h in (option.placed.heap, option.placed.backing)}.values():
        yield from ((heap.name, path) for path in trusted(heap.spec))
    for memory in option.placed.backing.memories or ():
        yield from ((memory.name, path) for path in trusted(memory.spec))
        if memory.free is None:
            parts = (m for m in problem.board.memories.values() if memory in [*m.around()][1:])
            yield from ((part.name, "size") for part in parts if part.spec.size == UNKNOWN)


def _opaque(option: Option) -> bool:
    """Whether only the exporter knows how the bytes lie."""
    return option.modifier is not None and not option.layout.planes


def _exported(option: Option) -> str:
    return (
        f"the size of {option.placed.label} in {option.modifier} comes from the exporter, "
        f"{option.placed.heap.name}"
    )


def warnings(placed_buffers: Sequence[PlacedBuffer]) -> tuple[str, ...]:
    """Things that work, and that a person should know."""
    return tuple(dict.fromkeys(text for each in placed_buffers for text in _warnings(each)))


def _warnings(placed_buffer: PlacedBuffer) -> Iterator[str]:
    label, option, placed = placed_buffer.question.label, placed_buffer.option, placed_buffer.option.placed
    if placed.backing is not placed.heap:
        yield f"{label} is allocated from {placed.heap.name} and will live in {placed.backing.name}"
    if placed.heap.spec.permission is not None:
        yield f"{placed.heap.name} needs permission: {placed.heap.spec.permission}"
    if _opaque(option):
        yield _exported(option)
    for attachment in placed.attachments:
        yield from _of_attachment(label, option, attachment)


def _of_attachment(label: str, option: Option, attachment: BoundAttachment) -> Iterator[str]:
    placed, device = option.placed, attachment.device
    limit = device.dma.segment_size
    if device.translation == "none" and isinstance(limit, int) and device.dma.segments is None:
        longest = max(placed.backing.promise.exported(size) for size in placed.sizes)
        if longest > limit:
            yield (
                f"{device.name} claims segments of at most {limit} bytes; {label} is one of {longest}, "
                "which works and makes CONFIG_DMA_API_DEBUG complain"
            )
    not_snooping = {t.device.name for t in placed.attachments if not t.device.snoops}
    if device.by_cpu and placed.heap.cpu == "cached" and not_snooping:
        yield (
            f"bracket the CPU's access to {label} with DMA_BUF_IOCTL_SYNC (START, END): "
            f"{', '.join(sorted(not_snooping))} does not snoop caches"
        )


def refused_as_unknown(problem: Problem, unknown: Sequence[UnknownFact]) -> Infeasible:
    """The answer of a strict question whose every plan rests on something unknown."""
    return Infeasible(
        platform=problem.board.name,
        pipelines=tuple(pipeline.name for pipeline in problem.pipelines),
        pinned=problem.pinned,
        conflict=tuple(
            Reason(
                kind="unknown-fact",
                subject=fact.subject,
                text=fact.text,
                source=f"platform profile {problem.board.name}",
            )
            for fact in unknown
        ),
        unknown_facts=tuple(unknown),
    )
