"""Plans made by hand, good unless a test bends them."""

from __future__ import annotations

from typing import Any

from heapwright.allocator.faults import PlanFault
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import AttachedPort, Placement, Plan, Plane
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import board, pipeline

CAMERA = AttachedPort(device="camera", port="capture", access="write")
PANEL = AttachedPort(device="panel", port="scanout", access="read")


def read(device: str, port: str) -> AttachedPort:
    return AttachedPort(device=device, port=port, access="read")


def written(device: str, port: str) -> AttachedPort:
    return AttachedPort(device=device, port=port, access="write")


def image(stride: int = 64, rows: int = 16, **other: Any) -> dict[str, Any]:
    """The layout of one XR24 plane, 16x16 unless said otherwise: 64 bytes a row, 1024 in all."""
    size = stride * rows
    return {"planes": (Plane(offset=0, stride=stride, size=size),), "size": size, "sizes": (size,), **other}


def nv12(
    stride: int = 16,
    rows: int = 16,
    chroma: int | None = None,
    at: int | None = None,
    apart: bool = False,
    tail: int = 0,
) -> dict[str, Any]:
    """The layout of a 16x16 NV12 image: luma of `rows`, chroma of half as many, `tail` bytes behind."""
    luma, below = stride * rows, (chroma or stride) * (rows // 2)
    offset = 0 if apart else luma if at is None else at
    planes = (
        Plane(offset=0, stride=stride, size=luma),
        Plane(offset=offset, stride=chroma or stride, size=below, dmabuf=int(apart)),
    )
    sizes = (luma, below + tail) if apart else (offset + below + tail,)
    allocated = sum(-(-size // 4096) * 4096 for size in sizes)
    return {"format": "NV12", "planes": planes, "sizes": sizes, "size": sum(sizes), "allocated": allocated}


def placement(**changes: Any) -> Placement:
    """Two XR24 buffers of 16x16 in heap `system`, from the camera to the panel."""
    stated: dict[str, Any] = {
        "pipeline": "test",
        "buffer": "frame",
        "heap": "system",
        "names": (),
        "format": "XR24",
        "modifier": "LINEAR",
        "modifier_value": "0x0",
        "width": 16,
        "height": 16,
        "coded_width": 16,
        "coded_height": 16,
        "allocated": 4096,
        "count": 2,
        "rate": 60,
        "attachments": (CAMERA, PANEL),
        **image(),
    }
    return Placement(**{**stated, **changes})


def plan(*placements: Placement, **changes: Any) -> Plan:
    stated: dict[str, Any] = {
        "status": "optimal",
        "platform": "bench",
        "pipelines": ("test",),
        "placements": placements or (placement(),),
    }
    return Plan(**{**stated, **changes})


def judged(platform: Platform | None = None, *pipelines: Pipeline, **changes: Any) -> tuple[PlanFault, ...]:
    """What the judge says of the usual placement with these changes."""
    return judge(platform or board(), pipelines or (pipeline(),), plan(placement(**changes)))


def kinds(faults: tuple[PlanFault, ...]) -> set[str]:
    return {fault.kind for fault in faults}
