"""The discovered profile beside this kernel: every cell agrees, and every wrong fact is found and named.

The machine is asked once; what it did is remembered, so that each wrong profile costs only
what it alone asks.
"""

import copy
import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from heapwright.allocator.linux.discover import machine
from heapwright.allocator.linux.observe.kernel_log import kernel_log
from heapwright.allocator.linux.observe.steps import observe
from heapwright.api.cli.app import heapwright_app, run
from heapwright.api.verify.outcome import Judged, Outcome, summary
from heapwright.api.verify.report import as_json, sentence
from heapwright.api.verify.run import Observer, on_this, verify
from heapwright.platforms.catalog import platform_from
from heapwright.platforms.importers.assemble import profile
from heapwright.platforms.schema import Platform

SHARED = Path(os.environ["HEAPWRIGHT_SHARED"])


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return profile(machine(), "this-machine")


@pytest.fixture(scope="module")
def platform(document: dict[str, Any]) -> Platform:
    return on_this(platform_from(document), os.uname().release)


@pytest.fixture(scope="module")
def observer() -> Iterator[Observer]:
    with kernel_log() as log:
        yield lru_cache(maxsize=None)(lambda subject: observe(subject, log))


@pytest.fixture(scope="module")
def found(platform: Platform, observer: Observer) -> list[Judged]:
    return verify(platform, observer)


def test_profile_and_kernel_agree(platform: Platform, found: list[Judged]) -> None:
    counted = summary(found)
    (SHARED / "verify.json").write_text(json.dumps(as_json(platform, found), indent=1))
    (SHARED / "verify").write_text(f"{counted}\n")
    wrong = [sentence(each) for each in found if each.outcome is Outcome.DISAGREES]
    assert not wrong, "\n".join(wrong)
    assert counted.cells - counted.luck >= 150
    assert counted.luck <= 0.15 * counted.cells


def test_pixels_arrived_wherever_they_can_be_seen(found: list[Judged]) -> None:
    seen = [each for each in found if each.observation.pages]
    assert len(seen) > 30
    wrong = [each for each in seen if each.observation.wrong_content]
    assert all(each.prediction.silent for each in wrong), [sentence(each) for each in wrong]


CAPTURE = "devices.vivid-001-vid-cap"
COPIER = "devices.vivid-000-vid-cap"
WRONG_FACTS: dict[str, tuple[str, Any, str]] = {
    # what the profile says instead at a path, and the beginning of the path that must be named
    "scattered pages promised whole": ("heaps/system/run", "whole", "heaps.system.run"),
    "a mapping denied": ("heaps/udmabuf/cpu", "none", "heaps.udmabuf.cpu"),
    "a largest buffer": ("heaps/system/largest", 1 << 20, "heaps.system.largest"),
    "a contiguous queue said to copy": ("devices/vivid-001-vid-cap/by_cpu", True, f"{CAPTURE}.by_cpu"),
    "page tables it has not": ("devices/vivid-001-vid-cap/dma", {"bits": 32, "mmu": True}, f"{CAPTURE}.dma.mmu"),
    "segments it cannot take": (
        "devices/vivid-001-vid-cap/dma", {"bits": 32, "segments": 4096}, f"{CAPTURE}.dma.segments"
    ),
    "too few address bits": ("devices/vivid-001-vid-cap/dma", {"bits": 24}, f"{CAPTURE}.dma.bits"),
    "imports nobody makes": ("devices/virtio_gpu/imports", "any", "devices.virtio_gpu.imports"),
    "imports denied": ("devices/vgem/imports", "none", "devices.vgem.imports"),
    "a format denied": (
        "devices/vivid-000-vid-cap/ports/capture/images", "XR24", f"{COPIER}.ports.capture.images"
    ),
    "a format made up": ("devices/virtio_gpu/ports/scanout/images", "+NV24", "devices.virtio_gpu.ports.scanout.images"),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG_FACTS)
def test_a_wrong_fact_is_found_and_named(said: str, document: dict[str, Any], observer: Observer) -> None:
    path, value, named = WRONG_FACTS[said]
    wrong = on_this(platform_from(_with(document, path.split("/"), value)), os.uname().release)
    found = verify(wrong, observer, only=[path.split("/")[1]])
    blamed = {each.blamed[0] for each in found if each.outcome is Outcome.DISAGREES}
    assert any(each.startswith(named) for each in blamed), blamed


def _with(document: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """The document with one fact changed; of image rules, one format taken out or (`+`) put in."""
    changed = copy.deepcopy(document)
    part = changed
    for step in path[:-1]:
        part = part[step]
    if path[-1] != "images":
        part[path[-1]] = value
        return changed
    if value.startswith("+"):
        part["images"][0]["formats"].append(value[1:])
        return changed
    rules = [{**rule, "formats": [f for f in rule["formats"] if f != value]} for rule in part["images"]]
    part["images"] = [rule for rule in rules if rule["formats"]]
    return changed


def test_the_command_ends_with_1_where_they_disagree(document: dict[str, Any], tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.json", tmp_path / "wrong.json"
    right.write_text(json.dumps(document))
    wrong.write_text(json.dumps(_with(document, ["devices", "virtio_gpu", "imports"], "any")))
    only = ["--only", "virtio_gpu"]
    assert run(heapwright_app(), "heapwright", ["verify", str(right), *only]) == 0
    assert run(heapwright_app(), "heapwright", ["verify", str(wrong), *only]) == 1
