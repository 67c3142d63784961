"""One verdict for one case: passed, waiting, out of scope or failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Literal

from pydantic import ValidationError

from solver import Options, solve
from solver.plan import Plan

from . import converted, expected, late, pools, ranking, scope, sound
from .cases import Collection, Environment, Node, World, environment, unknown_keys
from .expected import Expectation, UnknownKey
from .negotiate import Answer, Failure, Negotiation, Waiting, read
from .party import Unreadable
from .scope import OutOfScope
from .translate import build

Outcome = Literal["passed", "waiting", "out of scope", "failed"]


@dataclass(frozen=True)
class Verdict:
    """What became of a case; `why` has kinds, reasons or what disagrees."""

    outcome: Outcome
    why: tuple[str, ...] = ()


def judge(world: World, kind: str, case: dict[str, Any]) -> Verdict:
    """Put a case of the list `kind` to the solver and compare."""
    verdicts: dict[str, Callable[[World, dict[str, Any]], list[str]]] = {
        "cases": _case,
        "beyond_cases": _beyond,
        "preference_cases": _preference,
        "pool_cases": pools.pool,
        "layout_cases": pools.layout,
    }
    if kind not in verdicts:
        return Verdict("out of scope", (f"unknown list {kind}",))
    try:
        wrong = verdicts[kind](world, case)
    except Waiting as waiting:
        return Verdict("waiting", waiting.args)
    except (OutOfScope, Unreadable) as reason:
        return Verdict("out of scope", (str(reason),))
    except UnknownKey as unknown:
        return Verdict("out of scope", tuple(f"unknown key {key}" for key in str(unknown).split(", ")))
    return Verdict("failed", tuple(wrong)) if wrong else Verdict("passed")


def _nodes(case: dict[str, Any]) -> list[Node]:
    try:
        return [Node.model_validate(node) for node in case.get("nodes", ())]
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise OutOfScope(f"unreadable {where}") from error


def _limits(world: World, case: dict[str, Any]) -> Environment:
    try:
        limits = environment(world, case.get("env"), case.get("environment"))
    except (ValidationError, AttributeError) as error:
        raise OutOfScope("unreadable environment") from error
    unknown = [*unknown_keys(limits)]
    if unknown:
        raise OutOfScope(f"unknown key {unknown[0]}")
    return limits


def _case(world: World, case: dict[str, Any]) -> list[str]:
    nodes = _nodes(case)
    scope.check(case, nodes, world.heaps)
    negotiation = Negotiation(world, _limits(world, case), nodes, case.get("api", "v2"))
    wanted = case["expect"]
    found = negotiation.settle()
    if isinstance(found, Failure):
        if wanted["outcome"] == "fail":
            return _explained(case, negotiation, found)
        return [f"wanted a plan, got none: {found.reason}"]
    wrong = sound.broken(found, world, negotiation.limits)
    if wanted["outcome"] == "fail":
        return wrong if _only_a_gap(negotiation, found) else ["wanted a failure, got a plan", *wrong]
    return wrong + _compared(negotiation, found, wanted)


def _compared(negotiation: Negotiation, found: Answer, wanted: dict[str, Any]) -> list[str]:
    """Mismatches of an answer with all that a case expects; unknown keys are told last."""
    known, values = {"outcome", "reason"}, dict(wanted)
    values |= {**values.pop("derived", {}), **values.pop("asserted", {})}
    wrong = _attached(negotiation, found, wanted.get("attached_outcome"))
    unknown: UnknownKey | None = None
    try:
        for text in Expectation(negotiation, found).mismatches(
            {k: v for k, v in values.items() if k not in known}
        ):
            wrong.append(text)
    except UnknownKey as keys:
        unknown = keys
    if unknown is not None and not wrong:
        raise unknown
    return wrong


def _attached(negotiation: Negotiation, found: Answer, wanted: Any) -> list[str]:
    if wanted is None:
        return []
    let_in = late.attach(negotiation, found)
    ours: Any = {name: "ok" if ok else "fail" for name, ok in let_in.items()}
    if isinstance(wanted, str):
        ours = "ok" if all(let_in.values()) else "fail"
    return [] if ours == wanted else [f"attached_outcome: wanted {wanted}, got {ours}"]


def _explained(case: dict[str, Any], negotiation: Negotiation, found: Failure) -> list[str]:
    """Whether the conflict names whom a good report names, where a case says so."""
    wanted = case.get("explanation_expected") or case["expect"].get("explanation_expected") or {}
    ids = {node.id for node in negotiation.tree.nodes}
    named = expected.conflict_names(found, ids)
    wrong = []
    for key, value in wanted.items() if isinstance(wanted, dict) else ():
        listed = {item for item in value if item in ids} if isinstance(value, list) else set()
        if "not" in key and listed & named:
            wrong.append(f"the conflict names {sorted(listed & named)}")
        if "not" not in key and listed - named:
            wrong.append(f"the conflict does not name {sorted(listed - named)}")
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
    nodes = _nodes(case)
    scope.check(case, nodes, world.heaps)
    wanted = case["better"]
    limits = _limits(world, case)
    if converted.is_wanted(wanted):
        return converted.answered(world, limits, nodes, case, wanted)
    if "collections" in case:
        return _together(world, limits, case)
    negotiation = Negotiation(world, limits, nodes, case.get("api", "v2"))
    found = negotiation.settle()
    if isinstance(found, Failure):
        return [] if wanted["outcome"] == "fail" else [f"wanted a plan, got none: {found.reason}"]
    if wanted["outcome"] == "fail":
        return ["wanted a failure, got a plan"]
    return sound.broken(found, world, limits) + _compared(negotiation, found, wanted)


def _together(world: World, limits: Environment, case: dict[str, Any]) -> list[str]:
    """Several collections at once, each with its pipeline, on one board."""
    collections = [Collection.model_validate(item) for item in case["collections"]]
    unknown = [*unknown_keys(collections)]
    if unknown:
        raise OutOfScope(f"unknown key {unknown[0]}")
    api = case.get("api", "v2")
    each = [Negotiation(world, limits, collection.nodes, api, collection.name) for collection in collections]
    ways = [[found for found in one.settlements() if isinstance(found, Answer)] for one in each]
    answers: dict[str, str] = {one.name: "fail" for one in each}
    wrong: list[str] = []
    for choice in islice(product(*ways), 64):
        built = build(world, limits, [(found.cast, found.question) for found in choice])
        plan = solve(built.platform, built.pipelines, options=Options(explain=False))
        if isinstance(plan, Plan):
            joint = [read(f.cast, f.question, built, plan, f.placement.pipeline) for f in choice]
            answers = {found.cast.name: found.variant.heap for found in joint}
            wrong = [text for found in joint for text in sound.broken(found, world, limits)]
            break
    wanted = {name: value for name, value in case["better"].items() if name in answers}
    unread = set(case["better"]) - set(wanted) - {"outcome"}
    if wanted != {name: answers[name] for name in wanted}:
        wrong.append(f"wanted {wanted}, got {answers}")
    if unread and not wrong:
        raise UnknownKey(", ".join(sorted(unread)))
    return wrong


def _preference(world: World, case: dict[str, Any]) -> list[str]:
    """A ranking of modifiers, against what ours cost."""
    known = {"id", "source", "source_test", "platform", "pixel_format", "worst_to_best", "equal_cost", "note"}
    unknown = sorted(set(case) - known)
    if unknown:
        raise UnknownKey(", ".join(unknown))
    return ranking.preference(world, case)
