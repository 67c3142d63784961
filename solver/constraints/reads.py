"""What a rule reads: paths of attributes of what it judges, and how what stands there is looked up.

A path is names with dots between them (`backing.promise`); `*` stands for every part of a tuple, `#`
for how many it has. A rule is given the values at its paths and nothing else, so whatever gives it
equal values gets the same verdict: that is all that memos, equivalent heaps and dominance rest on.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Final

Values = tuple[Any, ...]
_BY_IDENTITY: Final = frozenset({"port", "rule"})
_THEMSELVES: Final = _BY_IDENTITY | {"device"}
"""Parts of the board that are told apart as they are: comparing all that can be read from them takes longer."""


@lru_cache(maxsize=1024)
def reader(paths: tuple[str, ...]) -> Callable[[object], Values]:
    """Looks up what stands at paths, in their order; None where there is nothing on the way, or a plain word or number."""
    under: dict[tuple[str, ...], list[tuple[int, list[str]]]] = {}
    for number, path in enumerate(paths):
        *parent, name = [path] if "*" in path else path.split(".")
        under.setdefault(tuple(parent), []).append((number, name.split(".")))
    fast = _together(paths)

    def look_up(of: object) -> Values:
        try:
            return fast(of)
        except (AttributeError, TypeError):
            found = [None] * len(paths)
            for parent, names in under.items():
                part = read(of, parent)
                for number, steps in names if part is not None else ():
                    found[number] = read(part, steps)
            return tuple(found)

    return look_up


def _together(paths: tuple[str, ...]) -> Callable[[object], Values]:
    """The same where nothing is None: what stands under one tuple is looked up part by part."""
    heads = {head: path for path in paths for head, star, rest in (path.partition(".*."),) if star}
    if not heads:
        return _plain(paths)
    under = {
        head: tuple(p.removeprefix(f"{head}.*.") for p in paths if p.startswith(f"{head}.*."))
        for head in heads
    }
    plain = tuple(path for path in paths if ".*." not in path)
    order = [*plain, *(f"{head}.*.{rest}" for head, rests in under.items() for rest in rests)]
    looks = [(attrgetter(head), _plain(rests), len(rests)) for head, rests in under.items()]
    once, put = _plain(plain), in_order(order, paths)

    def look_up(of: object) -> Values:
        found = once(of)
        for parts, look, number in looks:
            each = [look(part) for part in parts(of)]
            found += tuple(zip(*each, strict=True)) if each else ((),) * number
        return put(found)

    return look_up


def _plain(paths: tuple[str, ...]) -> Callable[[object], Values]:
    if len(paths) > 1:
        return attrgetter(*paths)
    if not paths:
        return lambda of: ()
    one = attrgetter(*paths)
    return lambda of: (one(of),)


def in_order(paths: Sequence[str], wanted: Iterable[str]) -> Callable[[Values], Values]:
    """Picks, of the values at paths, those that are wanted, in their order."""
    numbers = [paths.index(path) for path in wanted]
    if len(numbers) > 1:
        return itemgetter(*numbers)
    only = slice(numbers[0], numbers[0] + 1) if numbers else slice(0)
    return itemgetter(only)


class Together:
    """The values of several rules, each of which reads some paths: what more than one reads is looked up once."""

    def __init__(self, many: Sequence[tuple[str, ...]]) -> None:
        paths = tuple(dict.fromkeys(path for each in many for path in each))
        self.look = reader(paths)
        self.orders = [in_order(paths, each) for each in many]

    def __call__(self, of: object) -> list[Values]:
        found = self.look(of)
        return [order(found) for order in self.orders]


@lru_cache(maxsize=1024)
def together(many: tuple[tuple[str, ...], ...]) -> Together:
    """One for each such rules."""
    return Together(many)


def read(of: Any, steps: Sequence[str]) -> Any:
    """What stands at a path, one step after the other."""
    for index, step in enumerate(steps):
        if of is None or isinstance(of, int | str):
            return None
        if step == "#":
            return len(of)
        if step == "*":
            return tuple([read(part, steps[index + 1 :]) for part in of])
        of = getattr(of, step, None)  # parts of a tuple may be of several types
    return of


@lru_cache(maxsize=1024)
def keyed(paths: tuple[str, ...], apart: frozenset[str] = frozenset()) -> Callable[[object], Hashable]:
    """Gives a key that is equal only where what stands at paths is; those under `apart` are left out.

    Devices, ports and image rules stand for themselves by their identity, so whoever remembers
    something by such a key keeps what was asked about.
    """
    heads = dict.fromkeys(_head(path) for path in paths if path.partition(".")[0] not in apart)
    same = [path for path in heads if path.rpartition(".")[2] in _BY_IDENTITY]
    if not same:
        return valued(heads)
    look, number = reader((*same, *[path for path in heads if path not in same])), len(same)

    def key(of: object) -> Hashable:
        found = look(of)
        return _hashable((*map(_identities, found[:number]), *found[number:]))

    return key


def _identities(value: Any) -> Hashable:
    return tuple(map(id, value)) if type(value) is tuple else id(value)


def valued(paths: Iterable[str]) -> Callable[[object], Hashable]:
    """The same by the values alone, however many things have them; more is looked up for it."""
    look = reader(tuple(dict.fromkeys(paths)))
    return lambda of: _hashable(look(of))


def _hashable(found: Values) -> Hashable:
    try:
        hash(found)
    except TypeError:
        return tuple(map(frozen, found))
    return found


def _head(path: str) -> str:
    """The path up to what stands for itself."""
    steps = path.split(".")
    ends = [number for number, step in enumerate(steps, 1) if step in _THEMSELVES]
    return ".".join(steps[: ends[0]] if ends else steps)


def frozen(value: Any) -> Hashable:
    """The value, or what is equal where it is and can be looked up."""
    try:
        hash(value)
    except TypeError:
        if isinstance(value, dict):
            return tuple(sorted((key, frozen(each)) for key, each in value.items()))
        parts = value if isinstance(value, list | tuple) else [each for _, each in value]
        return tuple(map(frozen, parts))
    return value  # type: ignore[no-any-return]
