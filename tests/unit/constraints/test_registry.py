"""No rule is half done: what every kind, every cost term and every modifier family must have.

A kind has a name, a scope, a source, a sentence, a judgement, a test, a row in the README, the same
rule in the judge, and an errno with which the kernel shows it. Terms and families have the like.
What one rightly lacks is said here with the reason.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import import_module
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
from heapwright.solver.answer.render import measured
from heapwright.solver.constraints import BUDGETS, BY_NAME, KINDS, of_scope
from heapwright.solver.constraints.kind import ConstraintKind
from heapwright.solver.layout import modifiers
from heapwright.solver.layout.modifiers import FAMILIES
from heapwright.solver.objective import LOSSY, MOVED, PICTURED, TERMS
from heapwright.solver.objective.term import CostTerm

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
    "converted-picture": "solver/test_picture.py",
    "conversion-bytes": "solver/test_conversions.py",
    "preference": "solver/test_resolve.py",
    "picture": "solver/test_picture.py",
    "avoided-heaps": "solver/test_levels_of_heaps.py",
    "dropped-wishes": "test_sharing.py",
    "load": "solver/test_load.py",
    "bytes": "test_acme.py",
    "moved-buffers": "solver/test_levels_of_heaps.py",
    "exporter": "solver/test_levels_of_heaps.py",
    "driver-formats": "solver/test_levels_of_drivers.py",
    "driver-modifiers": "solver/test_levels_of_drivers.py",
    "fine-load": "solver/test_load.py",
}
JUDGES: Final = ("attachment", "heap", "reach", "run", "room", "permit")
SCOPES: Final = (*JUDGES, "layout", "budget", "choice", "question")
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
every_term = pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__.split(".")[-1])


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """The modules of a package that define one thing each, by what that is called."""
    found = [path for path in Path(str(package.__file__)).parent.rglob("*.py") if path.stem != "__init__"]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found]
    loaded = [import_module(name) for name in names]
    return {
        path.stem.replace("_", "-"): module
        for path, module in zip(found, loaded, strict=True)
        if hasattr(module, "KIND") or hasattr(module, "TERM")
    }


OF_KIND: Final = modules(constraints)
OF_TERM: Final = modules(costs)


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
    files = {path.stem for path in FOLDER.glob("*/*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in OF_KIND} == files
    assert {kind: kind.name for kind in KINDS} == {module.KIND: name for name, module in OF_KIND.items()}
    assert len(KINDS) == len(BY_NAME) == len(files)


def test_every_scope_is_asked_somewhere() -> None:
    assert {kind.scope for kind in KINDS} == set(SCOPES)
    assert set(of_scope(*SCOPES)) == set(KINDS)


@every_kind
def test_a_kind_has_a_plain_name(kind: ConstraintKind) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.name)


@every_kind
def test_a_kind_says_what_why_and_where_it_was_read(kind: ConstraintKind) -> None:
    text = getdoc(OF_KIND[kind.name])
    assert text is not None
    first, _, rest = text.partition("\n")
    assert first.endswith("."), "the first line is a sentence"
    assert "Source: " in rest


@every_kind
def test_a_kind_judges_by_what_it_reads_and_speaks(kind: ConstraintKind) -> None:
    assert (kind.scope in (*JUDGES, "layout")) == bool(kind.reads)
    assert (kind.budget is not None) or kind.scope != "budget"
    assert kind.sentence is not None
    if kind.scope != "budget":
        assert kind.words is not ConstraintKind.words, "it has a sentence"


def takes(function: Callable[..., object], number: int) -> bool:
    """Whether a function may be given so many values by their places."""
    try:
        signature(function).bind(*range(number))
    except TypeError:
        return False
    except ValueError:  # written in C
        return True
    return True


@every_kind
def test_a_rule_takes_what_it_reads(kind: ConstraintKind) -> None:
    assert takes(kind.rule, len(kind.reads))
    assert takes(kind.concern, len(kind.concerned_by))
    assert takes(kind.asks, 1 + len(kind.reads))
    if kind.budget is not None:
        assert takes(kind.budget.charges, len(kind.budget.reads))
        assert kind.budget.reserved is None or takes(kind.budget.reserved, len(kind.budget.reads))
        assert kind.budget.grows <= {*kind.budget.reads}


@every_term
def test_a_term_takes_what_it_reads(term: CostTerm) -> None:
    assert takes(term.rule, len(term.reads))
    assert term.grows <= {*term.reads}
    assert term.reads or term.fills


@every_term
def test_answers_show_a_term_in_its_unit(term: CostTerm) -> None:
    assert measured(term.name, 1) == f"1 {term.unit}".rstrip() + (" (0.00 %)" if term.unit == "ppm" else "")


def test_terms_of_conversions_come_first() -> None:
    """So a plan without conversions is cheaper than any with, and their price alone bounds trees."""
    assert (LOSSY, PICTURED, MOVED) == (0, 1, 2)


@every_kind
def test_a_kind_has_its_test(kind: ConstraintKind) -> None:
    assert (Path(__file__).parent / f"test_{kind.name.replace('-', '_')}.py").is_file()


def test_budgets_are_the_kinds_that_charge() -> None:
    assert {kind.name for kind in BUDGETS} == {
        "capacity",
        "iova-aperture",
        "resource",
        "local-only",
        "heap-limits",
        "conversion",
    }


def test_every_kind_has_an_example() -> None:
    assert [kind.name for kind in KINDS if "\nExample:\n" not in (getdoc(OF_KIND[kind.name]) or "")] == []


def test_every_kind_has_a_row_in_the_readme() -> None:
    assert [name for name in rows("README.md") if name in BY_NAME] == list(BY_NAME)


@every_kind
def test_a_kind_is_judged_or_it_is_said_why_not(kind: ConstraintKind) -> None:
    assert (kind.name in judged()) != (kind.name in NOT_THE_JUDGES)


@every_kind
def test_the_errno_of_a_kind_is_known_or_it_is_said_why_not(kind: ConstraintKind) -> None:
    assert (kind.name in REFUSALS) != (kind.name in NOT_VERIFIED)


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
    files = {path.stem for path in folder.rglob("*.py")} - {"__init__", "term", "driver_order"}
    assert {term: term.name for term in TERMS} == {module.TERM: name for name, module in OF_TERM.items()}
    assert {name.replace("-", "_") for name in OF_TERM} == files


@every_term
def test_a_term_says_what_it_counts(term: CostTerm) -> None:
    text = getdoc(OF_TERM[term.name]) or ""
    assert re.match(r".+\(design §6, \d+\)", text.split("\n\n")[0], re.DOTALL)


def test_the_judge_reckons_every_term() -> None:
    assert tuple(term.name for term in TERMS) == JUDGED_TERMS


@every_term
def test_a_term_has_its_test(term: CostTerm) -> None:
    own = ROOT / "tests" / "unit" / "costs" / f"test_{term.name.replace('-', '_')}.py"
    if not own.is_file():
        where = ROOT / "tests" / "unit" / TERMS_TESTED_IN[term.name]
        assert f'"{term.name}"' in where.read_text("utf-8")


def test_every_term_has_a_row_in_the_docs() -> None:
    names = [term.name for term in TERMS]
    assert [name for name in rows("docs/how-it-solves.md") if name in names] == names


def test_every_term_and_family_has_an_example() -> None:
    assert [
        each.__name__ for each in [*OF_TERM.values(), *FAMILIES] if "\nExample:\n" not in (getdoc(each) or "")
    ] == []


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
