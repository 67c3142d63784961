"""The examples and their expected answers, as tests read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.catalog import board_names, load_platform
from heapwright.platforms.schema import Platform
from heapwright.solver.question.load import load_pipelines
from heapwright.solver.question.pipeline import Pipeline

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PORTABLE = sorted(EXAMPLES.glob("*.yaml"))
EXPECTED = sorted(EXAMPLES.glob("boards/*.expected.yaml"))
THREADS = sorted(EXAMPLES.glob("threads/*.expected.yaml"))
BOARDS = board_names()


@cache
def board(name: str) -> Platform:
    return load_platform(name)


@cache
def judged_board(name: str) -> JudgedPlatform:
    return JudgedPlatform(board(name))


@cache
def portable(path: Path) -> tuple[Pipeline, ...]:
    return load_pipelines([path])


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text())
    return found


def pipeline_of(path: Path) -> Path:
    """`am62a-1.expected.yaml` and `qemu-1.dumb.expected.yaml` tell of `am62a-1.yaml` and `qemu-1.yaml`."""
    return path.with_name(path.name.split(".")[0] + ".yaml")


def platforms_of(path: Path) -> list[str]:
    """The boards for which an expected answer holds; that of a thread is a file beside it."""
    named = expected(path)["platform"]
    names = [named] if isinstance(named, str) else list(named)
    return [str(path.with_name(name)) if name.endswith(".yaml") else name for name in names]


def converting(pipeline: Pipeline, how: str) -> Pipeline:
    """The same pipeline with conversions allowed or forbidden, whatever it says itself."""
    buffers = {
        name: buffer.model_copy(update={"conversions": how}) for name, buffer in pipeline.buffers.items()
    }
    return pipeline.model_copy(update={"conversions": how, "buffers": buffers})
