"""Buffers that exist already: fixed, charged, never moved (design §3, `live:`)."""

from __future__ import annotations

from collections.abc import Sequence

from platforms.errors import InputError, Problem
from platforms.schema import ImageRule, Port
from platforms.values import shown
from solver.board import Board
from solver.constraint import Budget, Placed, Touch, lives_in
from solver.constraints import BUDGETS, capacity
from solver.images import knows
from solver.ledger import Ledger, block_shares
from solver.option import share
from solver.pipeline import Attachment, Selector
from solver.plan import Placement


def ledger(board: Board, live: Sequence[Placement]) -> Ledger:
    """What live placements use of every budget of `board`.

    Raises:
        InputError: a placement names a heap, device or port that the board lacks.
    """
    problems = [problem for placement in live for problem in _problems(board, placement)]
    if problems:
        raise InputError(problems)
    charges: dict[Budget, int] = {}
    locks: dict[str, tuple[tuple[Budget, int], ...]] = {}
    shares: dict[Budget, int] = {}
    for placement in live:
        placed = _placed(board, placement)
        for kind in BUDGETS:
            for budget, amount in kind.charges(placed):
                charges[budget] = charges.get(budget, 0) + amount
                if budget.shared and budget.limit > 0:
                    shares[budget] = shares.get(budget, 0) + share(budget, amount)
        found = tuple(capacity.locks(placed))
        if found:
            locks[placed.home.name] = found
    for budget, of_block in block_shares(locks):
        shares[budget] = shares.get(budget, 0) + of_block
    return Ledger(charges, locks, shares)


def _problems(board: Board, placement: Placement) -> list[Problem]:
    where = f"live buffer {shown(placement.buffer)}"
    if placement.heap not in board.heaps:
        known = ", ".join(board.heaps)
        return [
            Problem(
                "live",
                None,
                (),
                f"{where}: {board.name} has no heap {shown(placement.heap)}; heaps are {known}",
            )
        ]
    return [
        Problem("live", None, (), f"{where}: {board.name} has no {attached.device}.{attached.port}")
        for attached in placement.attachments
        if attached.device not in board.devices
        or attached.port not in board.devices[attached.device].spec.ports
    ]


def _placed(board: Board, placement: Placement) -> Placed:
    touches = []
    for attached in placement.attachments:
        device = board.devices[attached.device]
        selector = Selector(device.spec.kind, None, None, None, attached.port)
        use = Attachment(selector, attached.access, 0, None, None, "often", None)
        port = device.spec.ports[attached.port]
        touches.append(Touch(device, attached.port, port, use, _rule(port, placement)))
    heap = board.heaps[placement.heap]
    home = lives_in(board, heap, tuple(touches))
    sizes = placement.sizes or (placement.size,)
    return Placed(board, placement.buffer, heap, home, sizes, placement.count, placement.rate, tuple(touches))


def _rule(port: Port, placement: Placement) -> ImageRule | None:
    """The rule under which a port holds a live image: of those that may be, the one that uses least."""
    rules = (r for r in port.images if placement.format in r.formats and knows(r, placement.modifier or ""))
    return min(rules, key=lambda rule: sum(rule.uses.values()), default=None)
