"""Kinds and cost terms drawn at random: each reads one or two fields of what its scope is shown.

Fields are those that the shown values have: a field that is new is drawn by itself. Numbers and
words they are compared with are those of the question at hand, so that most rules bind somewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from math import lcm
from random import Random
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from heapwright.platforms.schema import Platform
from heapwright.solver.board.budget import Budget
from heapwright.solver.candidates.candidate import Option
from heapwright.solver.constraints.cases import Case
from heapwright.solver.constraints.kind import ConstraintKind, Scope, shows
from heapwright.solver.layout.layout import Demand
from heapwright.solver.objective.term import CostTerm, Counted
from heapwright.solver.question.pipeline import Pipeline
from tests.property import catalogue, drawn_facts, drawn_layout_facts
from tests.property.candidates import Candidates
from tests.property.drafts import Draft
from tests.property.fields import Fields, read

KEPT: Final = 16
LARGE: Final = 1 << 20
MOST: Final = 1500
"""Combinations that are weighed."""


class Atom(NamedTuple):
    """A claim about one field."""

    path: str
    test: str
    against: Any

    def holds(self, value: Any) -> bool:
        value = read(value, "")
        if self.test == "has":
            return isinstance(value, tuple) and self.against in value
        if self.test == "odd":
            return isinstance(value, int) and value // self.against % 2 == 1
        if self.test == "at least":
            return isinstance(value, int) and value >= self.against
        return bool(value == self.against)

    def __str__(self) -> str:
        return f"{self.path} {self.test} {self.against!r}"


class Rule(NamedTuple):
    """A kind of a scope, broken where all atoms hold; or a term, whose value is `number` where they do."""

    scope: Any
    atoms: tuple[Atom, ...]
    number: int | str = 1
    """What is charged or costs so much: a number, or the field that has it."""
    limit: int = 0
    """Of a budget."""
    field: str = "multiple"
    """Of a layout, on which is asked."""
    rank: int = 0
    """Of a term."""

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(atom.path for atom in self.atoms)

    def holds(self, *values: Any) -> bool:
        return all(atom.holds(value) for atom, value in zip(self.atoms, values, strict=True))

    def amount(self, *values: Any) -> int:
        if isinstance(self.number, int):
            return self.number if self.holds(*values) else 0
        *values_of_atoms, value = values
        return min(abs(value), LARGE) if self.holds(*values_of_atoms) and isinstance(value, int) else 0

    def made(self) -> ConstraintKind | CostTerm:
        """The kind or the term."""
        priced = self.reads if isinstance(self.number, int) else (*self.reads, self.number)
        if self.scope in ("placed", "counted"):
            return CostTerm(name=catalogue.NAME, scope=self.scope, rule=self.amount, reads=priced)
        if self.scope == "budget":
            budget = Budget(catalogue.NAME, "board", self.limit, "things", False)
            return catalogue.budget(lambda *values: [(budget, self.amount(*values), 0)], *priced)
        if self.scope == "layout":
            return catalogue.kind(
                "layout", self._states, "rule.formats", *self.reads, asks=lambda need, *_: self._demand(need)
            )
        mine = [atom for atom in self.atoms if atom.path.startswith("attachment.")]
        mine = [atom for atom in mine if not atom.path.startswith("attachment.rule")]
        concern = self._replace(atoms=tuple(mine))
        return catalogue.kind(
            self.scope, self.holds, *self.reads, concerned_by=concern.reads, concern=concern.holds
        )

    def _states(self, formats: Any, *values: Any) -> bool:
        return formats is not None and self.holds(*values)

    def _demand(self, need: Demand) -> None:
        if self.field == "block":
            need.block = need.block._replace(width=lcm(need.block.width, int(self.number)))
        else:
            setattr(need, self.field, lcm(getattr(need, self.field), int(self.number)))

    def __str__(self) -> str:
        what = " and ".join(map(str, self.atoms)) or "always"
        return f"{self.scope} (rank {self.rank}, {self.field}, {self.number} of {self.limit}): {what}"


class Mutation(NamedTuple):
    """A small question, and what is added to the catalogue."""

    seed: int
    rule: Rule

    def question(self) -> tuple[Platform, tuple[Pipeline, ...]]:
        return question(self.seed)


# Questions


_DRAWN_FACTS: Final = (
    drawn_facts.linear, drawn_facts.iommu, drawn_facts.bits, drawn_facts.small_memory, drawn_facts.heap_limits, drawn_facts.count, drawn_facts.holds,
    drawn_facts.incoherent, drawn_facts.lock, drawn_facts.alternatives, drawn_facts.stage, drawn_facts.protected, drawn_facts.resource,
    drawn_facts.codec, drawn_facts.label, drawn_facts.by_cpu, drawn_layout_facts.stride_multiple, drawn_layout_facts.dmabufs,
    drawn_layout_facts.rows, drawn_layout_facts.tiled, drawn_layout_facts.modified, drawn_layout_facts.when, drawn_layout_facts.colours,
)  # fmt: skip


def question(seed: int) -> tuple[Platform, tuple[Pipeline, ...]]:
    """A small question whose buffers and heaps are alike in much, and used in different ways."""
    random = Random(f"mutations/{seed}")
    draft = Draft(random)
    for fact in random.sample(_DRAWN_FACTS, random.choice((0, 1, 2, 3))):
        fact(draft)
    _alike(draft)
    for port in (port for device in draft.devices.values() for port in device["ports"].values()):
        port.setdefault("rotate", [0, 90, 180, 270])
    for buffer in (buffer for file in draft.files for buffer in file.values()):
        for use in [*buffer["written_by"], *buffer["read_by"]]:
            if "port" in use and draft.chance(2):
                fact, value = draft.pick(
                    ("rotate", 180), ("how_often", "rarely"), ("crop", "2x2+0+0"), ("scale", "2x2")
                )
                use.setdefault(fact, value)
    _twins(draft)
    data = draft.data()
    platform = Platform.model_validate(data["platform"])
    return platform, tuple(Pipeline.model_validate(each) for each in data["pipelines"])


def _alike(draft: Draft) -> None:
    """A buffer like another, so that what is known of one might be taken for both."""
    buffers = [buffer for file in draft.files for buffer in file.values()]
    if len(buffers) < 3 and draft.chance(2):
        draft.files[0]["like"] = {**deepcopy(draft.pick(*buffers)), "rate": draft.pick(1, 30)}


def _twins(draft: Draft) -> None:
    """A heap like another but for one fact, so that one might stand for both."""
    name = draft.pick(*draft.heaps)
    fact, value = draft.pick(
        ("cpu", "cached"), ("cpu", "uncached"), ("run", 256), ("largest", 4096), ("sync", "none"),
        ("via", "drm"), ("cpu", "write-combined"), ("requires_p2p", True),
    )  # fmt: skip
    if len(draft.heaps) < 4:
        draft.heaps[f"{name}b"] = {**draft.heaps[name], "names": ["other"], fact: value}


# What is offered


def shown(scope: Any, platform: Platform, pipelines: Sequence[Pipeline]) -> list[Any]:
    """What the solver's kinds or terms of a scope read in a question: some of it, evenly."""
    seen: list[Any] = []
    if scope in ("placed", "counted", "budget"):
        options = [option for each in Candidates(platform, pipelines).of for option in each]
        seen += [o.placed for o in options] if scope != "counted" else map(_counted, options)
    else:
        with catalogue.holding(_Looking(scope, seen)):
            Candidates(platform, pipelines)
    step = max(1, len(seen) // KEPT)
    return seen[::step]


def _counted(option: Option) -> Counted:
    return Counted(
        option.placed,
        option.number,
        option.rank,
        option.dropped,
        option.loss,
        option.preferred,
        option.shares,
    )


class _Looking:
    """Stands for a kind of a scope, and keeps what it is asked about."""

    name, budget = catalogue.NAME, None

    def __init__(self, scope: Scope, seen: list[Any]) -> None:
        self.scope = scope
        self._seen = seen

    def concerns(self, case: Case) -> bool:
        return True

    def violates(self, case: Any) -> bool:
        self._seen.append(case)
        return False

    states = violates


def offered(scope: Any, platform: Platform, pipelines: Sequence[Pipeline]) -> dict[str, list[Any]]:
    """The fields that a scope may read and that differ somewhere in a question, with what they are."""
    found: dict[str, dict[Any, None]] = {}
    known = Fields()
    for view in shown(scope, platform, pipelines):
        for path, value in known.of(view):
            if scope in ("placed", "counted", "budget") or shows(scope, path):
                found.setdefault(path, {})[value] = None
    return {path: list(values) for path, values in sorted(found.items()) if len(values) > 1}


# What is drawn


@st.composite
def mutations(draw: st.DrawFn, scopes: Sequence[str]) -> Mutation:
    seed = draw(st.integers(0, 1 << 24))
    scope = draw(st.sampled_from(scopes))
    platform, pipelines = question(seed)
    known = offered(scope, platform, pipelines)
    atoms = tuple(draw(_atoms(known)) for _ in range(draw(st.sampled_from((1, 1, 2))))) if known else ()
    numbers = [path for path, values in known.items() if any(type(value) is int for value in values)]
    number: int | str = draw(st.sampled_from((1, 2, 3)))
    if scope in ("placed", "counted", "budget") and numbers and draw(st.booleans()):
        number = draw(_paths(numbers))
    if scope == "layout":
        number = draw(st.sampled_from((16, 48, 64, 128)))
    field = draw(st.sampled_from(("multiple", "rows", "offset", "block")))
    limit = draw(st.sampled_from((0, 1, 2, 3, 64, 1024)))
    return Mutation(seed, Rule(scope, atoms, number, limit, field, draw(st.sampled_from((0, 4, 8)))))


@st.composite
def _atoms(draw: st.DrawFn, known: dict[str, list[Any]]) -> Atom:
    path = draw(_paths(sorted(known)))
    value = draw(st.sampled_from(known[path]))
    if isinstance(value, tuple) and value and draw(st.booleans()):
        return Atom(path, "has", draw(st.sampled_from(value)))
    if type(value) is int:
        test = draw(st.sampled_from(("is", "at least", "odd")))
        return Atom(path, test, draw(st.sampled_from((1, 4, 64))) if test == "odd" else value)
    return Atom(path, "is", value)


@st.composite
def _paths(draw: st.DrawFn, known: Sequence[str]) -> str:
    """One of them, step by step, so that few fields of an attachment are drawn as often as many of a device."""
    steps, found = [path.split(".") for path in known], []
    while steps:
        found.append(draw(st.sampled_from(list(dict.fromkeys(each[0] for each in steps)))))
        steps = [each[1:] for each in steps if each[0] == found[-1]]
        if ([] in steps and draw(st.booleans())) or all(not each for each in steps):
            break
        steps = [each for each in steps if each]
    return ".".join(found)
