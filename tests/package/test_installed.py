"""The installed package: whole, under one name, and sure of its own modules whoever else has such names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.package.conftest import ROOT, STRANGERS, Installed

MODULES = """
import json, pkgutil, heapwright
print(json.dumps(sorted(m.name for m in pkgutil.walk_packages(heapwright.__path__, "heapwright.") if "__main__" not in m.name)))
"""
ANSWER = """
import heapwright
from importlib import resources
file = resources.files("heapwright") / "examples" / "record-and-preview.yaml"
answer = heapwright.solve(heapwright.load_platform("acme-one"), heapwright.load_pipelines([str(file)]))
print(answer.status, isinstance(answer, heapwright.Plan), heapwright.__file__)
"""


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def files_here() -> set[str]:
    return {
        os.path.relpath(os.path.join(folder, name), ROOT)
        for folder, folders, names in os.walk(ROOT / "heapwright", followlinks=True)
        for name in names
        if "__pycache__" not in folder
    }


def test_both_wheels_hold_what_the_checkout_holds(wheel: Path, wheel_of_sdist: Path) -> None:
    assert files_of(wheel) == files_here()
    assert files_of(wheel_of_sdist) == files_here()
    for name in ("py.typed", "solver/solve.py", "api/start.py", "platforms/formats.toml"):
        assert f"heapwright/{name}" in files_of(wheel)
    assert "heapwright/examples/record-and-preview.yaml" in files_of(wheel)


def test_an_editable_install_and_the_wheel_have_the_same_modules(
    installed: Installed, editable: Installed, wheel: Path
) -> None:
    modules = json.loads(installed.printed(MODULES))
    assert modules == json.loads(editable.printed(MODULES))
    written = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in files_of(wheel)
        if name.endswith(".py") and not name.endswith("__main__.py")
    }
    assert {*modules, "heapwright"} == written


def test_the_wheel_has_one_name(wheel: Path, wheel_of_sdist: Path) -> None:
    for built in (wheel, wheel_of_sdist):
        with zipfile.ZipFile(built) as opened:
            tops = {name.partition("/")[0] for name in opened.namelist()}
        assert sorted(tops) == ["heapwright", f"{built.name.removesuffix('-py3-none-any.whl')}.dist-info"]


def test_the_bare_names_are_those_of_others(installed: Installed) -> None:
    # The measure of the tests below: whoever imports a bare name there gets a stranger.
    for name in STRANGERS[:3]:
        done = installed.run(installed.python, "-c", f"import {name}")
        assert "this is not heapwright" in done.stderr


def test_the_library_works_beside_packages_and_folders_of_those_names(
    installed: Installed, project: Path
) -> None:
    status, plan, file = installed.printed(ANSWER, cwd=project).split()
    assert (status, plan) == ("optimal", "True")
    assert Path(file).is_relative_to(installed.folder)


@pytest.mark.parametrize(
    "command",
    [
        "solve --example record-and-preview -p acme-one",
        "heapwright solve --example record-and-preview -p acme-one",
    ],
)
def test_the_commands_work_beside_packages_and_folders_of_those_names(
    installed: Installed, project: Path, command: str
) -> None:
    program, *arguments = command.split()
    for start in ([str(installed.scripts / program)], [installed.python, "-m", "heapwright.api"]):
        if program == "solve" and len(start) > 1:
            continue
        done = installed.run(*start, *arguments, cwd=project)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("record-and-preview on acme-one: optimal plan\n")


def test_boards_are_listed_and_allocated_on_beside_packages_of_those_names(
    installed: Installed, project: Path
) -> None:
    listed = installed.run(str(installed.scripts / "heapwright"), "platforms", "list", cwd=project)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert any(line.split()[0] == "rk3588" for line in listed.stdout.splitlines())
    made = installed.run(
        str(installed.scripts / "solve"), "--example", "record-and-preview", "-p", "acme-one",
        "--allocate", "simulated", cwd=project,
    )  # fmt: skip
    assert made.returncode == 0 and "Allocated" in made.stdout


def test_a_user_sees_whole_types(installed: Installed, project: Path) -> None:
    user = project / "user.py"
    user.write_text(
        "import heapwright\n"
        "platform = heapwright.load_platform('acme-one')\n"
        "pipelines = heapwright.load_pipelines(['frame.yaml'])\n"
        "answer = heapwright.solve(platform, pipelines, pins=[heapwright.Pin(None, 'frame', 'heap', 'cma')])\n"
        "reveal_type(heapwright.solve)\n"
        "reveal_type(answer)\n"
        "reveal_type(heapwright.why_not)\n"
        "reveal_type(heapwright.alternatives)\n"
        "if isinstance(answer, heapwright.Plan):\n"
        "    reveal_type(answer.placements[0].size)\n"
        "heapwright.solve(platform, pipelines, pins=[1])\n"
        "heapwright.solve('acme-one', pipelines)\n"
        "heapwright.sovle\n"
    )
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--python-executable",
        installed.python,
        "--strict",
        "--no-error-summary",
    ]
    said = installed.run(*mypy, "--cache-dir", str(project / "cache"), "user.py", cwd=project).stdout
    told = [line.partition("user.py:")[2] for line in said.splitlines()]
    plans = "heapwright.solver.answer.plan."
    answer = f"{plans}Plan | {plans}Infeasible | {plans}Undecided"
    solve, got, why_not, alternatives, size, pin, platform, name = told
    assert got == f'6: note: Revealed type is "{answer}"'
    for line, result in (
        (solve, answer),
        (why_not, answer),
        (alternatives, "heapwright.solver.explain.alternatives.RankedPlans"),
    ):
        assert line.endswith(f' -> {result}"')
        assert "platform: heapwright.platforms.schema.platform.Platform" in line
        assert (
            "pins: typing.Sequence[str | tuple[" in line
            and "fallback=heapwright.solver.question.pins.Pin]" in line
        )
        assert "Any" not in line.replace("stats: dict[str, Any]", "")
    assert size == '10: note: Revealed type is "int"'
    assert pin.startswith("11: error: List item 0 has incompatible type")
    assert platform.startswith("12: error: Argument 1")
    assert name.startswith("13: error: Module has no attribute")


def test_the_interfaces_pass_their_tests_as_they_are_installed(installed: Installed, tmp_path: Path) -> None:
    # Beside the tests lies nothing of ours but the examples: whatever else they need is in the wheel.
    for folder in ("tests", "examples"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "package")
        )
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib --strict-markers\npythonpath = .\nfilterwarnings = error\n"
        "markers =\n    long: not here\n"
    )
    chosen = [f"tests/api/test_{name}.py" for name in ("cli_examples", "cli_solve", "http_plans")]
    done = installed.run(
        installed.python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *chosen,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    where = installed.run(
        installed.python,
        "-c",
        "import sys; sys.path.insert(0, ''); import heapwright; print(heapwright.__file__)",
        cwd=tmp_path,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed.folder)


def test_a_checkout_without_links_says_so(tmp_path: Path) -> None:
    # As git leaves it where core.symlinks is false: a small file with the target's path.
    (tmp_path / "heapwright").mkdir()
    for path in (ROOT / "heapwright").iterdir():
        if path.is_symlink():
            (tmp_path / "heapwright" / path.name).write_text(os.readlink(path))
        elif path.is_file():
            shutil.copy(path, tmp_path / "heapwright")
    for code in ("import heapwright", "from heapwright.api.start import solve; solve()"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
            text=True, capture_output=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            f"ImportError: allocator, api, platforms, solver: missing in {tmp_path / 'heapwright'}, for this checkout"
            " lacks symbolic links (git config core.symlinks true, then git checkout -- heapwright)"
        )
