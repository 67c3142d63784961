"""No rule is half done: what every kind, every cost term and every modifier family must have.

A kind has a name, a scope, a source, a sentence, a judgement, a test, a row in the README, the same
rule in the judge, and an errno with which the kernel shows it. Terms and families have the like.
What one rightly lacks is said here with the reason.
"""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from inspect import getdoc, signature
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from heapwright.allocator.judge.cost import TERMS as JUDGED_TERMS
from heapwright.allocator.judge.layout.families import opaque
from heapwright.api.verify.refusals import REFUSALS
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.solver import constraints
from heapwright.solver import objective as costs
from heapwright.solver.constraints import BUDGETS, BY_NAME, KINDS, of_scope
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.modifiers import FAMILIES
from heapwright.solver.objective import TERMS

if TYPE_CHECKING:
    from types import ModuleType

ROOT: Final = Path(__file__).parents[3]
FOLDER = Path(constraints.__file__).parent
NOT_THE_JUDGES: Final = {
    "own-mmu": "it forbids nothing: it says why scattered memory is fine",
    "column-height": "the judge sees the height as a part of the modifier, and refuses it as `modifier`",
}
NOT_VERIFIED: Final = {
    "missing-device": "only ports that are there are asked",
    "own-mmu": "it forbids nothing",
    "colour-space": "no call names the colours of one port to another",
    "exporter-computes-size": "every image that is asked is LINEAR",
    "coherency": "stale bytes are no errno",
    "count": "one buffer is asked at a time",
    "resource": "one port is asked at a time",
    "protected-needs-firewall": "firewalls are set aside: no kernel looks at them when a buffer is imported",
    "protected-only": "firewalls are set aside",
    "audience": "firewalls are set aside",
    "outside-firewall": "firewalls are set aside",
    "protected-port": "firewalls are set aside",
    "protected-flow": "firewalls are set aside",
    "conversion": "conversions are forbidden in what is asked",
}
TERMS_TESTED_IN: Final = {
    "lossy-conversions": "solver/test_conversions.py",
    "conversion-bytes": "solver/test_conversions.py",
    "preference": "solver/test_resolve.py",
    "dropped-wishes": "test_sharing.py",
    "traffic": "constraints/test_cpu_access.py",
    "scarcity-largest": "solver/test_reserved_blocks.py",
    "scarcity-sum": "solver/test_reserved_blocks.py",
    "bytes": "test_acme.py",
}
TERM_PROVIDES: Final = {"placed": {"value"}, "counted": {"value"}, "joint": set()}
PROVIDES = {
    "attachment": {"broken", "sentence", "source"},
    "heap": {"broken", "sentence", "source"},
    "reach": {"broken", "sentence", "source"},
    "run": {"broken", "sentence", "source"},
    "room": {"broken", "sentence", "source"},
    "permit": {"permits", "sentence", "source"},
    "budget": {"charges", "sentence", "source"},
    "layout": {"states", "demand", "sentence"},
    "choice": {"sentence"},
    "question": {"sentence"},
}
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.NAME)
every_term = pytest.mark.parametrize("term", TERMS, ids=lambda term: term.NAME)
every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.split(".")[-1])


@cache
def judged() -> frozenset[str]:
    """All words of the judge's code and of the kernel that it shares, docstrings aside."""
    folder = ROOT / "allocator"
    shared = [folder / "faults.py", folder / "frameworks.py"]
    modules = [*shared, *(folder / "judge").rglob("*.py"), *(folder / "kernel").rglob("*.py")]
    trees = [ast.parse(path.read_text("utf-8")) for path in modules]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    words = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in prose)
    return frozenset(node.value for node in words if isinstance(node.value, str))


def rows(page: str) -> list[str]:
    """What the first cells of tables name, in order."""
    text = (ROOT / page).read_text("utf-8")
    cells = re.findall(r"^\| (`[^|]*)\|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_module_is_listed_once() -> None:
    modules = {
        f"heapwright.solver.constraints.{path.parent.name}.{path.stem}"
        for path in FOLDER.glob("*/*.py")
        if path.stem != "__init__"
    }
    assert {kind.__name__ for kind in KINDS} == modules
    assert len(KINDS) == len(BY_NAME) == len(modules)


def test_every_scope_is_asked_somewhere() -> None:
    assert {kind.SCOPE for kind in KINDS} == set(PROVIDES)
    assert set(of_scope(*PROVIDES)) == set(KINDS)


@every_kind
def test_a_kind_is_called_like_its_module(kind: ModuleType) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.NAME)
    assert kind.__name__.rpartition(".")[2] == kind.NAME.replace("-", "_")


@every_kind
def test_a_kind_says_what_why_and_where_it_was_read(kind: ModuleType) -> None:
    text = getdoc(kind)
    assert text is not None
    first, _, rest = text.partition("\n")
    assert first.endswith("."), "the first line is a sentence"
    assert "Source: " in rest


@every_kind
def test_a_kind_judges_and_speaks(kind: ModuleType) -> None:
    missing = {name for name in PROVIDES[kind.SCOPE] if not callable(getattr(kind, name, None))}
    assert not missing


@every_kind
def test_only_layouts_and_choices_borrow_the_source_of_their_rule(kind: ModuleType) -> None:
    if hasattr(kind, "source"):
        wanted = ["board", "budget"] if kind.SCOPE == "budget" else ["case"]
        assert list(signature(kind.source).parameters) == wanted


@every_kind
def test_a_kind_has_its_test(kind: ModuleType) -> None:
    assert (Path(__file__).parent / f"test_{kind.NAME.replace('-', '_')}.py").is_file()


def test_budgets_are_the_kinds_that_charge() -> None:
    assert {kind.NAME for kind in BUDGETS} == {
        "capacity",
        "iova-aperture",
        "resource",
        "local-only",
        "heap-limits",
        "conversion",
    }


def test_every_kind_has_an_example() -> None:
    assert [kind.NAME for kind in KINDS if "\nExample:\n" not in (getdoc(kind) or "")] == []


def test_every_kind_has_a_row_in_the_readme() -> None:
    assert [name for name in rows("README.md") if name in BY_NAME] == list(BY_NAME)


@every_kind
def test_a_kind_is_judged_or_it_is_said_why_not(kind: ModuleType) -> None:
    assert (kind.NAME in judged()) != (kind.NAME in NOT_THE_JUDGES)


@every_kind
def test_the_errno_of_a_kind_is_known_or_it_is_said_why_not(kind: ModuleType) -> None:
    assert (kind.NAME in REFUSALS) != (kind.NAME in NOT_VERIFIED)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_row_of_verify_has_an_errno_and_names_facts(name: str) -> None:
    row = REFUSALS[name]
    assert any(row.errnos.values())
    assert row.facts


def test_nothing_is_said_of_a_kind_that_is_not_there() -> None:
    said = {*NOT_THE_JUDGES, *NOT_VERIFIED, *REFUSALS}
    assert said <= BY_NAME.keys()
    assert all(reason for reason in [*NOT_THE_JUDGES.values(), *NOT_VERIFIED.values()])


# Cost terms


def test_every_term_is_listed_once() -> None:
    folder = Path(costs.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "term"}
    assert {term.__name__.split(".")[-1] for term in TERMS} == modules
    assert len(TERMS) == len({term.NAME for term in TERMS}) == len(modules)


@every_term
def test_a_term_is_called_like_its_module_and_says_what_it_counts(term: ModuleType) -> None:
    text = getdoc(term) or ""
    assert term.__name__.split(".")[-1] == term.NAME.replace("-", "_")
    assert re.match(r".+\(design §6, \d\)", text.split("\n\n")[0], re.DOTALL)
    assert all(callable(getattr(term, name, None)) for name in TERM_PROVIDES[term.SCOPE])


def test_the_judge_reckons_every_term() -> None:
    assert tuple(term.NAME for term in TERMS) == JUDGED_TERMS


@every_term
def test_a_term_has_its_test(term: ModuleType) -> None:
    own = ROOT / "tests" / "unit" / "costs" / f"test_{term.NAME.replace('-', '_')}.py"
    if not own.is_file():
        where = ROOT / "tests" / "unit" / TERMS_TESTED_IN[term.NAME]
        assert f'"{term.NAME}"' in where.read_text("utf-8")


def test_every_term_has_a_row_in_the_docs() -> None:
    names = [term.NAME for term in TERMS]
    assert [name for name in rows("docs/how-it-solves.md") if name in names] == names


def test_every_term_and_family_has_an_example() -> None:
    assert [each.__name__ for each in [*TERMS, *FAMILIES] if "\nExample:\n" not in (getdoc(each) or "")] == []


# Modifier families


@cache
def golden(family: ModuleType) -> tuple[str, ...]:
    """The modifiers of a family of which sizes are known from elsewhere, as answers name them."""
    text = (ROOT / "tests" / "unit" / "solver" / "golden_sizes.toml").read_text("utf-8")
    images = [row for group in tomllib.loads(text).values() for row in group["rows"]]
    names = {
        row.get("named", row["image"][1]) for row in images if family.claims(parse_modifier(row["image"][1]))
    }
    return tuple(sorted(parse_modifier(name).name for name in names))


def test_every_family_is_listed_once() -> None:
    folder = Path(modifiers.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "opaque"}
    assert {family.__name__.split(".")[-1] for family in FAMILIES} == modules
    assert len(FAMILIES) == len(modules)


@every_family
def test_a_family_says_how_bytes_lie_and_where_it_was_read(family: ModuleType) -> None:
    text = getdoc(family) or ""
    assert text.partition("\n")[0].endswith(".")
    assert re.search(r"Sources?: ", text)
    assert callable(family.claims) and callable(family.shape)


@every_family
def test_a_family_has_golden_sizes(family: ModuleType) -> None:
    assert golden(family)


@every_family
def test_the_judge_lays_a_family_out(family: ModuleType) -> None:
    assert [name for name in golden(family) if opaque(parse_modifier(name))] == []


@every_family
def test_a_family_has_a_row_in_docs_modifiers(family: ModuleType) -> None:
    named = [re.escape(re.sub(r"\(.*", "", row)) for row in rows("docs/modifiers.md")]
    forms = [re.compile(row.replace("…", ".*").replace(r"\*", ".*")) for row in named]
    bare = [re.sub(r"\(.*", "", name) for name in golden(family)]
    assert any(form.fullmatch(name) for form in forms for name in bare)
