"""`heapwright platforms coverage`: how much is known of each board, counted from its profile.

The page docs/boards/README.md is this as Markdown; a test keeps it current.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from heapwright.api.documents.profile import as_profile
from heapwright.api.drawing.sources import sources
from heapwright.api.drawing.unknowns import together, unknowns
from heapwright.platforms.catalog import board_names, extended, load_platform
from heapwright.platforms.schema import Platform
from heapwright.platforms.values import UNKNOWN
from heapwright.solver.answer.render import Grid, markdown

UNRESOLVED: Final = "unresolved:"
_SECTIONS: Final = ("memory", "iommus", "links", "heaps", "devices", "resources")
_INTRO: Final = """\
# The boards

Counted from the profiles by `heapwright platforms coverage --markdown`; do not edit.

A *fact* is a value that a profile states, what it extends and the rules of its drivers included; *unknown* are values
that say so; *unresolved* are things whose source says that nobody could look it up, or that it is an example;
*sources* are different ones. `heapwright platforms show BOARD --sources` shows them.

"""


@lru_cache(maxsize=256)
def _board(name: str) -> Platform:
    return load_platform(name)


class Coverage(NamedTuple):
    """What is known of one board, in numbers."""

    board: str
    memories: int
    heaps: int
    devices: int
    ports: int
    facts: int
    unknown: int
    unresolved: int
    sources: int
    variants: tuple[str, ...]


def coverage(name: str) -> Coverage:
    """The numbers of one board."""
    platform = _board(name)
    cited = tuple(sources(platform))
    return Coverage(
        board=name,
        memories=len(platform.memory),
        heaps=len(platform.heaps),
        devices=len(platform.devices),
        ports=sum(len(device.ports) for device in platform.devices.values()),
        facts=sum(_facts(value) for key, value in as_profile(platform).items() if key in _SECTIONS),
        unknown=len(unknowns(platform)),
        unresolved=sum(UNRESOLVED in source for _, source in cited),
        sources=len({source for _, source in cited}),
        variants=tuple(other for other in board_names() if name in _below(other)),
    )


def _facts(value: Any) -> int:
    """Values that are stated: neither a source nor `unknown`."""
    if isinstance(value, dict):
        return sum(_facts(inner) for key, inner in value.items() if key != "source")
    if isinstance(value, list):
        return sum(map(_facts, value))
    return int(value is not None and value != UNKNOWN)


@lru_cache(maxsize=256)
def _below(name: str) -> tuple[str, ...]:
    """Every board that a board extends, at any depth."""
    boards = [board for board in extended(name) if board in board_names()]
    return tuple(dict.fromkeys([*boards, *(deeper for board in boards for deeper in _below(board))]))


def grid() -> Grid:
    """A row for each board that is no variant, and the totals."""
    found = [coverage(name) for name in board_names() if not _below(name)]
    rows = [(*(str(value) for value in one[:-1]), str(len(one.variants) or "")) for one in found]
    totals = ("total", *(str(sum(one[column] for one in found)) for column in range(1, 8)))  # type: ignore[misc]
    header = (
        "board",
        "memories",
        "heaps",
        "devices",
        "ports",
        "facts",
        "unknown",
        "unresolved",
        "sources",
        "variants",
    )
    every = {source for one in found for _, source in sources(_board(one.board))}
    last = (str(len(every)), str(sum(len(one.variants) for one in found)))
    return Grid(header, (*rows, (*totals, *last)), frozenset(range(1, 10)))


def page() -> str:
    """The page: the table, the variants, and what is not known of each board in words."""
    parts = [_INTRO, markdown(grid()), "\n## Variants\n\n", *_variants(), "\n## Parts\n\n", *_parts()]
    parts.append("\n## What is not known\n")
    for name in board_names():
        parts += _unknown(name)
    return "".join(parts)


def _variants() -> list[str]:
    return [
        f"- `{name}` (on `{_below(name)[0]}`): {_board(name).title}\n"
        for name in board_names()
        if _below(name)
    ]


def _parts() -> list[str]:
    """What boards combine by `extends` and is no board itself, and the boards that do."""
    used: dict[str, list[str]] = {}
    for name in board_names():
        for part in extended(name):
            if part not in board_names():
                used.setdefault(part, []).append(f"`{name}`")
    return [f"- `{part}`: {', '.join(boards)}\n" for part, boards in sorted(used.items())]


def _unknown(name: str) -> list[str]:
    """A section for a board; a variant lists only what its board does not."""
    below = _below(name)
    listed = {one for board in below for one in unknowns(_board(board))}
    fresh = tuple(one for one in unknowns(_board(name)) if one not in listed)
    open_ = [] if below else _open(_board(name))
    if not fresh and not open_:
        return [] if below else [f"\n### {name}\n\nIts profile says `unknown` nowhere.\n"]
    return [
        f"\n### {name}\n\n",
        *(f"- `{field}` of {said}\n" for field, said in together(fresh)),
        *(f"- {said}\n" for said in open_),
    ]


def _open(platform: Platform) -> list[str]:
    """Things without a source that could be looked up, in words."""
    groups: dict[str, list[str]] = {}
    for path, source in sources(platform):
        if UNRESOLVED in source:
            why = source[source.index(UNRESOLVED) + len(UNRESOLVED) :].strip()
            why = why if why.count("(") == why.count(")") else why.removesuffix(")")
            groups.setdefault(why, []).append(path.split(".", 1)[1])
    return [f"unresolved, {', '.join(paths)}: {why}" for why, paths in groups.items()]


def as_data() -> list[dict[str, Any]]:
    """The numbers of every board, variants included."""
    return [coverage(name)._asdict() for name in board_names()]
