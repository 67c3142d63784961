"""Reading a case at the edge: what is no case of this schema fails in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from .cases import Collection, Environment, Node, World, environment, unknown_keys

_NODES: Final = TypeAdapter(list[Node])
_COLLECTIONS: Final = TypeAdapter(list[Collection])
_KINDS: Final = {dict: "an object", list: "a list", str: "text", int: "a whole number"}
_OTHER: Final = "literal['empty']"
"""The branch of a union that an object was not meant for."""


class Malformed(Exception):
    """A case that is no case of this schema: what is wrong, and where."""


def needed(value: dict[str, Any], key: str, kind: type, where: str = "") -> Any:
    """What stands under a key that must be there.

    Raises:
        Malformed: it is missing, or of another kind.
    """
    found = value.get(key)
    if found is None:
        raise Malformed(f"{where}no {key}")
    if not isinstance(found, kind) or isinstance(found, bool):
        raise Malformed(f"{where}{key}: expected {_KINDS[kind]}, got {found!r:.60}")
    return found


def optional(value: dict[str, Any], key: str, default: Any, where: str = "") -> Any:
    """What stands under a key, of the kind of its default; null is as good as absent."""
    return default if value.get(key) is None else needed(value, key, type(default), where)


def expectation(case: dict[str, Any], key: str) -> dict[str, Any]:
    """What a case expects, its outcome filled in: who expects values expects an answer.

    Raises:
        Malformed: it expects nothing.
    """
    found: dict[str, Any] = {name: said for name, said in needed(case, key, dict).items() if said is not None}
    for layer in ("asserted", "derived"):
        optional(found, layer, {}, f"{key}.")
    if not found:
        raise Malformed(f"{key} says nothing")
    return found | {"outcome": optional(found, "outcome", "ok", f"{key}.")}


def read_nodes(case: dict[str, Any]) -> list[Node]:
    """The participants and groups of a case.

    Raises:
        Malformed: they are none, or no tree.
    """
    try:
        nodes = _NODES.validate_python(needed(case, "nodes", list))
    except ValidationError as error:
        raise Malformed(words(error, "nodes")) from error
    check_tree(nodes)
    return nodes


def read_collections(case: dict[str, Any]) -> list[Collection]:
    """The collections of a case that has several.

    Raises:
        Malformed: they are none, or no trees.
    """
    try:
        found = _COLLECTIONS.validate_python(needed(case, "collections", list))
    except ValidationError as error:
        raise Malformed(words(error, "collections")) from error
    names = [collection.name for collection in found]
    if len(set(names)) != len(names) or not names:
        raise Malformed("collections: expected one or more, each with a name of its own")
    for collection in found:
        check_tree(collection.nodes)
    return found


def check_tree(nodes: Sequence[Node]) -> None:
    """Whether every node has a name of its own and its ancestors end; a parent outside the case is a root.

    Raises:
        Malformed: they do not.
    """
    parents = {node.id: node.parent for node in nodes}
    if not nodes:
        raise Malformed("no nodes")
    if len(parents) != len(nodes):
        twice = sorted(name for name in parents if sum(node.id == name for node in nodes) > 1)
        raise Malformed(f"nodes: {', '.join(twice)} is there twice")
    for name in parents:
        seen, at = {name}, parents[name]
        while at is not None and at in parents:
            if at in seen:
                raise Malformed(f"nodes: {name} is its own ancestor")
            seen.add(at)
            at = parents[at]
    for node in nodes:
        if node.type == "group" and not node.empty:
            raise Malformed(f"nodes: group {node.id} states constraints, which only participants do")


def read_limits(world: World, case: dict[str, Any]) -> tuple[Environment, list[str]]:
    """The server's limits for a case, and what it says of them that we do not know.

    Raises:
        Malformed: a limit is no number.
    """
    layers = [optional(case, key, {}) for key in ("env", "environment")]
    for layer in layers:
        optional(layer, "free", {}, "environment.")
    try:
        limits = environment(world, *layers)
    except ValidationError as error:
        raise Malformed(words(error, "environment")) from error
    return limits, [*unknown_keys(limits)]


def words(error: ValidationError, where: str) -> str:
    """A validation error as one line, with the place of each."""
    errors = error.errors()
    errors = [each for each in errors if _OTHER not in each["loc"]] or errors
    found = []
    for each in errors:
        steps = [str(step) for step in each["loc"] if step not in ("Constraints", _OTHER)]
        found.append(f"{'.'.join([where, *steps])}: {each['msg'].lower()}, got {each['input']!r:.60}")
    return "; ".join(dict.fromkeys(found))
