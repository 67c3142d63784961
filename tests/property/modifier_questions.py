"""Random questions about one image under one modifier, and what a plan could save if it were careless."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final

from heapwright.allocator.judge.layout.pixels import Pixels, pixels
from heapwright.allocator.judge.layout.surfaces import PlaneBytes
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plan, Plane
from heapwright.solver.question.pipeline import Pipeline

Json = dict[str, Any]
SOURCE: Final = "made up"
RGB: Final = ("XR24", "AR24", "XB24", "RG16", "XR30")
YUV: Final = ("NV12", "NV21", "P010", "NV16", "YU12")
FAMILIES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("LINEAR", (*RGB, *YUV, "NV15", "R8", "RG24")),
    ("ARM_AFBC(16x16,SPARSE)", (*RGB, "NV12", "P010", "YU08", "YU10", "VU30", "RG24")),
    ("ARM_AFBC(32x8,SPARSE,SPLIT,YTR)", ("XR24", "RG16", "NV12", "AB4H")),
    ("ARM_AFBC(64x4)", ("XR24", "NV16")),
    ("ARM_AFBC(32x8_64x4)", ("NV12", "NV16")),
    ("ARM_AFBC(16x16,SC,SPARSE,TILED)", (*RGB, "NV12", "YU08", "AB4H")),
    ("ARM_AFRC(P0=16,SCAN)", ("XR24", "R8")),
    ("ARM_AFRC(P0=24)", ("XR24", "AR24")),
    ("ARM_AFRC(P0=32,P12=16)", ("NV12", "YU12")),
    ("ARM_16X16_BLOCK_U_INTERLEAVED", ("XR24", "RG16", "NV12")),
    ("BROADCOM_SAND128", ("NV12", "NV21", "P030", "XR24")),
    ("BROADCOM_SAND64", ("NV12", "R8")),
    ("BROADCOM_VC4_T_TILED", ("XR24", "RG16")),
    ("BROADCOM_UIF", ("XR24", "RG16", "R8", "AB4H")),
    ("QCOM_COMPRESSED", ("XR24", "AB24", "RG16", "NV12", "P010")),
    ("QCOM_COMPRESSED(HBB=16)", ("XR24", "NV12")),
    ("QCOM_TILED3", ("XR24", "NV12")),
    ("MTK_16L_32S_TILE", ("NV12", "NV21")),
    ("MTK(16L32S,10BIT_LSBTILED)", ("NV15",)),
    ("SAMSUNG_64_32_TILE", ("NV12", "NV21")),
    ("SAMSUNG_16_16_TILE", ("NV12", "NV16")),
    ("ALLWINNER_TILED", ("NV12", "YU12")),
    ("VIVANTE_TILED", ("XR24", "RG16")),
    ("VIVANTE_SUPER_TILED", ("XR24", "RG16")),
    ("NVIDIA_TEGRA_TILED", ("XR24", "NV12")),
    ("NVIDIA_BLOCK_LINEAR_2D(0,1,2,0x06,2)", ("XR24", "NV12", "P010")),
    ("NVIDIA_BLOCK_LINEAR_2D(0,1,1,0x7a,3)", ("XR24",)),
    ("I915_X_TILED", ("XR24", "RG16", "NV12")),
    ("I915_Y_TILED", ("XR24", "NV12", "P010")),
    ("I915_Yf_TILED", ("XR24", "NV12", "AB4H")),
    ("I915_4_TILED", ("XR24", "NV12", "P010")),
    ("I915_Y_TILED_CCS", ("XR24", "AR30")),
    ("I915_Y_TILED_GEN12_RC_CCS", ("XR24", "AB4H")),
    ("I915_Y_TILED_GEN12_MC_CCS", ("NV12", "P010", "YUYV")),
    ("I915_Y_TILED_GEN12_RC_CCS_CC", ("XR24",)),
    ("I915_4_TILED_MTL_RC_CCS", ("XR24",)),
    ("I915_4_TILED_MTL_MC_CCS", ("NV12", "XR24")),
    ("I915_4_TILED_DG2_RC_CCS", ("XR24",)),
    ("I915_4_TILED_DG2_RC_CCS_CC", ("XR24",)),
    ("I915_4_TILED_LNL_CCS", ("XR24", "NV12")),
    ("I915_4_TILED_BMG_CCS", ("XR24", "NV12")),
    ("AMD(GFX10_RBPLUS,64K_R_X,PIPE_XOR_BITS=4,PACKERS=4)", ("XR24", "NV12", "RG16")),
    ("AMD(GFX9,4K_D_X,PIPE_XOR_BITS=2,BANK_XOR_BITS=3)", ("XR24", "P010")),
    ("AMD(GFX12,256B_2D)", ("XR24", "NV12")),
    ("AMD(GFX12,64K_2D,DCC)", ("XR24",)),
)
"""Modifiers with formats that drivers have under them."""
OPAQUE: Final = (
    "INVALID",
    "ARM_AFBC(16x16,DB)",
    "VIVANTE_SPLIT_TILED",
    "QCOM_TILED2",
    "0x20000000000dead",
    "ACME_TILED",
)


def question(seed: int, pair: tuple[str, str] | None = None) -> tuple[str, Platform, Pipeline]:
    """Modifier, board and pipeline of that seed: one image, two devices, a few rules.

    `pair` is a format and a modifier, else they are drawn.
    """
    random = Random(seed)
    opaque = [(name, ("XR24", "NV12")) for name in OPAQUE]
    modifier, formats = random.choice(opaque if random.randrange(12) == 0 else FAMILIES)
    form = random.choice(formats)
    form, modifier = pair or (form, modifier)
    rules = [{"formats": [form], "modifiers": [modifier], **_rules(random, modifier)} for _ in range(2)]
    size = f"{_even(random, 2, 300)}x{_even(random, 2, 200)}"
    if random.randrange(6) == 0:
        size = random.choice(("1920x1080", "1366x768", "3842x64"))
    buffer = {"size": size, "rate": 1, "written_by": ["gpu.render"], "read_by": ["display.scanout"]}
    pipeline = {
        "schema": "heapwright/pipeline/1",
        "name": "p0",
        "conversions": "forbid",
        "buffers": {"b": buffer},
    }
    return modifier, _board(rules, random), Pipeline.model_validate(pipeline)


def _even(random: Random, low: int, high: int) -> int:
    """An even number, now and then an odd one."""
    return random.randrange(low, high, 2) + (random.randrange(8) == 0)


def _rules(random: Random, modifier: str) -> Json:
    rule: Json = {}
    if random.randrange(3) == 0:
        rule["stride"] = random.choice(
            ({"multiple": 64}, {"multiple": 96}, {"multiple": 512}, {"multiple": 1280}, {"min": 512})
        )
    if random.randrange(6) == 0:
        rule["rows"] = {"multiple": random.choice((3, 8, 16, 64))}
    if random.randrange(6) == 0:
        rule["offset"] = {"multiple": random.choice((96, 256, 4096, 8192))}
    if random.randrange(6) == 0:
        rule["coded"] = {"multiple": random.choice(("64x16", "128x32", "96x8", "16x16"))}
    if random.randrange(8) == 0:
        rule["tail"] = random.choice(({"bytes": 100}, {"rows": 2}, {"at_least_stride_or": 4096}))
    if random.randrange(8) == 0:
        rule["minimum"] = {"rows_multiple": random.choice((4, 32))}
    if "SAND" in modifier and random.randrange(2):
        rule["column_height"] = random.choice(
            ({"min": 40}, {"max": 300}, {"times_height": {"min": "3/2", "max": 3}}, {"min": 17, "max": 400})
        )
    return rule


def _board(rules: Sequence[Json], random: Random) -> Platform:
    writer, reader = rules
    driver = random.choice(("one", "one", "another"))

    def device(kind: str, name: str, driver: str, port: Json) -> Json:
        dma = {"bits": 40, "mmu": True}
        return {"kind": kind, "driver": driver, "dma": dma, "source": SOURCE, "ports": {name: port}}

    return Platform.model_validate(
        {
            "schema": "heapwright/platform/1",
            "name": "small",
            "kernel": "6.12",
            "page": 4096,
            "memory": {"m0": {"base": 0, "size": 1 << 30, "source": SOURCE}},
            "heaps": {
                "h0": {
                    "via": random.choice(("drm", "drm", "dma-heap")),
                    "names": ["heap"],
                    "memory": ["m0"],
                    "run": "whole",
                    "cpu": "cached",
                    "source": SOURCE,
                }
            },
            "devices": {
                "d0": device(
                    "gpu", "render", "one", {"access": "write", "images": [writer], "source": SOURCE}
                ),
                "d1": device(
                    "display", "scanout", driver, {"access": "read", "images": [reader], "source": SOURCE}
                ),
            },
        }
    )


def careless(plan: Plan) -> Iterator[tuple[str, Plan]]:
    """The same plan with one number of its layout a unit too small."""
    placement = plan.placements[0]
    if placement.format is None or placement.modifier is None:
        return
    facts = pixels(placement.format, placement.modifier)
    for home, size in enumerate(placement.sizes):
        sizes = (*placement.sizes[:home], size - 1, *placement.sizes[home + 1 :])
        yield f"a byte less in dma-buf {home}", _with(plan, sizes=sizes, size=sum(sizes))
    if facts is not None:
        for index in range(len(placement.planes)):
            for what, plane in _smaller(facts, placement, index):
                planes = (*placement.planes[:index], plane, *placement.planes[index + 1 :])
                yield f"{what} of plane {index}", _with(plan, planes=planes)


def _smaller(facts: Pixels, placement: Placement, index: int) -> Iterator[tuple[str, Plane]]:
    plane, surface = placement.planes[index], facts.planes[index]
    for step in sorted({1, surface.offset_unit}):
        if index and plane.offset >= step and plane.dmabuf == placement.planes[index - 1].dmabuf:
            yield f"offset {step} less", plane.model_copy(update={"offset": plane.offset - step})
    for step in sorted({1, surface.stride_unit}):
        if plane.stride > step:
            yield f"stride {step} less", plane.model_copy(update={"stride": plane.stride - step})
    for what in ("size", "metadata", "metadata_stride"):
        number = getattr(plane, what)
        if number:
            yield f"{what} a byte less", plane.model_copy(update={what: number - 1})
    if plane.metadata:
        less = {"metadata": plane.metadata - surface.offset_unit, "size": plane.size - surface.offset_unit}
        yield "a block of metadata less", plane.model_copy(update=less)
    told = PlaneBytes(plane.size, plane.metadata, plane.metadata_stride)
    rows = 0 if surface.control else (surface.rows_in(plane.stride, told) or 0) - surface.rows_unit
    if rows > 0:
        shape = surface.shape(plane.stride, rows)
        less = {"size": shape.length, "metadata": shape.metadata}
        yield "tiles a row less", plane.model_copy(update=less)
    if plane.stride > surface.stride_unit and not surface.control and rows > 0:
        shape = surface.shape(plane.stride - surface.stride_unit, rows + surface.rows_unit)
        less = {
            "stride": plane.stride - surface.stride_unit,
            "size": shape.length,
            "metadata": shape.metadata,
            "metadata_stride": shape.metadata_stride,
        }
        yield "tiles a column less", plane.model_copy(update=less)


def _with(plan: Plan, **changes: Any) -> Plan:
    placement = plan.placements[0].model_copy(update=changes)
    return plan.model_copy(update={"placements": (placement,)})
