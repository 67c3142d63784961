"""One verdict for one case: passed, waiting, out of scope or failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Literal

from heapwright import Options, solve
from heapwright.solver.answer.plan import Plan

from . import conflicts, converted, late_participants, layouts, pools, ranking, scope, soundness
from .cases import Environment, Node, World, unknown_keys
from .expected import Expectation
from .negotiate import Answer, Failure, Negotiation, Waiting, read
from .party import Unreadable
from .reading import Malformed, expectation, optional, read_collections, read_limits, read_nodes
from .remarks import is_remark
from .scope import OutOfScope
from .translate import build
from .wanted import UnknownKey, contradictions, layers, of_nobody, wanted_pair

Outcome = Literal["passed", "waiting", "out of scope", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What became of a case; `why` has kinds, reasons or what disagrees."""

    outcome: Outcome
    why: tuple[str, ...] = ()


def judge(world: World, kind: str, case: Any) -> Verdict:
    """Put a case of the list `kind` to the solver and compare."""
    verdicts: dict[str, Callable[[World, dict[str, Any]], list[str]]] = {
        "cases": _case,
        "beyond_cases": _beyond,
        "preference_cases": ranking.preference,
        "pool_cases": pools.pool,
        "layout_cases": layouts.layout,
    }
    if kind not in verdicts:
        return Verdict("out of scope", (f"unknown list {kind}",))
    try:
        if not isinstance(case, dict):
            raise Malformed(f"expected an object, got {case!r:.60}")
        # Null is as good as absent, but for the format of a layout: there it is none.
        said = {key: value for key, value in case.items() if value is not None or key == "pixel_format"}
        wrong = verdicts[kind](world, said)
    except Waiting as waiting:
        return Verdict("waiting", waiting.args)
    except (OutOfScope, Unreadable) as reason:
        return Verdict("out of scope", (str(reason),))
    except UnknownKey as unknown:
        return Verdict("out of scope", tuple(f"unknown key {key}" for key in str(unknown).split(", ")))
    except Malformed as reason:
        return Verdict("failed", (f"malformed: {reason}",))
    return Verdict("failed", tuple(wrong)) if wrong else Verdict("passed")


def _limits(world: World, case: dict[str, Any]) -> Environment:
    limits, unknown = read_limits(world, case)
    if unknown:
        raise OutOfScope(f"unknown key {unknown[0]}")
    return limits


def _case(world: World, case: dict[str, Any]) -> list[str]:
    wanted, nodes = expectation(case, "expect"), read_nodes(case)
    scope.check(case, nodes, world.heaps)
    return _negotiated(world, _limits(world, case), case, nodes, wanted)


def _negotiated(
    world: World, limits: Environment, case: dict[str, Any], nodes: list[Node], wanted: dict[str, Any]
) -> list[str]:
    """What is wrong with our answer to one collection."""
    itself = [*contradictions(wanted)]
    negotiation = Negotiation(world, limits, nodes, _api(case))
    found = negotiation.settle()
    if isinstance(found, Failure):
        if wanted["outcome"] == "fail":
            return itself + _explained(case, wanted, negotiation, found) + of_nobody(wanted, nodes)
        return [f"wanted a plan, got none: {found.reason}"]
    wrong = itself + soundness.broken(found, world, limits)
    if scope.rights(case, nodes) and _hangs_on_rights(negotiation, found, wanted):
        raise OutOfScope(scope.RIGHTS)
    if wanted["outcome"] == "fail":
        gap = "expect" in case and _only_a_gap(negotiation, found)
        return wrong if gap else ["wanted a failure, got a plan", *wrong]
    return wrong + _compared(negotiation, found, wanted, exact="expect" in case)


def _hangs_on_rights(negotiation: Negotiation, found: Answer, wanted: dict[str, Any]) -> bool:
    """Whether a refusal is wanted, of everybody or of a newcomer, where constraints refuse nobody."""
    if wanted["outcome"] == "fail":
        return True
    late = wanted.get("attached_outcome")
    return "fail" in (late.values() if isinstance(late, dict) else [late]) and bool(
        _attached(negotiation, found, late)
    )


def _api(case: dict[str, Any]) -> str:
    api: str = optional(case, "api", "v2")
    if api not in ("v1", "v2"):
        raise OutOfScope(f"unknown api {api}")
    return api


def _compared(negotiation: Negotiation, found: Answer, wanted: dict[str, Any], exact: bool) -> list[str]:
    """Mismatches of an answer with all that a case expects; unknown keys are told last."""
    wrong = _attached(negotiation, found, wanted.get("attached_outcome"))
    unknown: list[str] = []
    pair = wanted_pair(wanted)
    for layer in layers(wanted):
        try:
            wrong += Expectation(negotiation, found, exact=exact).mismatches(layer | pair)
        except UnknownKey as keys:
            unknown += str(keys).split(", ")
    if unknown and not wrong:
        raise UnknownKey(", ".join(dict.fromkeys(unknown)))
    return [*dict.fromkeys(wrong)]


def _attached(negotiation: Negotiation, found: Answer, wanted: Any) -> list[str]:
    if wanted is None:
        return []
    let_in = late_participants.attach(negotiation, found)
    if not let_in:
        raise Malformed("attached_outcome, where nobody is attached late")
    for outcome in wanted.values() if isinstance(wanted, dict) else [wanted]:
        if outcome not in ("ok", "fail"):
            raise Malformed(f"attached_outcome: expected ok or fail, got {outcome!r:.60}")
    ours: Any = {name: "ok" if ok else "fail" for name, ok in let_in.items()}
    if isinstance(wanted, str):
        ours = "ok" if all(let_in.values()) else "fail"
    elif isinstance(wanted, dict):
        ours = {name: outcome for name, outcome in ours.items() if name in wanted}
    return [] if ours == wanted else [f"attached_outcome: wanted {wanted}, got {ours}"]


def _explained(
    case: dict[str, Any], wanted: dict[str, Any], negotiation: Negotiation, found: Failure
) -> list[str]:
    """Whether the conflict names whom a good report names, where a case says so."""
    good = optional(case, "explanation_expected", wanted.get("explanation_expected") or {})
    named = conflicts.of(found, negotiation)
    wrong = []
    for to_name, listed in conflicts.stated(good, {node.id for node in negotiation.tree.nodes}):
        if not to_name and listed & named:
            wrong.append(f"the conflict names {sorted(listed & named)}")
        if to_name and listed - named:
            wrong.append(f"the conflict does not name {sorted(listed - named)}: {found.reason}")
    return wrong


def _only_a_gap(negotiation: Negotiation, found: Answer) -> bool:
    """Whether that system fails only for a known gap in its method (README.md).

    It stops after so many combinations, holds slack to be hard, and gives up on
    all formats for a contradiction in one.
    """
    if negotiation.tree.number() > negotiation.limits.max_group_combinations:
        return True
    if found.dropped:
        return True
    pairs = found.cast.common()
    return any(
        isinstance(negotiation.of_pairs(found.cast, (pair,)), Failure)
        for pair in pairs
        if negotiation.solvable(pair)
    )


def _beyond(world: World, case: dict[str, Any]) -> list[str]:
    wanted = expectation(case, "better")
    if "collections" in case:
        scope.check(case, [node for each in read_collections(case) for node in each.nodes], world.heaps)
        return _together(world, _limits(world, case), case, wanted)
    nodes = read_nodes(case)
    scope.check(case, nodes, world.heaps)
    limits = _limits(world, case)
    if converted.is_wanted(wanted):
        return converted.answered(world, limits, nodes, _api(case), wanted)
    return _negotiated(world, limits, case, nodes, wanted)


def _together(world: World, limits: Environment, case: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Several collections at once, each with its pipeline, on one board."""
    collections = read_collections(case)
    unknown = [*unknown_keys(collections)]
    if unknown:
        raise OutOfScope(f"unknown key {unknown[0]}")
    each = [Negotiation(world, limits, found.nodes, _api(case), found.name) for found in collections]
    ways = [[found for found in one.settlements() if isinstance(found, Answer)] for one in each]
    answers: dict[str, Answer] = {}
    wrong: list[str] = []
    for choice in islice(product(*ways), 64):
        built = build(world, limits, [(found.cast, found.question) for found in choice])
        plan = solve(built.platform, built.pipelines, options=Options(explain=False))
        if isinstance(plan, Plan):
            joint = [read(f.cast, f.question, built, plan, f.placement.pipeline) for f in choice]
            answers = {found.cast.name: found for found in joint}
            wrong = [text for found in joint for text in soundness.broken(found, world, limits)]
            break
    if wanted["outcome"] not in ("ok", "fail"):
        raise Malformed(f"better.outcome: expected ok or fail, got {wanted['outcome']}")
    names = {one.name: one for one in each}
    stated = {name: value for name, value in wanted.items() if name in names}
    if ("outcome" in case["better"] or not stated) and (wanted["outcome"] == "ok") != bool(answers):
        wrong.append(f"wanted {wanted['outcome']}, got {'a plan' if answers else 'none'}")
    for name, value in stated.items():
        wrong += _one_of_them(names[name], answers.get(name), value)
    unread = sorted(k for k, v in wanted.items() if k not in {*stated, "outcome"} and not is_remark(k, v))
    if unread and not wrong:
        raise UnknownKey(", ".join(unread))
    return wrong


def _one_of_them(negotiation: Negotiation, found: Answer | None, wanted: Any) -> list[str]:
    """Mismatches of one collection's answer: a heap alone, "fail", or all that is expected of it."""
    if not isinstance(wanted, str | dict):
        raise Malformed(f"better.{negotiation.name}: expected a heap, fail or an object, got {wanted!r:.60}")
    fails = wanted == "fail" if isinstance(wanted, str) else wanted.get("outcome") == "fail"
    if found is None or fails:
        return (
            []
            if found is None and fails
            else [f"{negotiation.name}: wanted {wanted}, got {found and 'a plan'}"]
        )
    values: dict[str, Any] = {} if wanted == "ok" else {"heap": wanted} if isinstance(wanted, str) else wanted
    wrong = [*Expectation(negotiation, found).mismatches({k: v for k, v in values.items() if k != "heap"})]
    heap = str(values.get("heap") or found.variant.heap).lower()
    if heap != found.variant.heap:
        wrong.append(f"heap: wanted {heap}, got {found.variant.heap}")
    return [f"{negotiation.name}: {text}" for text in wrong]
