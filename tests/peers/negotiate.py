"""Put a collection to our solver: which combination, which image, which buffer.

That system settles a range of images; we answer for one image at a time. So a
collection becomes questions in a fixed order (combinations as its groups rank
them, then images from small to large), and the first that the solver answers
with a plan is the answer. Every verdict is the solver's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.words import PORTS
from heapwright.solver.answer.plan import Infeasible, Placement, Plan
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.modifiers import opaque
from heapwright.solver.solve import Options, solve

from .cases import Environment, Node, Size, World
from .heaps import Variant
from .images import bases, sizes
from .names import fourcc, modifier_name
from .party import LINEAR, Party, Refused, party
from .translate import Built, Cast, Question, build
from .tree import Combination, Tree

MOST_ALTERNATIVES: Final = 16
"""What one `any_of` of ours holds."""
TRIES: Final = 512
"""Combinations asked one by one, once hopeless children are gone."""


class Waiting(Exception):
    """Only what we do not have yet could answer; what that is are the arguments."""


@dataclass(frozen=True)
class Layout:
    """One image as the solver laid it out, in bytes; a size of None is raw data."""

    asked: Size | None
    size: Size
    strides: tuple[int, ...]
    offsets: tuple[int, ...]
    end: int
    padded: int


@dataclass(frozen=True)
class Failure:
    """No answer: what the last question ran into, and the question."""

    reason: str
    conflict: Infeasible | None = None
    cast: Cast | None = None
    question: Question | None = None


@dataclass(frozen=True)
class Answer:
    """A plan for one collection, read back into that system's words."""

    cast: Cast
    question: Question
    members: tuple[Party, ...]
    choices: dict[str, str]
    built: Built
    plan: Plan
    placement: Placement
    layouts: tuple[Layout, ...]
    dropped: int

    @property
    def variant(self) -> Variant:
        return self.built.variants[self.placement.heap]

    @property
    def pair(self) -> tuple[str, str] | None:
        """(format, modifier) as that system calls them."""
        if self.placement.format is None:
            return None
        found = (self.placement.format, self.placement.modifier)
        return next(p for p in self.cast.pairs if (fourcc(p[0]), canonical(p[1])) == found)

    @property
    def colour(self) -> str | None:
        """The colour space, without our mark for alpha."""
        return self.placement.colour and self.placement.colour.partition("/")[0]

    @property
    def floor(self) -> int:
        """The smallest buffer anyone takes."""
        return max([0, *(member.min_bytes for member in self.members)])

    @property
    def size_bytes(self) -> int:
        return max(self.floor, *(layout.end for layout in self.layouts))

    @property
    def padded(self) -> int:
        return max(self.size_bytes, *(layout.padded for layout in self.layouts))

    @property
    def one_run(self) -> bool:
        """Whether the buffer is sure to be one physical run: a page always is."""
        return self.variant.whole or self.padded <= self.built.platform.page

    @property
    def attached(self) -> set[str]:
        """The participants whose devices the plan attaches."""
        owners = self.built.owners
        return {owners[a.device] for a in self.placement.attachments if a.device in owners}


def waits_for(modifier: str) -> str:
    """Why a modifier without a layout cannot be answered: DRM does not have it."""
    return f"layout of {modifier}"


def canonical(modifier: str) -> str:
    """Their modifier by DRM's canonical name."""
    return parse_modifier(modifier_name(modifier)).name


class Negotiation:
    """One collection: its tree, the file's world and the server's limits."""

    def __init__(
        self,
        world: World,
        limits: Environment,
        nodes: Sequence[Node],
        api: str,
        name: str = "frame",
        converters: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.world = world
        self.limits = limits
        self.api = api
        self.name = name
        self.converters = converters
        self.tree = Tree(nodes)

    def settle(self) -> Answer | Failure:
        """The first answer in that system's order of preference, or the last failure."""
        last: Failure = Failure("no combination of the groups' children")
        for found in self.settlements():
            if isinstance(found, Answer):
                return found
            last = found
        return last

    def settlements(self) -> Iterator[Answer | Failure]:
        """What becomes of each combination, in order."""
        whole = self._as_any_of()
        if whole is not None:
            yield self._attempt(whole, {})
            return
        tree = self.tree
        if tree.number() > self.limits.max_group_combinations:
            hopeless = self._hopeless()
            if isinstance(hopeless, Failure):
                yield hopeless
                return
            tree = tree.pruned(hopeless)
        for combination in islice(tree.combinations(), TRIES):
            yield self._combined(combination)
        if tree.number() > TRIES:
            yield Failure(f"undecided: no answer in {TRIES} of {tree.number()} combinations")

    def _combined(self, combination: Combination) -> Answer | Failure:
        try:
            slots = tuple((self.party(node),) for node in combination.members if not node.empty)
            return self._attempt(Cast(self.name, slots, self.converters), combination.choices)
        except Refused as refusal:
            return Failure(str(refusal))

    def party(self, node: Node) -> Party:
        """The participant of a node, with its defaults."""
        return party(node, self.world, self.limits, self.api)

    def _hopeless(self) -> frozenset[str] | Failure:
        """Children of groups that fail beside the certain participants alone: company never helps."""
        certain = self.tree.certain()
        hopeless: set[str] = set()
        for group in self.tree.groups():
            children = self.tree.children(group)
            last = Failure(f"group {group.id} has no child")
            for child in children:
                found = self._combined(Combination(certain + self.tree.certain([child]), {}))
                if isinstance(found, Failure):
                    hopeless.add(child.id)
                    last = found
            if all(child.id in hopeless for child in children):
                return last
        return frozenset(hopeless)

    def _as_any_of(self) -> Cast | None:
        """The collection with its group as one `any_of`, where our format can say it.

        It can if there is one group, each of its children is one device on the
        same side, and what is asked of the buffer does not depend on the choice.
        """
        groups = self.tree.groups()
        if len(groups) != 1:
            return None
        children = self.tree.children(groups[0])
        if not 2 <= len(children) <= MOST_ALTERNATIVES or any(
            c.type == "group" or c.empty or self.tree.children(c) for c in children
        ):
            return None
        try:
            certain = tuple((self.party(node),) for node in self.tree.certain() if not node.empty)
            options = tuple(self.party(child) for child in children)
        except Refused:
            return None
        if any(p.entries or p.min_bytes or p.slack or p.secure or len(p.ports) != 1 for p in options):
            return None
        if len({PORTS[kind][port] for p in options for kind, port in p.ports}) != 1:
            return None
        return Cast(self.name, (*certain, options), self.converters)

    def _attempt(self, cast: Cast, choices: dict[str, str]) -> Answer | Failure:
        """One combination: raw data or images, as its participants say."""
        try:
            counts = (p.camping + p.dedicated + p.shared + p.min_count for p in cast.parties)
            if not any(counts):
                raise Refused("nobody asks for a buffer")
            found = self._image(cast) if cast.images else self._raw(cast)
        except Refused as refusal:
            return Failure(str(refusal))
        if isinstance(found, Failure):
            return found
        return replace(found, choices=choices or self._choices(found))

    def _choices(self, answer: Answer) -> dict[str, str]:
        """Which child of the group an `any_of` was settled to."""
        chosen = {
            member.id for slot in answer.cast.slots if len(slot) > 1 for member in slot
        } & answer.attached
        return {
            node.parent: node.id for node in self.tree.nodes if node.id in chosen and node.parent is not None
        }

    def _raw(self, cast: Cast) -> Answer | Failure:
        return self.ask(cast, Question(bytes=max([0, *(p.min_bytes for p in cast.sure)])))

    def _image(self, cast: Cast) -> Answer | Failure:
        if not any(p.sized for p in cast.parties):
            return self.ask(cast, Question())
        last: Failure = Failure("no format in common")
        for pairs in self._groups(cast):
            found = self.of_pairs(cast, pairs)
            if isinstance(found, Answer):
                return found
            last = found
        return last

    def _groups(self, cast: Cast) -> list[tuple[tuple[str, str], ...]]:
        """The pairs in common, best first; together those of which the same images are asked."""
        solvable = [pair for pair in cast.common() if self.solvable(pair)]
        # A pair that nobody names, with no layout, is dropped as that system drops it; one that is named waits.
        common = [pair for pair in cast.common() if pair in solvable or cast.explicit(pair)]
        if common and not solvable:
            raise Waiting(*sorted({waits_for(modifier) for _, modifier in common}))
        if not common:
            return [cast.pairs]
        together: dict[tuple[tuple[Size, ...], ...], list[tuple[str, str]]] = {}
        for pair in sorted(solvable, key=lambda pair: self.world.formats[pair[0]].enum):
            images = tuple(tuple(sizes(cast, (pair,), base, self.world)) for base in bases(cast, (pair,)))
            together.setdefault(images, []).append(pair)
        return [tuple(pairs) for pairs in together.values()]

    @staticmethod
    def solvable(pair: tuple[str, str]) -> bool:
        """Whether the solver can lay out a pair; linear images it must."""
        form = modifiers.shape(fourcc(pair[0]), canonical(pair[1]))
        return pair[1] == LINEAR or not (form is None or isinstance(form, opaque.Opaque))

    def of_pairs(self, cast: Cast, pairs: tuple[tuple[str, str], ...]) -> Answer | Failure:
        """All images required, in one of these formats and modifiers: the solver's choice, if it serves them all."""
        largest, *others = sorted(bases(cast, pairs), key=lambda size: (-size[0] * size[1], size))
        last: Failure = Failure("no format in common")
        while pairs:
            main = self.smallest(cast, largest, Question(pairs=pairs))
            if isinstance(main, Failure):
                return main
            assert main.pair is not None
            found = self._complete(main, others)
            if isinstance(found, Answer):
                return found
            last, pairs = found, tuple(pair for pair in pairs if pair != main.pair)
        return last

    def _complete(self, main: Answer, others: Sequence[Size]) -> Answer | Failure:
        """The answer with the other required images in it, and no smaller than anyone takes."""
        pinned = self.pinned(main)
        answers = [main]
        for base in others:
            found = self.smallest(main.cast, base, pinned)
            if isinstance(found, Failure):
                return found
            answers.append(found)
        if isinstance(large := self._too_large_to_shrink(main), Failure):
            return large
        most = max(answers, key=lambda answer: answer.layouts[0].padded)
        short = main.floor - most.layouts[0].end
        if short > 0:
            grown = self.ask(main.cast, replace(most.question, shortfall=short))
            if isinstance(grown, Failure):
                return grown
            answers[answers.index(most)] = most = grown
        return replace(most, layouts=tuple(answer.layouts[0] for answer in answers))

    def _too_large_to_shrink(self, main: Answer) -> Failure | None:
        """Whether the smallest image that everyone takes is larger than one that someone must shrink to."""
        shrunk = [
            e.required_min for p in main.members for e in p.entries if main.pair and e.covers(main.pair)
        ]
        if not any(shrunk):
            return None
        least = self.smallest(main.cast, (1, 1), self.pinned(main))
        if isinstance(least, Failure):
            return least
        width, height = least.layouts[0].size
        if any(size is not None and (size[0] < width or size[1] < height) for size in shrunk):
            return Failure(f"no image is smaller than {width}x{height}")
        return None

    def pinned(self, answer: Answer) -> Question:
        """A question about the same format, modifier and colour space; all of them where they may be converted."""
        assert answer.pair is not None
        if answer.cast.converters:
            return Question(pairs=answer.question.pairs)
        return Question(pairs=(answer.pair,), colour=answer.placement.colour)

    def smallest(self, cast: Cast, base: Size, question: Question) -> Answer | Failure:
        """The smallest image that holds `base` and that everyone takes."""
        last: Failure = Failure(f"no image holds {base}")
        for size in sizes(cast, question.pairs or cast.pairs, base, self.world):
            found = self.ask(cast, replace(question, size=size))
            if isinstance(found, Answer):
                return replace(found, layouts=(replace(found.layouts[0], asked=base),))
            last = found
        return last

    def ask(self, cast: Cast, question: Question, variant: Variant | None = None) -> Answer | Failure:
        """One question to the solver, the heap pinned if there is a `variant`.

        Raises:
            Refused: our own validation takes it for bad input.
        """
        built = build(self.world, self.limits, [(cast, question)])
        pins = []
        if variant is not None:
            same = (
                name for name, v in built.variants.items() if replace(v, name="") == replace(variant, name="")
            )
            pins = [f"frame:heap={name}" for name in same]
        answer = solve(built.platform, built.pipelines, pins=pins, options=Options(explain=False))
        if isinstance(answer, Infeasible):
            text = "; ".join(reason.text for reason in answer.conflict)
            return Failure(text, answer, cast, question)
        assert isinstance(answer, Plan), "the solver was not to give up on these"
        return read(cast, question, built, answer)


def read(
    cast: Cast,
    question: Question,
    built: Built,
    plan: Plan,
    name: str | None = None,
    buffer: str | None = None,
) -> Answer:
    """The placement of one collection (the one that is written, unless `buffer` says), in that system's words."""
    placement = next(p for p in plan.placements if name in (None, p.pipeline) and buffer in (None, p.buffer))
    planes = placement.planes
    layout = Layout(
        asked=question.size,
        size=(placement.coded_width, placement.coded_height),
        strides=tuple(plane.stride for plane in planes),
        offsets=tuple(plane.offset for plane in planes),
        end=max(plane.offset + plane.size for plane in planes),
        padded=placement.size,
    )
    dropped = sum(d.wish - d.granted for d in plan.dropped if d.pipeline == placement.pipeline)
    found = Answer(cast, question, cast.parties, {}, built, plan, placement, (layout,), dropped)
    return replace(found, members=tuple(member for member in cast.parties if member.id in found.attached))
