"""The ways out of a conflict: a closed list of changes, each verified by solving again.

Every generator proposes a path in the profile or the pipeline and the exact value
at which a plan appears. Numbers are found by bisection, so that one page less, or
one buffer more, is infeasible again. They are listed cheapest first: sizes that a
boot argument sets, then what the pipeline asks for, then limits and hardware.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from heapwright.platforms.schema import Aperture
from heapwright.platforms.values import Extent, in_units
from heapwright.solver.answer.plan import Remedy
from heapwright.solver.board import iova
from heapwright.solver.constraints.graph import resource
from heapwright.solver.constraints.memory import capacity
from heapwright.solver.explain import detours, invitations
from heapwright.solver.explain.changes import ProposedChange, Ways
from heapwright.solver.question.facts import Fact
from heapwright.solver.question.limits import LimitReached
from heapwright.solver.question.pipeline import Wish
from heapwright.solver.question.resolve import Problem, Question

MOST: Final = 1 << 46
"""No remedy asks for more bytes than this."""
STEPS: Final = (16, 32, 64, 128, 256)
"""Widths are tried at multiples of these."""


def remedies(problem: Problem, conflict: Sequence[Fact]) -> tuple[tuple[Remedy, ...], tuple[str, ...]]:
    """Verified ways out, cheapest first, and kinds of changes that were not tried to the end."""
    problem.limits.look_for_remedies()
    ways = Ways(problem, conflict)
    found: list[Remedy] = []
    untried: list[str] = []
    if not conflict:  # nobody knows yet what it is about
        return (), tuple([words for words, _ in GENERATORS])
    for words, generator in GENERATORS:
        try:
            for change in generator(ways):
                if not any((change.path, change.to) == (known.change, known.to) for known in found):
                    rank = len(found) + 1
                    found.append(Remedy(change=change.path, to=change.to, text=change.text, rank=rank))
        except LimitReached:
            untried.append(words)
    return tuple(found), tuple(untried)


def least(low: int, high: int, step: int, works: Callable[[int], bool]) -> int | None:
    """The smallest multiple of `step` above `low`, at most `high`, that works.

    Grows by doubling, then bisects; `works` must hold from some point on.
    """
    tried, most, width = low // step, high // step, 1
    while tried < most:
        number = min(tried + width, most)
        if works(number * step):
            return step * bisect_left(range(number), True, tried + 1, key=lambda each: works(each * step))
        tried, width = number, width * 2
    return None


def _raised(
    path: str, now: int, most: int, step: int, works: Callable[[int], bool], say: str
) -> Iterator[ProposedChange]:
    """The smallest number that works at a path of the profile; `say` has a place for it."""
    number = least(now, most, step, works)
    if number is not None:
        shown = in_units if path.endswith(".size") else str
        yield ProposedChange(path, number, f"{say.format(shown(number))} ({path}, now {shown(now)})")


def memory_sizes(ways: Ways) -> Iterator[ProposedChange]:
    """Enlarge a memory: `memory.cma.size`."""
    board = ways.problem.board
    for name in [name for subject in ways.subjects("capacity") for name in capacity.members(subject)]:
        memory = board.memories.get(name)
        if memory is None or not isinstance(memory.spec.size, int):
            continue
        most, step = min(MOST, board.ceiling(memory) or MOST), memory.spec.step or board.page
        works = ways.trying("memory", name, "size")
        yield from _raised(
            f"memory.{name}.size", memory.spec.size, most, step, works, f"enlarge {name} to {{}}"
        )


def counts(ways: Ways) -> Iterator[ProposedChange]:
    """Ask for fewer buffers (or as many as are needed): `buffers.frame.count`."""
    for subject in ways.subjects("count"):
        question = ways.labels[subject]
        asked = question.spec.count
        now = asked.min if isinstance(asked, Wish) else asked
        if now is None or ways.helpless(question):
            continue
        fixed = [int(pin.value) for pin in question.pins if pin.field == "count"]
        if fixed:
            number = fixed[0] if fixed[0] != now and _counted(ways, question, fixed[0]) else None
        else:
            number = _most_count(ways, question, now)
        if number is None:
            continue
        path = ways.path(question, "count.min" if isinstance(asked, Wish) else "count")
        text = f"use {number} buffer{'s' if number > 1 else ''} for {question.label} ({path}, now {now})"
        yield ProposedChange(path, number, text)


def _counted(ways: Ways, question: Question, number: int, *, converted: bool = True) -> bool:
    asked = question.spec.count
    count: object = number
    if isinstance(asked, Wish):
        count = Wish(min=number, wish=max(number, asked.wish))
    return ways.solvable(pipelines=ways.with_buffer(question, count=count), converted=converted)


def _most_count(ways: Ways, question: Question, now: int) -> int | None:
    """The largest count below `now` that works; where the ports need more than `now`, the smallest.

    Between what the ports need and `now` fewer buffers always fit better, so bisection is exact. It
    leaves conversions aside first, which take long to rule out, and asks for them only about one more.
    """
    needed = _needed(ways, question)
    if needed is None:
        return None
    if needed > now:
        while needed - 1 > now and _counted(ways, question, needed - 1):
            needed -= 1
        return needed
    few = _bisected(needed, now, lambda number: _counted(ways, question, number, converted=False))
    if few + 1 == now or not _counted(ways, question, few + 1):
        return few
    return _bisected(few + 1, now, lambda number: _counted(ways, question, number))


def _bisected(few: int, many: int, works: Callable[[int], bool]) -> int:
    """The largest number below `many` that works, if `few` does."""
    return bisect_left(range(many), True, few + 1, key=lambda number: not works(number)) - 1


def _needed(ways: Ways, question: Question) -> int | None:
    """As many buffers as the ports need, if that many fit."""
    asked = question.spec.count
    if isinstance(asked, Wish):
        return 1 if _counted(ways, question, 1) else None
    choice = ways.chosen(pipelines=ways.with_buffer(question, count=None))
    if not choice.options:
        return None
    return choice.options[ways.problem.questions.index(question)].number


def formats(ways: Ways) -> Iterator[ProposedChange]:
    """Allow a format that all ports share: `buffers.frame.formats`."""
    for question in ways.buffers():
        asked = question.spec.formats
        if asked is None or ways.helpless(question):
            continue
        if not ways.solvable(pipelines=ways.with_buffer(question, formats=None)):
            continue  # not with any format
        known = {
            fourcc
            for device in ways.problem.board.devices.values()
            for port in device.spec.ports.values()
            for rule in port.images
            for fourcc in rule.formats
        }
        lists = ((*asked, fourcc) for fourcc in sorted(known - set(asked)))
        for to in ways.first(lists, question, "formats"):
            path = ways.path(question, "formats")
            text = f"allow format {to[-1]} for {question.label} ({path}, now {', '.join(asked)})"
            yield ProposedChange(path, list(to), text)


def widths(ways: Ways) -> Iterator[ProposedChange]:
    """Use a width whose rows suit everybody: `buffers.frame.size`."""
    if not any(fact.kind.startswith(("stride", "extent", "plane", "implied")) for fact in ways.conflict):
        return
    for question in ways.buffers():
        image = question.spec.size
        if image is None or ways.helpless(question):
            continue
        tried = sorted({-(-image.width // step) * step for step in STEPS} - {image.width})
        heights = (image.height, *(-(-image.height // step) * step for step in (8, 16, 32, 64)))
        sizes = (Extent(w, height) for height in dict.fromkeys(heights) for w in (image.width, *tried))
        for size in ways.first((each for each in sizes if each != image), question, "size"):
            path = ways.path(question, "size")
            yield ProposedChange(path, str(size), f"use {size} for {question.label} ({path}, now {image})")


def apertures(ways: Ways) -> Iterator[ProposedChange]:
    """Widen an IOMMU's aperture: `iommus.mmu0.aperture.size`."""
    for name in ways.subjects("iova-aperture"):
        iommu = ways.platform.iommus.get(name)
        if iommu is None or not isinstance(iommu.aperture, Aperture):
            continue
        base, now = iommu.aperture.base, iommu.aperture.size
        behind = (each for each in ways.problem.board.devices.values() if each.dma.iommu == name)
        if all(iova.end(device) <= base + now for device in behind):
            continue  # nobody sees more of it
        works = partial(_wide_enough, ways, name, base)
        if works(MOST):  # else the device itself sees no more of it
            path, step = f"iommus.{name}.aperture.size", ways.platform.page
            yield from _raised(path, now, MOST, step, works, f"widen the aperture of {name} to {{}}")


def _wide_enough(ways: Ways, name: str, base: int, size: int) -> bool:
    return ways.solvable(ways.with_part("iommus", name, aperture=Aperture(base=base, size=size)))


def resources(ways: Ways) -> Iterator[ProposedChange]:
    """Have more of a resource, or of the bandwidth of a memory or a device."""
    for name in ways.subjects("resource"):
        if name in ways.platform.resources:
            have = ways.platform.resources[name]
            enough = partial(_enough, ways, name)
            yield from _raised(f"resources.{name}", have, have + 4096, 1, enough, f"have {{}} {name}")
        if (carrier := resource.carrier(ways.platform, name)) is not None:
            path = f"{carrier.section}.{carrier.name}.bandwidth.peak"
            say = f"have {{}} bytes/s of {carrier.name}"
            yield from _raised(path, carrier.stated.peak, MOST, 1, partial(_fast_enough, ways, carrier), say)


def _fast_enough(ways: Ways, carrier: resource.Carrier, peak: int) -> bool:
    faster = carrier.stated.model_copy(update={"peak": peak})
    return ways.solvable(ways.with_part(carrier.section, carrier.name, bandwidth=faster))


def _enough(ways: Ways, name: str, number: int) -> bool:
    return ways.solvable(ways.with_entry("resources", name, number))


def heap_limits(ways: Ways) -> Iterator[ProposedChange]:
    """Raise a heap's limits: `heaps.udmabuf.largest`, `heaps.rdma.buffers`."""
    for name in ways.subjects("heap-limits"):
        for field, step, most in (("largest", ways.platform.page, MOST), ("buffers", 1, 4096)):
            now = getattr(ways.platform.heaps[name], field)
            if isinstance(now, int):
                works = ways.trying("heaps", name, field)
                say = f"raise {field} of {name} to {{}}"
                yield from _raised(f"heaps.{name}.{field}", now, most, step, works, say)


def firewalls(ways: Ways) -> Iterator[ProposedChange]:
    """Admit a device behind the firewall: `heaps.protected.access`."""
    for subject in ways.subjects("outside-firewall"):
        device = subject.partition("→")[2]
        for name, heap in sorted(ways.platform.heaps.items()):
            if not isinstance(heap.access, tuple) or device in heap.access:
                continue
            to = (*heap.access, device)
            if ways.solvable(ways.with_part("heaps", name, access=to)):
                path = f"heaps.{name}.access"
                yield ProposedChange(path, list(to), f"admit {device} behind the firewall of {name} ({path})")


def protected_ports(ways: Ways) -> Iterator[ProposedChange]:
    """Let a port take protected buffers: `devices.panel.ports.scanout.protected`."""
    for subject in ways.subjects("protected-port"):
        label, _, name = subject.partition("→")
        device = ways.platform.devices[name]
        for port_name, port in sorted(device.ports.items()):
            if port.protected in ("allowed", "required"):
                continue
            ports = {**device.ports, port_name: port.model_copy(update={"protected": "allowed"})}
            if ways.solvable(ways.with_part("devices", name, ports=ports)):
                path = f"devices.{name}.ports.{port_name}.protected"
                text = f"have {name}.{port_name} take protected buffers such as {label} ({path}, now {port.protected})"
                yield ProposedChange(path, "allowed", text)


def iommus(ways: Ways) -> Iterator[ProposedChange]:
    """Put a device behind page tables, as other boards do: `devices.encoder.dma.mmu`."""
    subjects = [*ways.subjects("contiguous-memory"), *ways.subjects("address-reach")]
    for name in dict.fromkeys(subject.partition("→")[2] for subject in subjects):
        dma = ways.platform.devices[name].dma
        if dma.mmu or dma.iommu is not None:
            continue
        counted = [field for field in ("segments", "boundary") if getattr(dma, field) is not None]
        update = {"mmu": True} | dict.fromkeys(counted)
        if ways.solvable(ways.with_part("devices", name, dma=dma.model_copy(update=update))):
            path = f"devices.{name}.dma.mmu"
            text = f"put {name} behind an IOMMU of its own, as other boards do ({path}, now false"
            yield ProposedChange(
                path, True, f"{text}; {' and '.join(counted)} then null)" if counted else f"{text})"
            )


GENERATORS: Final[tuple[tuple[str, Callable[[Ways], Iterator[ProposedChange]]], ...]] = (
    ("larger memories", memory_sizes),
    ("other counts", counts),
    ("more formats", formats),
    ("other sizes", widths),
    ("wider audiences", invitations.invitations),
    ("narrower audiences", invitations.withdrawals),
    ("wider apertures", apertures),
    ("more of a resource", resources),
    ("higher limits of heaps", heap_limits),
    ("devices behind a firewall", firewalls),
    ("ports for protected buffers", protected_ports),
    ("devices behind an IOMMU", iommus),
    ("conversions where they are forbidden", detours.allowed),
    ("devices that convert", detours.edges),
)
"""Cheapest first, with what to call them where they were not tried."""
