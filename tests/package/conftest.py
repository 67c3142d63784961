"""The package as it is installed: its wheels, and interpreters that have one.

Everything is built and installed without the network: build tools and dependencies are those of the
interpreter that runs the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STRANGERS = ("allocator", "solver", "api", "platforms")
"""Names that other packages and people's own folders have, too."""
RAISES = "raise RuntimeError('this is not heapwright')\n"

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


class Installed:
    """A virtual environment with heapwright, run from a folder of its own."""

    def __init__(self, folder: Path, *wheels: Path) -> None:
        self.folder = folder
        self.scripts = folder / "venv" / "bin"
        self.python = str(self.scripts / "python")
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")])
        # Before the dependencies can be seen: else pip would find heapwright among them.
        _run([*PIP, "--python", self.python, "install", "--no-deps", "--no-index", *map(str, wheels)])
        here = [path for path in sys.path if path.endswith("site-packages")]
        [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip wheel .` makes of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)])
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def wheel_of_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m build` makes: a wheel from the sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    _run([sys.executable, "-m", "build", "--no-isolation", "-o", str(folder), str(ROOT)])
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel_of_sdist: Path) -> Installed:
    """The wheel, and after it three wheels that bring the bare names."""
    folder = tmp_path_factory.mktemp("installed")
    return Installed(folder, wheel_of_sdist, *[_stranger(folder, name) for name in STRANGERS[:3]])


@pytest.fixture(scope="session")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What `pip install -e .` installs: the build's own editable wheel."""
    folder = tmp_path_factory.mktemp("editable")
    _run(
        [sys.executable, "-c", f"from hatchling.build import build_editable; build_editable({str(folder)!r})"]
    )
    return Installed(folder, *folder.glob("*.whl"))


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
