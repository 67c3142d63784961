"""Boards by name or by file: reading, combining and checking profiles.

A profile is read, put on top of what it `extends`, completed by the rules of
its drivers, and only then validated as a `Platform` and cross-checked. Every
problem keeps the file and line in which the offending value stands.

    extends: acme-one                 a file NAME.yaml beside this one, or a board of ours
    extends: [rk3588, pcie-card]      a board and parts, each on top of the one before

A part (`part: true`) is no board: it may name things that it does not define
and is not listed. Names, titles and `part` are never inherited from a part.

A device with `rules: tidss` (or a list) starts from `drivers/tidss.yaml`, and
whatever the profile states for that device is merged on top:

    schema: heapwright/driver/1
    source: "linux-6.12: drivers/gpu/drm/tidss"  where a device has none of its own
    ports: {…}                                   and any other field of a device: dma, coherent, imports, …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any, Final, NamedTuple

from heapwright.platforms.checks.consistency import faults
from heapwright.platforms.checks.firewalls import disputes
from heapwright.platforms.errors import (
    Diagnostic,
    InputError,
    Path,
    UnknownPlatform,
    UnparsableInput,
    near,
    shown,
)
from heapwright.platforms.fourcc.modifiers import opaque
from heapwright.platforms.kernels import on_kernel
from heapwright.platforms.reading.documents import Document, SourceMap, document_from
from heapwright.platforms.reading.merge import idle_nulls, merged, without_nulls
from heapwright.platforms.reading.validation import headed, partial, validated
from heapwright.platforms.reading.yaml_source import read_file, read_text
from heapwright.platforms.schema import SCHEMA, Platform
from heapwright.platforms.values import UNKNOWN
from heapwright.platforms.words import PLANES

DRIVER_SCHEMA: Final = "heapwright/driver/1"
MAX_LAYERS: Final = 32
_SUFFIXES: Final = (".yaml", ".yml", ".json")
_HEADER: Final = ("schema", "name", "title", "part", "extends", "discover", "identity")
_PART = re.compile(r"^part:\s*true\b", re.MULTILINE)
_SECTION = re.compile(r"^(memory|iommus|heaps|devices|resources):", re.MULTILINE)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.,+-]{1,64}", re.ASCII)


def board_names() -> tuple[str, ...]:
    """The boards that come with heapwright, in order; parts are left out."""
    profiles = _bundled("profiles").items()
    return tuple(sorted(name for name, file in profiles if not _PART.search(file.read_text("utf-8"))))


class Summary(NamedTuple):
    """A board in a list."""

    name: str
    title: str
    kernel: str


@lru_cache(maxsize=1)
def summaries() -> tuple[Summary, ...]:
    """Our boards in order, read no further than their first section: a list need not check them all."""
    return tuple(Summary(name, *_headline(name)) for name in board_names())


def _head(name: str) -> Document:
    """A profile of ours up to its first section."""
    text = _bundled("profiles")[name].read_text("utf-8")
    section = _SECTION.search(text)
    return read_text(text[: section.start() if section else None], f"platforms/profiles/{name}.yaml")


def _headline(name: str) -> tuple[str, str]:
    """Title and kernel of a board, its own or those of the layers below."""
    head = _head(name)
    title, kernel = "", UNKNOWN
    for below in _names(head, "extends", "a board or part"):
        inherited = _headline(below)
        is_part = bool(_PART.search(_bundled("profiles")[below].read_text("utf-8")))
        title, kernel = (
            (title if is_part else inherited[0]),
            inherited[1] if inherited[1] != UNKNOWN else kernel,
        )
    return str(head.data.get("title", title)), str(head.data.get("kernel", kernel))


def extended(name: str) -> tuple[str, ...]:
    """The boards and parts that a board of ours names under `extends`."""
    return tuple(_names(_head(name), "extends", "a board or part"))


def load_platform(name_or_path: str | FilePath, *, kernel: str | None = None) -> Platform:
    """The platform of that name, or in that file (anything with a `/` or a suffix .yaml, .yml, .json).

    With `kernel`, as it is on that kernel instead of the one its profile states.

    Raises:
        UnknownPlatform: no board has that name.
        InputError: the profile is not what it must be; all its problems.
    """
    platform = _loaded(name_or_path)
    return platform if kernel is None else on_kernel(platform, kernel)


def _loaded(name_or_path: str | FilePath) -> Platform:
    return _platform(*_read(name_or_path))


def _read(name_or_path: str | FilePath, *, parts: bool = False) -> tuple[Document, FilePath | None]:
    """A profile as it is written, and the folder it stands in if it is none of ours."""
    text = str(name_or_path)
    if isinstance(name_or_path, FilePath) or "/" in text or text.endswith(_SUFFIXES):
        return read_file(text), FilePath(text).parent
    boards = board_names()
    if text not in boards and not (parts and text in _bundled("profiles")):
        raise UnknownPlatform(text, boards, parts=_bundled("profiles").keys() - set(boards))
    return _bundled_document("profiles", text), None


def notes(name_or_path: str | FilePath) -> tuple[Diagnostic, ...]:
    """What is legal in a sound profile and yet may be a slip.

    Modifiers whose names nobody knows, and displays that do not say how many planes they have.

    Raises:
        InputError: the profile cannot be read or put together.
    """
    document, folder = _read(name_or_path, parts=True)
    whole = _with_rules(_layers(document, folder, ()), folder)
    found = [(path, said) for path, text in _modifiers(whole.data) if (said := opaque(text)) is not None]
    found += _uncounted(whole.data)
    return tuple(Diagnostic(*whole.where(path), (), f"note: {said}") for path, said in found)


def _uncounted(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Ports that stand for planes, of which nothing is said how many there are."""
    for device, stated in data.get("devices", {}).items():
        for port, rules in stated.get("ports", {}).items():
            if (stated.get("kind"), port) in PLANES and "how_many" not in rules:
                yield (
                    ("devices", device, "ports", port),
                    f"{device}.{port} does not say how_many planes it has, so any number of buffers "
                    "is taken, and listed as unknown",
                )


def doubts(name_or_path: str | FilePath) -> tuple[Diagnostic, ...]:
    """What a profile that can be used claims and cannot be relied on: firewalls that other heaps undo.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    document, folder = _read(name_or_path)
    platform = _platform(document, folder)
    whole = _with_rules(_layers(document, folder, ()), folder)
    return tuple(Diagnostic(*whole.where(path), path, said) for path, said in disputes(platform))


def _modifiers(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every modifier of a sound profile by name, with its path."""
    for device, stated in data.get("devices", {}).items():
        for port, rules in stated.get("ports", {}).items():
            for index, image in enumerate(rules.get("images", ())):
                for at, modifier in enumerate(image.get("modifiers", ())):
                    if isinstance(modifier, str):
                        yield ("devices", device, "ports", port, "images", index, "modifiers", at), modifier


def check_profile(name_or_path: str | FilePath) -> Platform | None:
    """The platform of that name or in that file; None for a part that is sound as far as one can be judged alone.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    document, folder = _read(name_or_path, parts=True)
    if headed(document, SCHEMA).get("part") is not True:
        return _platform(document, folder)
    whole = _with_rules(_layers(document, folder, ()), folder)
    partial(Platform, whole, data=_profile(whole))
    return None


def platform_from(data: Any, file: str = "platform", *, kernel: str | None = None) -> Platform:
    """The platform in `data` (an HTTP body, a dict); it may extend our boards, never a file.

    Raises:
        InputError: the profile is not what it must be; all its problems.
    """
    platform = _platform(data if isinstance(data, Document) else document_from(data, file), None)
    return platform if kernel is None else on_kernel(platform, kernel)


def _platform(document: Document, folder: FilePath | None) -> Platform:
    data = headed(document, SCHEMA)
    if data.get("part") is True:
        raise document.error(("part",), "this is a part; a board combines it by extends: [BOARD, PART]")
    whole = _with_rules(_layers(document, folder, ()), folder)
    return validated(Platform, whole, data=_profile(whole), checks=faults)


def _profile(whole: Document) -> dict[str, Any]:
    return {key: value for key, value in whole.data.items() if key not in ("extends", "part")}


def _layers(document: Document, folder: FilePath | None, above: tuple[str, ...]) -> Document:
    """`document` on top of everything it extends, nulls still in place."""
    data = headed(document, SCHEMA)
    if not isinstance(data.get("part", False), bool):
        raise document.error(("part",), f"expected true or false, got {shown(data['part'])}")
    names = _names(document, "extends", "a board or part")
    if len(above) + len(names) > MAX_LAYERS:
        raise document.error(("extends",), f"more than {MAX_LAYERS} files on top of each other")
    below: Document | None = None
    for name in names:
        if name in above:
            chain = " → ".join([*above[above.index(name) :], name])
            raise document.error(("extends",), f"extends itself: {chain}")
        layer, place = _named("profiles", name, folder, document)
        layer = _anonymous(_layers(layer, place, (*above, name)))
        below = layer if below is None else _on_top(below, layer)
    return document if below is None else _on_top(below, document)


def _names(document: Document, key: str, what: str) -> list[str]:
    """The names under `key`: none, one, or a list of different ones."""
    stated = document.data.get(key)
    names = [] if stated is None else stated if isinstance(stated, list) else [stated]
    if not all(isinstance(name, str) and _PLAIN_NAME.fullmatch(name) for name in names):
        raise document.error((key,), f"expected the name of {what}, or a list of names, got {shown(stated)}")
    if len(set(names)) < len(names):
        raise document.error((key,), f"expected different names, got {shown(', '.join(names))}")
    return names


def _on_top(below: Document, above: Document) -> Document:
    whole = merged(below, above)
    said = "null removes nothing: what this extends has no such name"
    idle = [above.problem(path, said) for path in idle_nulls(below.data, above.data)]
    return replace(whole, problems=(*whole.problems, *idle))


def _anonymous(layer: Document) -> Document:
    """A layer without what must not be inherited."""
    part = layer.data.get("part") is True
    dropped = {"name", "part", "extends", *(("title",) if part else ())}
    return replace(layer, data={key: value for key, value in layer.data.items() if key not in dropped})


def _with_rules(whole: Document, folder: FilePath | None) -> Document:
    """`whole` with each device put on top of its driver's rules, and nulls removed."""
    if not _has_rules(whole.data):
        return replace(whole, data=without_nulls(whole.data)) if "extends" in whole.data else whole
    devices, marks = dict(whole.data["devices"]), whole.marks()
    mark = marks.inside.get("devices", SourceMap(marks.place))
    inside = dict(mark.inside)
    problems = list(whole.problems)
    for name, device in devices.items():
        if not isinstance(device, dict) or "rules" not in device:
            continue
        own = Document(device, inside.get(name, mark))
        try:
            ruled = _ruled(own, folder)
        except InputError as error:
            problems += [found._replace(path=("devices", name, *found.path)) for found in error.problems]
            ruled = replace(own, data={key: value for key, value in device.items() if key != "rules"})
        devices[name], inside[name] = ruled.data, ruled.mark
        problems += ruled.problems
    marks = SourceMap(marks.place, {**marks.inside, "devices": SourceMap(mark.place, inside)})
    return Document(without_nulls({**whole.data, "devices": devices}), marks, tuple(problems))


def _has_rules(data: dict[str, Any]) -> bool:
    devices = data.get("devices")
    return isinstance(devices, dict) and any(
        isinstance(device, dict) and "rules" in device for device in devices.values()
    )


def _ruled(device: Document, folder: FilePath | None) -> Document:
    """A device on top of the rules it names."""
    below = Document({}, device.mark)
    for name in _names(device, "rules", "a driver's rules"):
        rules, _ = _named("drivers", name, folder and folder / "drivers", device)
        data = {key: value for key, value in headed(rules, DRIVER_SCHEMA).items() if key not in _HEADER}
        below = merged(below, replace(rules, data=data))
    own = {key: value for key, value in device.data.items() if key != "rules"}
    return merged(below, Document(own, device.mark))


def _named(kind: str, name: str, folder: FilePath | None, user: Document) -> tuple[Document, FilePath | None]:
    """The file called `name`: beside the one that uses it, else one of ours."""
    beside = folder / f"{name}.yaml" if folder is not None else None
    if beside is not None and beside != FilePath(user.file) and beside.is_file():
        return read_file(beside), folder
    known = _bundled(kind)
    if name not in known:
        key, what = ("extends", "board or part") if kind == "profiles" else ("rules", "driver rules")
        plain = next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end)), None)
        if plain is not None:
            raise user.error(
                (key,), f"expected the name of a {what} without suffix: {shown(plain)}, not {shown(name)}"
            )
        file = f" and no file {shown(str(beside))}" if beside is not None else ""
        raise user.error((key,), f"no {what} {shown(name)}{file}{near(name, known)}")
    return _bundled_document(kind, name), None


@lru_cache(maxsize=2)
def _bundled(kind: str) -> dict[str, Traversable]:
    folder = resources.files("heapwright.platforms") / kind
    files = folder.iterdir() if folder.is_dir() else ()
    return {file.name.removesuffix(".yaml"): file for file in files if file.name.endswith(".yaml")}


def _bundled_document(kind: str, name: str) -> Document:
    file = _bundled(kind)[name]
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnparsableInput(
            [Diagnostic(file.name, None, (), f"cannot be read: {error.strerror}")]
        ) from None
    return read_text(content, f"platforms/{kind}/{file.name}")
