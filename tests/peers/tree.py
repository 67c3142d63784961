"""The tree of participants, and the combinations that its groups allow.

Exactly one child of a group takes part. Order is preference: a parent group
outranks the groups below it, an earlier sibling a later one, so combinations
come out in the order in which that system would try them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from .cases import Node


class Combination(NamedTuple):
    """The participants of one choice among every visible group."""

    members: tuple[Node, ...]
    choices: dict[str, str]
    """group → the child taken."""


class Tree:
    """The nodes of one collection by parent; late participants stand apart."""

    def __init__(self, nodes: Sequence[Node], without: frozenset[str] = frozenset()) -> None:
        self.nodes = tuple(nodes)
        self.without = without
        known = {node.id for node in nodes}
        self.below: dict[str | None, list[Node]] = {}
        for node in nodes:
            if node.id not in without:
                self.below.setdefault(node.parent if node.parent in known else None, []).append(node)
        self.late = tuple(node for node in nodes if node.attached is not None)

    def pruned(self, children: frozenset[str]) -> Tree:
        """The same tree without these children of groups."""
        return Tree(self.nodes, self.without | children)

    def children(self, node: Node) -> list[Node]:
        return [child for child in self.below.get(node.id, []) if child.attached is None]

    @property
    def roots(self) -> list[Node]:
        return [node for node in self.below.get(None, []) if node.attached is None]

    def number(self) -> int:
        """How many combinations there are."""
        return prod(self._number(node) for node in self.roots)

    def _number(self, node: Node) -> int:
        each = [self._number(child) for child in self.children(node)]
        return sum(each) if node.type == "group" else prod(each)

    def combinations(self, nodes: Sequence[Node] | None = None) -> Iterator[Combination]:
        """All combinations below `nodes` (the roots), the most wanted first."""
        nodes = self.roots if nodes is None else nodes
        if not nodes:
            yield Combination((), {})
            return
        for first in self._of(nodes[0]):
            for rest in self.combinations(nodes[1:]):
                yield Combination(first.members + rest.members, first.choices | rest.choices)

    def _of(self, node: Node) -> Iterator[Combination]:
        if node.type == "group":
            for child in self.children(node):
                for found in self._of(child):
                    yield Combination(found.members, {node.id: child.id} | found.choices)
            return
        for found in self.combinations(self.children(node)):
            yield Combination((node, *found.members), found.choices)

    def certain(self, nodes: Sequence[Node] | None = None) -> tuple[Node, ...]:
        """The participants below `nodes` that take part whatever the groups choose."""
        found: list[Node] = []
        for node in self.roots if nodes is None else nodes:
            if node.type == "participant":
                found += [node, *self.certain(self.children(node))]
        return tuple(found)

    def groups(self, nodes: Sequence[Node] | None = None) -> tuple[Node, ...]:
        """The groups that no other group hides."""
        found: list[Node] = []
        for node in self.roots if nodes is None else nodes:
            found += [node] if node.type == "group" else self.groups(self.children(node))
        return tuple(found)
