"""Buffers that exist already: fixed, charged, never moved (design §3, `live:`).

What a placement takes of budgets is written on its attachments when it is made (`attached`),
and read when others are solved beside it (`existing_usage`). What is not written there, as in answers
of earlier versions or by hand, counts by its worse end: a promise must not be overbooked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heapwright.platforms.errors import Diagnostic, InputError, shown
from heapwright.platforms.schema import ConversionEdge, Port
from heapwright.solver.answer.plan import AttachedPort, Placement
from heapwright.solver.board.board import Board, DeviceView
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import price, share
from heapwright.solver.candidates.images import knows
from heapwright.solver.candidates.usage import Usage, block_shares
from heapwright.solver.constraints.cases import BoundAttachment, Placed, lives_in
from heapwright.solver.constraints.graph import resource
from heapwright.solver.constraints.memory import capacity
from heapwright.solver.constraints.reach import iova_aperture
from heapwright.solver.question.facts import End
from heapwright.solver.question.pipeline import Attachment, Selector
from heapwright.solver.question.terms import attachment_of


def attached(placed: Placed) -> tuple[AttachedPort, ...]:
    """Who touches a buffer, with all that later questions must know of it."""
    sides = _sides(placed)
    return tuple(
        AttachedPort(
            device=attachment.device.name,
            port=attachment.name,
            access=attachment.use.access,
            uses=dict(sorted(attachment.uses)) if _uses_any(attachment.port) else None,
            how_often="rarely" if attachment.use.how_often == "rarely" else "often",
            converts=sides[index].number if index in sides else None,
        )
        for index, attachment in enumerate(placed.attachments)
    )


def _sides(placed: Placed) -> dict[int, End]:
    """Which of the attachments, by number, are sides of conversions."""
    found: dict[int, End] = {}
    for end in placed.ends:
        plain = attachment_of(end)
        for index, attachment in enumerate(placed.attachments):
            if index not in found and attachment.device is end.device and attachment.use == plain:
                found[index] = end
                break
    return found


def _uses_any(port: Port) -> bool:
    return bool(port.uses) or any(rule.uses for rule in port.images)


def existing_usage(board: Board, live: Sequence[Placement]) -> Usage:
    """What live placements use of every budget of `board`.

    Raises:
        InputError: a placement names a heap, device or port that the board lacks.
    """
    problems = [problem for placement in live for problem in _problems(board, placement)]
    if problems:
        raise InputError(problems)
    charges: dict[Budget, int] = {}
    reserved: dict[str, tuple[tuple[Budget, int], ...]] = {}
    shares: dict[Budget, int] = {}
    for placement in live:
        placed = _placed(board, placement)
        taken = price(placed)
        for budget, each, once in taken.charges:
            if capacity.of_runs(budget):
                continue
            amount = placement.count * each + once
            charges[budget] = charges.get(budget, 0) + amount
            if budget.shared and budget.limit > 0:
                shares[budget] = shares.get(budget, 0) + share(budget, amount)
        if taken.reserved:
            reserved[placed.backing.name] = tuple(taken.reserved)
    for budget, of_block in block_shares(reserved):
        shares[budget] = shares.get(budget, 0) + of_block
    for name, least in _certain(board, live).items():
        budget = resource.counted(board, name)
        if budget in charges:
            charges[budget] = min(charges[budget], max(least, budget.limit))
    charges = {budget: iova_aperture.at_most(budget, amount) for budget, amount in charges.items()}
    return Usage(charges, reserved, shares)


def _certain(board: Board, live: Sequence[Placement]) -> dict[str, int]:
    """Of each resource, what live placements use for certain: of the rest they use no more than there is."""
    found = dict.fromkeys(board.platform.resources, 0)
    for attached in (each for placement in live for each in placement.attachments):
        port = board.devices[attached.device].spec.ports[attached.port]
        for name, number in (port.uses if attached.uses is None else attached.uses).items():
            found[name] = found.get(name, 0) + number
    return found


def _problems(board: Board, placement: Placement) -> list[Diagnostic]:
    where = f"live buffer {shown(placement.buffer)}"
    return [Diagnostic("live", None, (), f"{where}: {text}") for text in _lacking(board, placement)]


def _lacking(board: Board, placement: Placement) -> Iterator[str]:
    """What a placement names and the board does not have."""
    if placement.heap not in board.heaps:
        known = ", ".join(board.heaps)
        yield f"{board.name} has no heap {shown(placement.heap)}; heaps are {known}"
        return
    for attached in placement.attachments:
        title, device = f"{attached.device}.{attached.port}", board.devices.get(attached.device)
        if device is None or attached.port not in device.spec.ports:
            yield f"{board.name} has no {title}"
            continue
        for name in attached.uses or ():
            if name not in board.platform.resources:
                yield f"{title} uses {shown(name)}, and {board.name} has no such resource"
        if attached.converts is not None and _edge(device, attached) is None:
            yield f"{title} is no side of an edge {attached.converts} of {attached.device}"


def _edge(device: DeviceView, attached: AttachedPort) -> ConversionEdge | None:
    """The edge of which an attachment says that it is a side."""
    number, edges = attached.converts, device.spec.converts
    if number is None or number >= len(edges):
        return None
    edge = edges[number]
    return edge if attached.port == (edge.from_ if attached.access == "read" else edge.to) else None


def _placed(board: Board, placement: Placement) -> Placed:
    attachments, ends = [], []
    for attached in placement.attachments:
        device = board.devices[attached.device]
        selector = Selector(device.spec.kind, None, None, None, attached.port)
        use = Attachment(selector, attached.access, 0, None, None, attached.how_often, None)
        port = device.spec.ports[attached.port]
        uses = most_used(port, placement) if attached.uses is None else attached.uses
        as_used = port.model_copy(update={"uses": uses, "images": ()})
        attachments.append(BoundAttachment(device, attached.port, as_used, use))
        edge = _edge(device, attached)
        if edge is not None and attached.converts is not None:
            ends.append(End(device, attached.converts, edge, attached.access))
    heap = board.heaps[placement.heap]
    backing = lives_in(board, heap, tuple(attachments))
    sizes = placement.sizes or (placement.size,)
    return Placed(
        board,
        placement.buffer,
        heap,
        backing,
        sizes,
        placement.rate,
        tuple(attachments),
        tuple(ends),
        existing=True,
    )


def most_used(port: Port, placement: Placement) -> dict[str, int]:
    """Of each resource, the most that a port may use for a placement that does not say.

    How it was attached (rotated, of which codec) is not known, so every rule for its format
    and modifier may have been taken. Of each resource the rule that uses most counts: it is
    better to refuse what would have fitted than to promise what is in use.
    """
    most: dict[str, int] = {}
    for rule in port.images:
        if placement.format in rule.formats and knows(rule, placement.modifier or ""):
            for name, number in rule.uses.items():
                most[name] = max(most.get(name, 0), number)
    return {name: port.uses.get(name, 0) + most.get(name, 0) for name in {**port.uses, **most}}
