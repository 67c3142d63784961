"""Which cases are put to the solver at all: a rule on what a case says, never on its name.

Out of scope is what no statement of constraints decides: the deaths of clients of
that system's protocol, an outcome that only the rights of their handles explain, and
anything we cannot read. A case that
says something unreadable must not count as passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .cases import Constraints, HeapFacts, Node, unknown_keys
from .heaps import SYSTEM_RAM
from .remarks import is_remark

RIGHTS: Final = "rights of handles"
_RIGHTS: Final = ("rights", "write_access")
"""What hangs on them is skipped: these keys, and an outcome that only they explain (`rights`)."""
_PROTOCOL: Final = {"dies_before_constraints": "death of a client"}
_CASE: Final = {
    "id", "api", "nodes", "collections", "needs_heap", "env", "environment", "expect", "gap", "sysmem", "better",
    "explanation_expected",
}  # fmt: skip


class OutOfScope(Exception):
    """The reason why a case is not ours to judge."""


def check(case: dict[str, Any], nodes: list[Node], heaps: dict[str, HeapFacts]) -> None:
    """Let a negotiation case pass, or say why it is not ours.

    Raises:
        OutOfScope: see the module.
    """
    reasons = [*_reasons(case, nodes, heaps)]
    if reasons:
        raise OutOfScope(reasons[0])


def _reasons(case: dict[str, Any], nodes: list[Node], heaps: dict[str, HeapFacts]) -> Iterator[str]:
    expected = case.get("expect") or case.get("better") or {}
    layers = [expected.get(layer) or {} for layer in ("asserted", "derived")]
    for key, reason in _PROTOCOL.items():
        if any(where.get(key) for where in (case, expected, *layers, *(n.model_extra or {} for n in nodes))):
            yield reason
    if expected.get("attached_outcome") == "fail" and "lifecycle" in str(case.get("note", "")):
        yield "death of a client"
    for key, value in case.items():
        if key not in (*_CASE, *_PROTOCOL, *_RIGHTS) and not is_remark(key, value):
            yield f"unknown key {key}"
    for key in unknown_keys(nodes):
        if key not in (*_PROTOCOL, *_RIGHTS):
            yield f"unknown key {key}"
    needs = case.get("needs_heap") or []
    if {str(heap).lower() for heap in (needs if isinstance(needs, list) else [needs])} - set(heaps):
        yield "a heap that the file does not describe"
    said = [node.constraints.mem for node in nodes if isinstance(node.constraints, Constraints)]
    named = {SYSTEM_RAM, *(heap.lower() for mem in said if mem is not None for heap in mem.heaps or ())}
    for heap in sorted(named & set(heaps)):
        yield from (f"unknown key {key}" for key in unknown_keys(heaps[heap]))
    known = ("ok", "fail") if "expect" in case else ("ok", "fail", "two_buffers")
    if (expected.get("outcome") or "ok") not in known:
        yield f"unknown outcome {expected['outcome']}"


def rights(case: dict[str, Any], nodes: list[Node]) -> bool:
    """Whether a case speaks of the rights of handles anywhere."""
    expected = case.get("expect") or case.get("better") or {}
    layers = [expected.get(layer) or {} for layer in ("asserted", "derived")]
    everywhere = (case, expected, *layers, *(node.model_extra or {} for node in nodes))
    return any(where.get(key) for key in _RIGHTS for where in everywhere)
