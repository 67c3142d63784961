"""The package as it is installed: its wheels, and interpreters that have one.

Everything is built and installed without the network: build tools and dependencies are those of the
interpreter that runs the tests. It is done once, by whichever of the processes that run tests comes first.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STRANGERS = ("allocator", "solver", "api", "platforms")
"""Names that other packages and people's own folders have, too."""
RAISES = "raise RuntimeError('this is not heapwright')\n"

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


class Installed:
    """A virtual environment with heapwright, run from a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "venv" / "bin"
        self.python = str(self.scripts / "python")

    def install(self, *wheels: Path) -> None:
        _run([sys.executable, "-m", "venv", "--without-pip", str(self.folder / "venv")])
        # Before the dependencies can be seen: else pip would find heapwright among them.
        _run([*PIP, "--python", self.python, "install", "--no-deps", "--no-index", *map(str, wheels)])
        here = [path for path in sys.path if path.endswith("site-packages")]
        [packages] = (self.folder / "venv" / "lib").glob("python*/site-packages")
        (packages / "zz_dependencies.pth").write_text("\n".join(here) + "\n")

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """A command, from a folder that holds nothing of ours, without the paths of the tests."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env={k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_", "PYTEST"))},
            text=True,
            capture_output=True,
            timeout=200,
        )

    def printed(self, code: str, cwd: Path | None = None) -> str:
        done = self.run(self.python, "-c", code, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=200)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A folder by its name, which the first to ask for it fills."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # which all of them share

    def found(name: str, fill: Callable[[Path], None]) -> Path:
        folder, filled = base / name, base / f"{name}-is-filled"
        with (base / f"{name}-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not filled.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                filled.touch()
        return folder

    return found


@pytest.fixture(scope="session")
def wheel(once: Once) -> Path:
    """What `pip wheel .` makes of this checkout."""
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", str(ROOT), "-w"]
    [found] = once("wheel", lambda folder: _run([*build, str(folder)])).glob("*.whl")
    return found


@pytest.fixture(scope="session")
def wheel_of_sdist(once: Once) -> Path:
    """What `python -m build` makes: a wheel from the sdist."""
    build = [sys.executable, "-m", "build", "--no-isolation", str(ROOT), "-o"]
    [found] = once("sdist", lambda folder: _run([*build, str(folder)])).glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(once: Once, wheel_of_sdist: Path) -> Installed:
    """The wheel, and after it three wheels that bring the bare names."""

    def fill(folder: Path) -> None:
        Installed(folder).install(wheel_of_sdist, *[_stranger(folder, name) for name in STRANGERS[:3]])

    return Installed(once("installed", fill))


@pytest.fixture(scope="session")
def editable(once: Once) -> Installed:
    """What `pip install -e .` installs: the build's own editable wheel."""

    def fill(folder: Path) -> None:
        code = f"from hatchling.build import build_editable; build_editable({str(folder)!r})"
        _run([sys.executable, "-c", code])
        Installed(folder).install(*folder.glob("*.whl"))

    return Installed(once("editable", fill))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Somebody's project, which has folders of these names."""
    for name in STRANGERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(RAISES)
    return tmp_path


def _stranger(folder: Path, name: str) -> Path:
    """A wheel of another package of that name."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": RAISES,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, text in files.items():
            wheel.writestr(inner, text)
    return path
