"""Small boards and pipelines for tests: a test states only the facts it is about.

    platform = board(
        heaps={"system": heap("dram", run="4KiB"), "cma": heap("dram")},
        devices={"panel": device("display", dma={"bits": 32}, scanout=port(image(stride={"multiple": 64})))},
    )
    answer = plan(platform, pipeline(frame=buffer(size="30x20")))

Everybody is easy to please unless told otherwise: devices have page tables of
their own, 64-bit addresses and snoop caches; ports take XR24 LINEAR and displays have
planes enough; the one heap hands out whole runs of `dram`. The profile goes through the same checks as
a file, so a test cannot state what a board could not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from heapwright import solve
from heapwright.platforms.catalog import platform_from
from heapwright.platforms.schema import Platform
from heapwright.platforms.words import PLANES, PORTS
from heapwright.solver.answer.plan import Infeasible, Parts, Placement, Plan
from heapwright.solver.question.pipeline import Pipeline

Json = dict[str, Any]
T = TypeVar("T", Platform, Pipeline)
SOURCE: Final = "made up for a test"
KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30


def memory(size: Any = "1GiB", **facts: Any) -> Json:
    """A memory; outermost at address 0 unless `inside`, `base` or `local` says otherwise."""
    if not {"inside", "base", "local"} & facts.keys():
        facts["base"] = 0
    return {"size": size, "source": SOURCE, **facts}


def peak(bandwidth: int) -> Json:
    """The bandwidth of a memory or a device."""
    return {"peak": bandwidth, "source": "the data sheet of a test"}


def megabyte_a_second() -> Json:
    """A bandwidth of which what can be had is a million bytes a second, so that a byte is a ppm."""
    return peak(1_428_572)


def heap(*memories: str, **facts: Any) -> Json:
    """A heap of whole runs, cached, aligned to the page."""
    return {
        "via": "dma-heap",
        "memory": list(memories),
        "run": "whole",
        "cpu": "cached",
        "source": SOURCE,
        **facts,
    }


def iommu(**facts: Any) -> Json:
    """A translation unit without limits."""
    return {"source": SOURCE, **facts}


def image(*formats: str, **rule: Any) -> Json:
    """An image rule for these formats, XR24 if none is named."""
    return {"formats": list(formats or ("XR24",)), **rule}


def port(*images: Json, **facts: Any) -> Json:
    """A port under these image rules; `access` follows from where it is put."""
    return {"images": list(images or (image(),)), "source": SOURCE, **facts}


def raw_port(**facts: Any) -> Json:
    """A port that takes raw data only."""
    return port(**facts) | {"images": []}


def device(kind: str, **facts: Any) -> Json:
    """A device; keywords that name ports of its kind are ports, the others are facts.

    With `dma` it sees physical addresses (64 bits unless said), without it has page tables of its own.
    """
    ways = PORTS[kind]
    ports = {
        name: {"access": ways[name], **_planes(kind, name), **facts.pop(name)}
        for name in list(facts)
        if name in ways
    }
    dma = {"bits": 64, **facts.pop("dma", {"mmu": True})}
    return {"kind": kind, "dma": dma, "coherent": True, "ports": ports, "source": SOURCE, **facts}


def _planes(kind: str, name: str) -> Json:
    """More planes than a test needs: left out, their number would be an unknown fact."""
    return {"how_many": 64} if (kind, name) in PLANES else {}


def board(
    *,
    memory: Mapping[str, Json] | None = None,
    heaps: Mapping[str, Json] | None = None,
    devices: Mapping[str, Json] | None = None,
    **sections: Any,
) -> Platform:
    """A board with `dram`, one heap `system`, a camera and a panel, and `tz`, a part of `dram`, if a heap draws from it.

    Memories and devices are added to these (the same name replaces one); `heaps` replaces the heaps.
    """
    guarded = any("tz" in each["memory"] for each in (heaps or {}).values())
    data: Json = {
        "schema": "heapwright/platform/1",
        "name": "bench",
        "kernel": "6.12",
        "memory": {"dram": _DRAM, **({"tz": _TZ} if guarded else {}), **(memory or {})},
        "heaps": dict({"system": heap("dram")} if heaps is None else heaps),
        "devices": {
            "camera": device("camera", capture=port()),
            "panel": device("display", scanout=port()),
            **(devices or {}),
        },
        **sections,
    }
    return platform_from(data)


_DRAM: Final = memory()
_TZ: Final = memory("64MiB", inside="dram")


def buffer(**facts: Any) -> Json:
    """A 16x16 image (unless `bytes` is given) from the camera to the panel."""
    shape = {} if "bytes" in facts else {"size": "16x16"}
    return {**shape, "written_by": "camera.capture", "read_by": "display.scanout", **facts}


def pipeline(name: str = "test", /, **buffers: Json) -> Pipeline:
    """A pipeline of these buffers, one `frame` if none is given, without conversions."""
    return Pipeline.model_validate(
        {
            "schema": "heapwright/pipeline/1",
            "name": name,
            "conversions": "forbid",
            "buffers": buffers or {"frame": buffer()},
        }
    )


def plan(platform: Platform, *pipelines: Pipeline, **question: Any) -> Plan:
    """The plan for a question that has one."""
    answer = solve(platform, pipelines or (pipeline(),), **question)
    assert isinstance(answer, Plan), [reason.text for reason in getattr(answer, "conflict", ())]
    return answer


def refusal(platform: Platform, *pipelines: Pipeline, **question: Any) -> Infeasible:
    """The answer to a question that has no plan."""
    answer = solve(platform, pipelines or (pipeline(),), **question)
    assert isinstance(answer, Infeasible), getattr(answer, "placements", answer)
    return answer


def placed(platform: Platform, *pipelines: Pipeline, buffer: str = "frame", **question: Any) -> Placement:
    """Where one buffer of a solvable question goes."""
    return next(p for p in plan(platform, *pipelines, **question).placements if p.buffer == buffer)


def facts(answer: Infeasible) -> list[tuple[str, str]]:
    """The conflict as (kind, subject) pairs."""
    return [(reason.kind, reason.subject) for reason in answer.conflict]


def said(answer: Infeasible, kind: str) -> str:
    """The one sentence that a conflict has for `kind`."""
    [text] = [reason.text for reason in answer.conflict if reason.kind == kind]
    return text


def ways_out(answer: Infeasible) -> dict[str, Any]:
    """The remedies of an answer: what to change, and to what."""
    return {remedy.change: remedy.to for remedy in answer.remedies}


def changed(whole: T, path: str, value: Any) -> T:
    """A platform or pipeline with the value at a remedy's path (`memory.cma.size`) replaced, and validated."""
    found: T = _replaced(whole, path.split("."), value)
    return found


def _replaced(part: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    if isinstance(part, BaseModel):
        fields = {field.alias or name: getattr(part, name) for name, field in type(part).model_fields.items()}
        return type(part).model_validate({**fields, path[0]: _replaced(fields[path[0]], path[1:], value)})
    return {**part, path[0]: _replaced(part.get(path[0]), path[1:], value)}


def load(answer: Plan) -> Parts:
    """The parts of a plan's load."""
    found = next(level.parts for level in answer.levels if level.term == "load")
    assert found is not None
    return found
