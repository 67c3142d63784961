"""Dynamic programming over groups: of all partial choices only the Pareto-best are kept.

A label is a partial choice: what it charges, and which devices and blocks it binds that later groups ask
about too. Of two labels that bind the same, one that charges no less of anything is left out. Levels are
closed one after the other, each as the least that the largest of some rows can be: of one row, for sums,
and neighbouring sums are one number. A level that is closed has a limit, as a budget has one.

Everything is counted above what every choice charges. What a label charges is one integer with a field
of bits for each row: one addition, one comparison, however many rows there are. At first only the few
best labels are kept (a beam); where none had to be left out, the best of them is the best, else
something better is looked for among all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from math import inf
from operator import le
from typing import Final, NamedTuple

from heapwright.platforms.errors import HeapwrightError
from heapwright.solver.candidates.candidate import DeviceAssignment
from heapwright.solver.question.limits import NO_LIMITS, LimitReached, Limits
from heapwright.solver.search.selection import Amounts, EngineAnswer, SearchLimits, Selection, Status

BEAM: Final = 8
"""Labels that are kept at first."""
PIECES: Final = 1_000
"""Columns for all buffers: with more of them labels hardly ever suffice, and even a beam takes long."""
LABELS: Final = 3_000
"""Labels that may be made to close a level: about 5 ms, which is what CP-SAT takes for a small question."""
SWEPT: Final = 100_000
"""Labels that may be made for a whole front: about 0.2 s."""
COMPARED: Final = 60
"""A label is compared with so many at most."""

State = tuple[frozenset[tuple[int, str | None]], int]
"""Devices bound, by number of their variable, and blocks locked, as bits."""
Label = tuple[int, int]
"""What it charges, and how often each column is taken: a field each, higher for earlier names."""
Labels = dict[State, list[Label]]
Left = list[list[int]]
"""Variables of columns that may still be taken, group by group."""


class TooManyLabelsError(HeapwrightError):
    """More than may be made."""


class LimitedRow(NamedTuple):
    """What columns and blocks add to what is there at the start, by number, and what it may be at most."""

    amounts: Sequence[int]
    blocks: Sequence[int]
    limit: int
    start: int = 0


def best(asked: Selection, limits: SearchLimits, known: EngineAnswer | None = None) -> EngineAnswer | None:
    """The best choice, or as much of it as can be closed; None where that is nothing."""
    pieces = sum(group.size * len(group.columns) for group in asked.groups if len(group.columns) > 1)
    if pieces > PIECES or not all(group.whole for group in asked.groups):
        return None
    return _Fronts(asked, limits.whole).answer()


class Front(NamedTuple):
    """The Pareto-best choices: what the first levels and each budget are of each, and what it takes.

    It does not depend on what budgets hold, up to what they held when it was made: so it answers a whole
    sweep of them. Levels are those before the first to which buffers do not add each for itself.
    """

    choices: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]

    def best(self, rooms: Sequence[int]) -> tuple[int, ...] | None:
        """The levels of the best choice for which there is room."""
        fit = (levels for levels, used, _ in self.choices if all(map(le, used, rooms)))
        return min(fit, default=None)

    def smallest(self, budget: int, rooms: Sequence[int]) -> int | None:
        """How much of a budget suffices for some choice, where the others have so much room."""
        others = [*rooms[:budget], inf, *rooms[budget + 1 :]]
        return min([used[budget] for _, used, _ in self.choices if all(map(le, used, others))], default=None)


def front(asked: Selection) -> Front | None:
    """All that may be best of a selection if budgets hold as much as they do or less; None if that is too much."""
    asked = asked._replace(levels=asked.levels[: asked.separate])
    fronts = _Fronts(asked)
    mixed = [fronts.mixed(range(len(asked.levels)), names=False)] if asked.levels else []
    walk = _Walk(asked, fronts.left, [], [*fronts.rows, *mixed])
    walk.most = SWEPT
    try:
        ends = walk.ends(None)
    except TooManyLabelsError:
        return None
    taken = [(walk.values(label[0])[: len(asked.rooms)], walk.counts(label)) for label in ends]
    return Front(tuple(sorted((tuple(asked.values(counts)), tuple(used), counts) for used, counts in taken)))


class _Fronts:
    """Levels closed so far, as rows, and the columns that are left."""

    def __init__(self, asked: Selection, whole: Limits = NO_LIMITS) -> None:
        self.asked = asked
        self.whole = whole
        self.columns = [column for group in asked.groups for column in group.columns]
        self.left: Left = [[*range(g.first, g.first + len(g.columns))] for g in asked.groups]
        charges, once = [c.charges for c in self.columns], [block.charges for block in asked.blocks]
        self.rows = [LimitedRow(_of(n, charges), _of(n, once), room) for n, room in enumerate(asked.rooms)]
        self.counts: tuple[int, ...] = ()

    def answer(self) -> EngineAnswer | None:
        closed = 0
        status: Status = "optimal"
        try:
            for levels in _stages(self.asked):
                if not self._close(levels):
                    return EngineAnswer("infeasible")
                closed = levels.stop
        except (TooManyLabelsError, LimitReached):
            if not self.counts:
                return None
            status = "feasible"
        return EngineAnswer(status, self.counts, tuple(self.asked.values(self.counts)[:closed]))

    def _close(self, levels: range) -> bool:
        """Whether there is a choice; the best at these levels is in `counts`, and they have a limit now."""
        step = self.asked.levels[levels[0]].step if levels else 1
        goal = self._goal(levels)
        if levels.stop < len(self.asked.levels) and all(self._is_constant(row) for row in goal):
            return True
        walk = _Walk(self.asked, self.left, self.rows, goal, self.whole)
        self.left = walk.left
        value = self._improved(walk, BEAM, step)
        if walk.narrowed:
            better = goal if value is None else [row._replace(limit=value - step) for row in goal]
            if better or value is None:
                found = self._improved(
                    _Walk(self.asked, self.left, self.rows, better, self.whole), None, step
                )
                value = value if found is None else found
        self.rows += [row._replace(limit=value) for row in goal if value is not None]
        return value is not None

    def _is_constant(self, row: LimitedRow) -> bool:
        """Whether it is the same whatever is taken."""
        of_groups = ([row.amounts[v] for v in variables] for variables in self.left)
        return not any(row.blocks) and all(min(of) == max(of) for of in of_groups)

    def _improved(self, walk: _Walk, beam: int | None, step: int) -> int | None:
        """The value of the best choice that a walk finds, in whole steps."""
        found = walk.best(beam)
        if found is None:
            return None
        self.counts = walk.counts(found)
        return -(-walk.value(found[0]) // step) * step

    def _goal(self, levels: range) -> list[LimitedRow]:
        """Rows of which the largest is to be least."""
        if not self.asked.levels:
            return []
        plain = not levels or self.asked.levels[levels[0]].plain
        names = levels.stop == len(self.asked.levels)
        return [self.mixed(levels, names=names)] if plain else list(self._largest(levels[0]))

    def mixed(self, levels: range, *, names: bool) -> LimitedRow:
        """Levels as one number: the earlier ones weigh more than all that follow, names least."""
        asked, columns = self.asked, self.columns
        weight, amounts, blocks = 1, [0] * len(columns), [0] * len(asked.blocks)
        parts = [([c.values[n] for c in columns], [b.values[n] for b in asked.blocks]) for n in levels]
        if names:
            fields, bits = _fields(asked, self.left)
            weight = 1 << bits
            for variable, field in fields.items():
                amounts[variable] = -(1 << field)
            parts.append(([c.rank for c in columns], [0] * len(asked.blocks)))
        for values, once in reversed(parts):
            amounts = [low + weight * value for low, value in zip(amounts, values, strict=True)]
            blocks = [low + weight * value for low, value in zip(blocks, once, strict=True)]
            low = [min([values[v] for v in variables]) for variables in self.left]
            weight *= 1 + _most(asked, self.left, values, once) - _sum(asked, low)
        return LimitedRow(amounts, blocks, _most(asked, self.left, amounts, blocks))

    def _largest(self, index: int) -> Iterator[LimitedRow]:
        """A row for each memory, with what the level adds to its share."""
        asked, level = self.asked, self.asked.levels[index]
        values, once = [c.values[index] for c in self.columns], [b.values[index] for b in asked.blocks]
        for memory, held in enumerate(asked.held or (0,)) if level.largest else [(-1, 0)]:
            shares = _of(memory, [c.shares for c in self.columns])
            locked = _of(memory, [b.shares for b in asked.blocks])
            amounts = [a + b for a, b in zip(values, shares, strict=True)]
            blocks = [a + b for a, b in zip(once, locked, strict=True)]
            start = level.base + held
            yield LimitedRow(amounts, blocks, start + _most(asked, self.left, amounts, blocks), start)


class _Piece(NamedTuple):
    """A column above the floors of its group."""

    charges: int
    taken: int
    blocks: tuple[int, ...]
    devices: DeviceAssignment


class _Walk:
    """One walk through all groups, within the limits of rows and of the goal's."""

    def __init__(
        self,
        asked: Selection,
        left: Left,
        rows: Sequence[LimitedRow],
        goal: Sequence[LimitedRow],
        whole: Limits = NO_LIMITS,
    ) -> None:
        whole.check()
        self.asked = asked
        self.whole = whole
        self.narrowed = False
        """Whether labels were left out that might have led to the best."""
        self.made, self.most = 0, LABELS
        self.left, floors = _reduced(asked, left, [*rows, *goal])
        self.possible = all(self.left)
        self.kept: list[tuple[LimitedRow, list[int], int]] = []
        """Rows that may be exceeded, with floors and what is left above them; the goal's last."""
        self.starts: list[int] = []
        if not self.possible:
            return
        self.columns = [column for group in asked.groups for column in group.columns]
        largest = 0
        for number, (row, low) in enumerate(zip([*rows, *goal], floors, strict=True)):
            floor = row.start + _sum(asked, low)
            most = _most(asked, self.left, row.amounts, row.blocks) + row.start
            if number >= len(rows):
                self.starts.append(floor)
            elif most <= row.limit:
                continue
            self.kept.append((row, low, row.limit - floor))
            largest = max(largest, row.limit - floor, most - floor)
        self.bits = largest.bit_length() + 1
        self.guard = sum(1 << (self.bits * (n + 1) - 1) for n in range(len(self.kept)))
        self.room = self._packed([slack for *_, slack in self.kept]) | self.guard
        self.locks = [
            self._packed([row.blocks[b] for row, *_ in self.kept]) for b in range(len(asked.blocks))
        ]
        self.fields, _ = _fields(asked, self.left)
        self.differ: dict[int, set[int]] = {}
        for one, other in asked.must_differ:
            self.differ.setdefault(one, set()).add(other)
            self.differ.setdefault(other, set()).add(one)

    def _packed(self, amounts: Iterable[int]) -> int:
        return sum(amount << (self.bits * number) for number, amount in enumerate(amounts))

    def _unpacked(self, charges: int) -> list[int]:
        mask = (1 << self.bits) - 1
        return [charges >> (self.bits * n) & mask for n in range(len(self.kept))]

    def values(self, charges: int) -> list[int]:
        """What the rows of the goal are."""
        above = self._unpacked(charges)[len(self.kept) - len(self.starts) :]
        return [start + amount for start, amount in zip(self.starts, above, strict=True)]

    def value(self, charges: int) -> int:
        """The largest of them."""
        return max(self.values(charges), default=0)

    def counts(self, label: Label) -> tuple[int, ...]:
        """How often each column is taken."""
        found = [0] * len(self.columns)
        for group, variables in zip(self.asked.groups, self.left, strict=True):
            mask = (1 << group.size.bit_length()) - 1
            for v in variables:
                found[v] = label[1] >> self.fields[v] & mask if len(variables) > 1 else group.size
        return tuple(found)

    def best(self, beam: int | None) -> Label | None:
        """The best label, if so many suffice on the way."""
        return min(self.ends(beam), key=lambda label: (self.value(label[0]), label), default=None)

    def ends(self, beam: int | None) -> list[Label]:
        """The Pareto-best of all choices."""
        if not self.possible:
            return []
        labels = self._begun()
        order = self._order()
        for place, number in enumerate(order):
            pieces = self._pieces(number)
            for _ in range(self.asked.groups[number].size):
                labels = self._merged(labels, pieces, beam)
            labels = self._forgotten(labels, order[place + 1 :])
        return [label for of_state in labels.values() for label in of_state]

    def _order(self) -> list[int]:
        """Groups that have a choice: those that take most of what is left first."""

        def weight(number: int) -> float:
            parts = [
                (max(row.amounts[v] for v in self.left[number]) - low[number]) / (slack + 1)
                for row, low, slack in self.kept
            ]
            return max(parts, default=0.0)

        return sorted((n for n, vs in enumerate(self.left) if len(vs) > 1), key=lambda n: (-weight(n), n))

    def _begun(self) -> Labels:
        """Nothing taken but what there is no choice about."""
        labels: Labels = {(frozenset(), 0): [(0, 0)]}
        for number, variables in enumerate(self.left):
            column = self.columns[variables[0]]
            if len(variables) == 1 and (column.devices or column.blocks):
                labels = self._merged(labels, self._pieces(number), None)
        return labels

    def _pieces(self, number: int) -> list[_Piece]:
        pieces = []
        for v in self.left[number]:
            column = self.columns[v]
            charges = self._packed([row.amounts[v] - low[number] for row, low, _ in self.kept])
            taken = 1 << self.fields[v] if v in self.fields else 0
            pieces.append(_Piece(charges, taken, column.blocks, column.devices))
        return pieces

    def _merged(self, labels: Labels, pieces: Sequence[_Piece], beam: int | None) -> Labels:
        """Every label with every piece that goes with it."""
        self.whole.check()
        made: Labels = {}
        room, guard = self.room, self.guard
        for state, of_state in labels.items():
            for piece in pieces:
                joined = self._joined(state, piece)
                if joined is None:
                    continue
                charges, taken = piece.charges, piece.taken
                charges += sum(self.locks[b] for b in piece.blocks if not state[1] >> b & 1)
                made.setdefault(joined, []).extend(
                    [
                        (total, known + taken)
                        for before, known in of_state
                        if (room - (total := before + charges)) & guard == guard
                    ]
                )
            self.made += len(of_state) * len(pieces)
            if beam is None and self.made > self.most:
                raise TooManyLabelsError
        return self._pruned(made, beam)

    def _joined(self, state: State, piece: _Piece) -> State | None:
        """What both bind; None if they disagree."""
        bound, locked = state
        for b in piece.blocks:
            locked |= 1 << b
        if not piece.devices:
            return bound, locked
        known = dict(bound)
        for variable, device in piece.devices:
            if known.setdefault(variable, device) != device:
                return None
            if device is not None and any(known.get(v) == device for v in self.differ.get(variable, ())):
                return None
        return frozenset(known.items()), locked

    def _forgotten(self, labels: Labels, later: Sequence[int]) -> Labels:
        """Without what no later group asks about."""
        columns = [self.columns[v] for number in later for v in self.left[number]]
        asked = {variable for column in columns for variable, _ in column.devices}
        asked |= {other for variable in asked for other in self.differ.get(variable, ())}
        blocks = sum(1 << b for b in {b for column in columns for b in column.blocks})
        found: Labels = {}
        for (bound, locked), of_state in labels.items():
            state = frozenset([pair for pair in bound if pair[0] in asked]), locked & blocks
            found.setdefault(state, []).extend(of_state)
        return found if len(found) == len(labels) else self._pruned(found, None)

    def _pruned(self, labels: Labels, beam: int | None) -> Labels:
        """The Pareto-best of each state; only the best of all in a beam."""
        found = {state: self._undominated(of_state) for state, of_state in labels.items()}
        if beam is None or sum(map(len, found.values())) <= beam:
            return found
        self.narrowed = True
        every = [(label, state) for state, of_state in found.items() for label in of_state]
        cheap = nsmallest(beam // 2, every, key=lambda one: (self.value(one[0][0]), one[0]))
        light = nsmallest(beam // 2, every, key=lambda one: (self._filled(one[0][0]), one[0]))
        kept: Labels = {}
        for label, state in dict.fromkeys([*cheap, *light]):
            kept.setdefault(state, []).append(label)
        return kept

    def _filled(self, charges: int) -> float:
        """How much of what is left is taken, of the row that is fullest."""
        slacks = [slack for *_, slack in self.kept]
        return max([n / (s + 1) for n, s in zip(self._unpacked(charges), slacks, strict=True)], default=0.0)

    def _undominated(self, labels: list[Label]) -> list[Label]:
        """Sums of fields are no less where each field is: those that may be better come first."""
        labels.sort()
        guard = self.guard
        kept: list[Label] = []
        charges: list[int] = []
        for label in labels:
            mine = label[0] | guard
            for theirs in charges:
                if mine - theirs & guard == guard:
                    break
            else:
                kept.append(label)
                if len(charges) < COMPARED:
                    charges.append(label[0])
        return kept


def _stages(asked: Selection) -> Iterator[range]:
    """Neighbouring levels that are plain sums are closed together; the last stage decides names too."""
    start, end = 0, len(asked.levels)
    for index in range(end):
        if not asked.levels[index].plain:
            if start < index:
                yield range(start, index)
            yield range(index, index + 1)
            start = index + 1
    yield range(start, end)


def _fields(asked: Selection, left: Left) -> tuple[dict[int, int], int]:
    """The lowest bit of the field of each column of groups that have a choice, and the number of bits."""
    fields: dict[int, int] = {}
    bits = 0
    for group, variables in zip(reversed(asked.groups), reversed(left), strict=True):
        if len(variables) > 1:
            for v in sorted(variables, key=lambda v: -group.columns[v - group.first].rank):
                fields[v] = bits
                bits += group.size.bit_length()
    return fields, bits


def _reduced(asked: Selection, left: Left, rows: Sequence[LimitedRow]) -> tuple[Left, list[list[int]]]:
    """Columns that go with the least of all others, and the least of each group in each row; none if nothing fits."""
    while True:
        floors = [[min([row.amounts[v] for v in vs]) for vs in left] for row in rows]
        before = sum(map(len, left))
        for row, low in zip(rows, floors, strict=True):
            slack = row.limit - row.start - _sum(asked, low)
            if slack < 0:
                return [[] for _ in left], floors
            left = [
                [v for v in vs if row.amounts[v] - floor <= slack]
                for vs, floor in zip(left, low, strict=True)
            ]
        if not all(left) or sum(map(len, left)) == before:
            return left, floors


def _sum(asked: Selection, of_groups: Sequence[int]) -> int:
    return sum([group.size * amount for group, amount in zip(asked.groups, of_groups, strict=True)])


def _most(asked: Selection, left: Left, amounts: Sequence[int], blocks: Sequence[int]) -> int:
    return sum(blocks) + _sum(asked, [max([amounts[v] for v in variables]) for variables in left])


def _of(number: int, given: Sequence[Amounts]) -> list[int]:
    """What each gives of one budget or memory."""
    return [dict(amounts).get(number, 0) for amounts in given]
