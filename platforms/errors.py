"""What is raised on purpose, as one tree:

    HeapwrightError
    ├── InputError                a file or request is not what it must be; carries every problem found
    │   ├── UnparsableInput       not even YAML or JSON, too large, too deep, or not readable
    │   ├── UnknownPlatform       no board of that name
    │   └── NotOnBoard            a heap or device that this board lacks, and another may have
    ├── AllocationError           buffers could not be made
    │   ├── AllocationFailed      a plan could not be carried out; says for which buffer and device
    │   └── KernelRefused         a call failed, in the kernel's words
    │       ├── Absent            the kernel or the machine has no such device node
    │       ├── NotPermitted      this user may not open the device node
    │       ├── Full              no room for another buffer
    │       └── NotImported       the device looked at the buffer and does not take it
    ├── Adjusted                  within the allocator: a driver made something else of a call
    ├── _Lacking                  within the importers: why a node is no device
    ├── LimitReached              within the solver: no time is left for what was begun
    ├── TooManyLabelsError        within the search: more than one engine may keep; another is asked
    ├── TooManySetsError          the same of another engine
    ├── TooManyTreesError         the same of conversions
    ├── CannotWrite               the place an answer should go to does not take it
    ├── CannotListen              an address that a service cannot have
    ├── WorkerEnded               a call was ended with the process that did it
    ├── WorkersUnavailable        processes that do calls cannot be started, or are no more
    ├── Refused                   an HTTP request that is refused, with its status
    └── OutOfTime                 a deadline came before the work was done

"No plan exists" is an answer, not an error, and therefore not here.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from itertools import takewhile
from typing import Any, Final, NamedTuple

MAX_PROBLEMS: Final = 500
"""Nobody reads more, and finding the word that was meant costs a millisecond each."""
Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to one value."""
Finding = tuple[Path, str]
"""A path in the data and what is wrong there."""


def shown(value: Any) -> str:
    """`value` for an error message: short, printable, on one line."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in text[:61])
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


def dotted(path: Path) -> str:
    """`path` as a person writes it: `devices.vop.ports.scanout.images[0].stride`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            plain = step.isprintable() and len(step) <= 64
            text += ("." if text else "") + (step if plain else shown(step))
    return text


class Diagnostic(NamedTuple):
    """One thing wrong with an input: where, and what was expected there."""

    file: str
    line: int | None
    path: Path
    message: str

    @property
    def subject(self) -> str:
        """The path for people: `memory.dram.size`, or `buffer 'frame': count`."""
        if len(self.path) < 2 or self.path[0] != "buffers":
            return dotted(self.path)
        rest = self.path[2:]
        if rest[:1] in (("written_by",), ("read_by",)):
            rest = tuple(step for step in rest[1:] if isinstance(step, str) and step != "any_of")
        return f"buffer {shown(self.path[1])}" + (f": {dotted(rest)}" if rest else "")

    def __str__(self) -> str:
        """`file:line: path: message`, without the parts that are not there."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.subject, self.message) if part)


class HeapwrightError(Exception):
    """Every error that heapwright raises on purpose. It can be sent to another process as it is."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[HeapwrightError], args: tuple[Any, ...], state: dict[str, Any]) -> HeapwrightError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(HeapwrightError):
    """An input that is not what it must be, with all its problems at once (of very many, the first)."""

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        found = list(dict.fromkeys(problems))
        kept = sorted(found[:MAX_PROBLEMS], key=lambda problem: (problem.file, problem.line or 0))
        if len(found) > MAX_PROBLEMS:
            kept.append(Diagnostic(kept[-1].file, None, (), f"more problems than the {MAX_PROBLEMS} above"))
        self.problems = tuple(kept)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnparsableInput(InputError):
    """Text that cannot be read as YAML or JSON at all."""


class UnknownPlatform(InputError):
    """No board of that name; the message lists those there are, or says that it is a part."""

    def __init__(self, name: str, boards: Iterable[str], parts: Collection[str] = ()) -> None:
        self.name = name
        self.boards = tuple(boards)
        super().__init__([Diagnostic("", None, (), self._said(parts))])

    def _said(self, parts: Collection[str]) -> str:
        if self.name in parts:
            return f"{self.name} is a part, no board; a board combines it by extends: [BOARD, {self.name}]"
        said, known = f"no board {shown(self.name)}", ", ".join(self.boards)
        if not known:
            return f"{said}; there are no boards"
        meant = near(self.name, self.boards)
        return f"{said}{meant} Boards are {known}" if meant else f"{said}; boards are {known}"


class NotOnBoard(InputError):
    """A pin names a heap or device that this board lacks, and another may have."""


def near(word: str, words: Iterable[str]) -> str:
    """`; did you mean 'stride'?` if one of `words` resembles `word`, else nothing."""
    close = difflib.get_close_matches(word[:64], sorted(words), n=8, cutoff=0.6)
    if not close:
        return ""

    def unlikeness(other: str) -> tuple[float, int, str]:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False))
        return -difflib.SequenceMatcher(None, other, word[:64]).ratio(), -len(list(alike)), other

    return f"; did you mean {shown(min(close, key=unlikeness))}?"
