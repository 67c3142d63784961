"""Participants and a question, as a platform and a pipeline of ours.

Every participant becomes a device (of each kind it uses) whose ports state what
that participant states. Sums, maxima, least common multiples and intersections
are left to the solver: this module only ever looks at one participant at a time,
except for the words they have in common (which formats and colours are named at
all), and for what is asked of the buffer rather than of a device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from heapwright.platforms.schema import Platform
from heapwright.platforms.words import PORTS
from heapwright.solver.question.pipeline import Pipeline

from . import heaps
from .cases import Environment, Size, World
from .heaps import Variant
from .names import FOURCC, fourcc, modifier_name
from .party import DO_NOT_CARE, LINEAR, Party, Refused
from .rules import Rules

_OUTSIDE: Final = "+outside"
_CONVERTER: Final = "+converter"
"""No participant has these names: `heaps.plain` never begins with a sign where an id does not."""


@dataclass(frozen=True)
class Question:
    """What is asked of a buffer: an image of `size`, or `bytes` of raw data.

    `pairs` and `colour` pin what an earlier answer chose; `count` is exact;
    `shortfall` is what the image lacks to the smallest buffer anyone takes.
    """

    size: Size | None = None
    bytes: int | None = None
    pairs: tuple[tuple[str, str], ...] | None = None
    colour: str | None = None
    count: int | None = None
    shortfall: int = 0


@dataclass(frozen=True)
class Cast:
    """Who takes part in one collection; a slot of several is an `any_of`."""

    name: str
    slots: tuple[tuple[Party, ...], ...]
    converters: tuple[tuple[str, str], ...] = ()
    """(format, format) that a device of the board turns one into the other."""

    @property
    def parties(self) -> tuple[Party, ...]:
        return tuple(party for slot in self.slots for party in slot)

    @property
    def sure(self) -> tuple[Party, ...]:
        """Those that take part whatever is chosen."""
        return tuple(slot[0] for slot in self.slots if len(slot) == 1)

    @property
    def images(self) -> bool:
        return any(party.entries for party in self.parties)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The formats and modifiers that anyone names; nobody invents one.

        A format that DRM does not have is dropped where somebody takes it only because
        another names it, or does not take it: it could not be agreed on there either.
        """
        entries = [entry for party in self.parties for entry in party.entries]
        formats = sorted(each for each in {entry.format for entry in entries} if self._counts(each))
        modifiers = sorted(
            {entry.modifier for entry in entries} - {DO_NOT_CARE}, key=lambda name: (name != LINEAR, name)
        )
        return tuple((fmt, modifier) for fmt in formats for modifier in modifiers)

    def _counts(self, fmt: str) -> bool:
        """Whether a format is one of ours, or everyone with a say names it outright."""
        picky = [party for party in self.parties if party.entries]
        return fmt in FOURCC or (
            fmt != DO_NOT_CARE and all(any(entry.format == fmt for entry in party.entries) for party in picky)
        )

    def explicit(self, pair: tuple[str, str]) -> bool:
        """Whether anyone names both halves of a pair in one entry; else it is only implied."""
        return any((e.format, e.modifier) == pair for party in self.parties for e in party.entries)

    def common(self) -> tuple[tuple[str, str], ...]:
        """The pairs that everyone with a say accepts."""
        picky = [party for party in self.sure if party.entries]
        return tuple(
            pair for pair in self.pairs if all(any(e.covers(pair) for e in p.entries) for p in picky)
        )


@dataclass(frozen=True)
class Built:
    """The question in our format, and how to read the answer back."""

    platform: Platform
    pipelines: tuple[Pipeline, ...]
    variants: dict[str, Variant]
    owners: dict[str, str]
    """device → participant."""


def build(world: World, limits: Environment, asked: Sequence[tuple[Cast, Question]]) -> Built:
    """The platform of all participants, and one pipeline for each collection.

    Raises:
        Refused: our own validation takes it for bad input.
    """
    everyone = [party for cast, _ in asked for party in cast.parties]
    every = heaps.variants(world, limits, everyone)
    devices: dict[str, Any] = {}
    owners: dict[str, str] = {}
    access: dict[str, list[str]] = {found.heap: [] for found in every if found.secure}
    files = []
    for cast, question in asked:
        crew = _Crew(world, limits, cast, question, every, len(asked) > 1)
        devices |= crew.devices
        owners |= crew.owners
        for heap in access:
            access[heap] += crew.behind(heap)
        files.append(crew.pipeline())
    align = max([1, *(party.base_align for party in everyone)])
    platform = {
        "schema": "heapwright/platform/1",
        "name": "peer",
        "page": limits.page_size,
        "memory": heaps.memories(every, limits, "case file, environment"),
        "heaps": heaps.heaps(every, access, align, limits, "case file, heaps"),
        "devices": devices,
    }
    try:
        return Built(
            Platform.model_validate(platform),
            tuple(Pipeline.model_validate(file) for file in files),
            {found.name: found for found in every},
            owners,
        )
    except ValidationError as error:
        raise Refused(str(error)) from error


class _Crew:
    """The devices and the pipeline of one collection."""

    def __init__(
        self,
        world: World,
        limits: Environment,
        cast: Cast,
        question: Question,
        every: Sequence[Variant],
        many: bool,
    ) -> None:
        self.world = world
        self.limits = limits
        self.cast = cast
        self.question = question
        self.every = every
        self.prefix = f"{heaps.plain(cast.name)}+" if many else ""
        entries = tuple(entry for party in cast.parties for entry in party.entries)
        self.rules = Rules(world, entries, question.pairs or cast.pairs, question.size, question.shortfall)
        self.devices: dict[str, Any] = {}
        self.owners: dict[str, str] = {}
        self.tags = self._tags()
        for party in cast.parties:
            self._add(party)
        self.outside = not any(self._writes(use) for party in cast.parties for use in party.ports)
        if self.outside and any(party.used for party in cast.parties):
            self._add_outside()
        for number, edge in enumerate(cast.converters):
            self.devices[f"{self.prefix}{_CONVERTER}{number}"] = self._converter(edge)

    def _converter(self, edge: tuple[str, str]) -> dict[str, Any]:
        """A device that turns one format into another, and asks for nothing else."""
        modifiers = list(dict.fromkeys(modifier_name(modifier) for _, modifier in self.cast.pairs))
        found = self._device("2d", f"{self.prefix}{_CONVERTER}", True)
        for port, access, fmt in zip(("source", "target"), ("read", "write"), edge, strict=True):
            found["ports"][port] = {
                "access": access,
                "protected": "allowed",
                "holds": 0,
                "images": [{"formats": [fourcc(fmt)], "modifiers": modifiers}],
                "source": "case file, converter",
            }
        found["converts"] = [
            {"from": "source", "to": "target", "may_change": ["format", "modifier", "memory", "stride"]}
        ]
        return found

    def _tags(self) -> dict[str, str]:
        """A connector for each participant: pins every attachment to the device that states its rules."""
        ids = [party.id for party in self.cast.parties]
        names = {name: heaps.plain(name) for name in ids}
        if len(set(names.values())) != len(names):
            names = {name: f"p{number}" for number, name in enumerate(ids)}
        return {name: f"{self.prefix}{tag}" for name, tag in names.items()}

    @staticmethod
    def _writes(use: tuple[str, str]) -> bool:
        return PORTS[use[0]][use[1]] == "write"

    def _add(self, party: Party) -> None:
        images = [*self.rules.of(party)] if self.question.bytes is None else []
        for number, (kind, port) in enumerate(party.ports):
            name = f"{self.tags[party.id]}-{kind}"
            device = self.devices.setdefault(
                name, self._device(kind, self.tags[party.id], not party.contiguous)
            )
            device["ports"][port] = self._port(party, port, kind, images, number == 0)
            self.owners[name] = party.id

    def _device(self, kind: str, tag: str, mmu: bool) -> dict[str, Any]:
        return {
            "kind": kind,
            "connectors": [tag],
            "dma": {"bits": 64, "mmu": mmu},
            "coherent": True,
            "source": f"case file, {tag}",
            "ports": {},
        }

    def _port(
        self, party: Party, port: str, kind: str, images: list[dict[str, Any]], first: bool
    ) -> dict[str, Any]:
        most = min(party.max_count or self.limits.max_buffers, self.limits.max_buffers)
        exact = self.question.count is not None
        found: dict[str, Any] = {
            "access": PORTS[kind][port],
            "protected": "required" if party.secure else "allowed" if self._trusted(party) else "refused",
            "takes_from": heaps.takes(party, self.every),
            "holds": party.camping if first else 0,
            "slack": party.dedicated if first and exact else 0,
            "count": {"max": most} | ({"min": party.min_count} if party.min_count else {}),
            "images": images,
            "source": f"case file, {party.id}",
        }
        if party.max_bytes is not None:
            found["bytes"] = {"max": party.max_bytes}
        if party.base_align > 1:
            found["base"] = {"multiple": party.base_align}
        return found

    def _trusted(self, party: Party) -> bool:
        return any(found.secure and party.opted_in(found.heap) for found in self.every)

    def _add_outside(self) -> None:
        """Who fills the buffers where no participant does: anyone, asking for nothing."""
        device = self._device("fpga", f"{self.prefix}{_OUTSIDE}", True)
        pairs = self.cast.pairs
        images = [
            {
                "formats": list(dict.fromkeys(fourcc(fmt) for fmt, _ in pairs)),
                "modifiers": list(dict.fromkeys(modifier_name(modifier) for _, modifier in pairs)),
            }
        ]
        device["ports"]["write"] = {
            "access": "write",
            "protected": "allowed",
            "holds": 0,
            "images": images if pairs and self.question.bytes is None else [],
            "source": "whoever fills the buffers",
        }
        self.devices[f"{self.prefix}{_OUTSIDE}"] = device

    def behind(self, heap: str) -> list[str]:
        """The devices that may touch a protected heap."""
        trusted = {party.id for party in self.cast.parties if party.opted_in(heap)}
        return [name for name in self.devices if self.owners.get(name) in trusted or name not in self.owners]

    def pipeline(self) -> dict[str, Any]:
        buffer: dict[str, Any] = {
            "written_by": [*self._parties("write")],
            "read_by": [*self._parties("read")],
            "protected": any(party.secure for party in self.cast.sure),
            "conversions": "allow" if self.cast.converters else "forbid",
        }
        if self.question.bytes is not None:
            buffer["bytes"] = self.question.bytes
        elif self.question.size is not None:
            buffer |= self._image()
        if (count := self._count()) is not None:
            buffer["count"] = count
        return {
            "schema": "heapwright/pipeline/1",
            "name": heaps.plain(self.cast.name),
            "buffers": {"frame": buffer},
        }

    def _image(self) -> dict[str, Any]:
        """The image asked for, with that system's last word on formats and colours as our preference."""
        assert self.question.size is not None
        if not self.rules.pairs:
            raise Refused("nobody names a format")
        formats = sorted({fmt for fmt, _ in self.rules.pairs}, key=lambda fmt: self.world.formats[fmt].enum)
        named = {c for e in self.rules.entries for fmt in formats for c in self.rules.colours(e, fmt)}
        ranked = sorted(named, key=lambda c: (self.world.ranks.index(c.partition("/")[0]), c))
        return {
            "size": f"{self.question.size[0]}x{self.question.size[1]}",
            "formats": [fourcc(fmt) for fmt in formats],
            "colours": [self.question.colour] if self.question.colour else ranked or ["none"],
        }

    def _parties(self, way: str) -> Iterator[Any]:
        for slot in self.cast.slots:
            uses = [
                self._selector(party, use)
                for party in slot
                for use in party.ports
                if PORTS[use[0]][use[1]] == way
            ]
            if len(slot) > 1 and uses:
                yield {"any_of": uses}
            else:
                yield from uses
        if way == "write" and f"{self.prefix}{_OUTSIDE}" in self.devices:
            yield f"fpga@{self.prefix}{_OUTSIDE}.write"

    def _selector(self, party: Party, use: tuple[str, str]) -> str:
        return f"{use[0]}@{self.tags[party.id]}.{use[1]}"

    def _count(self) -> int | dict[str, int] | None:
        """Slack is a wish: that system's own text calls it performance only."""
        if self.question.count is not None:
            return self.question.count
        parties = self.cast.sure
        if not any(party.slack for party in parties):
            return None
        wish = sum(party.camping + party.dedicated for party in parties) + max(
            party.shared for party in parties
        )
        return {"min": 1, "wish": max(wish, *(party.min_count for party in parties))}
