"""Corners of the schema: defaults of both interfaces, lists too long, ties, floors of formats, and what needs what.

Answers are derived by hand, as in `test_invented`.
"""

from __future__ import annotations

from typing import Any

import pytest

from .builders import DECODER, DISPLAY, GPU, RAW, fail, g, im, ok, p, pic, raw
from .files import read_cases
from .judge import judge

WORLD, _ = read_cases()
V1 = {"api": "v1"}


def dn(f: str, m: str, **k: Any) -> dict[str, Any]:
    return {"formats": [[f, m]], "color_spaces": ["DO_NOT_CARE"], **k}


CORNERS = {
    "v1 cpu default domain": ok(p(usage=GPU, mem=RAW), case=V1, domain="cpu", heap="system_ram"),
    "v1 display no ram": ok(p(usage=DISPLAY, mem=RAW), case=V1, domain="cpu"),
    "v1 size_align 0": ok(pic(im(min_size=[3, 3], size_align=[0, 0])), case=V1, min_size=[3, 3]),
    "v1 max_size 0 image": ok(pic(im(min_size=[3, 3], max_size=[0, 0])), case=V1, min_size=[3, 3]),
    "v1 required_min 0": ok(pic(im(min_size=[3, 3], required_min=[0, 0])), case=V1, min_size=[3, 3]),
    "v1 33 images": fail(pic(*[im(min_size=[1, 1]) for _ in range(33)]), **V1),
    "v1 unset modifier none usage": fail(
        p(usage={"none": True}, count={}, images=[im(modifier=None)]),
        p("b", "a", images=[im(modifier="INTEL_X_TILED", min_size=[8, 8])]),
        **V1,
    ),
    "v2 gpu default domain": ok(p(usage=GPU, mem=RAW), domain="cpu"),
    "v2 display default ram": ok(p(usage=DISPLAY, mem=RAW), domain="ram"),
    "cpu tolerating inaccessible device local": ok(
        p(
            mem=RAW
            | {
                "heaps": ["goldfish_device_local"],
                "domains": {"cpu": True, "ram": False, "inaccessible": True},
            }
        ),
        heap="goldfish_device_local",
        domain="inaccessible",
    ),
    "65 images": fail(pic(*[im(min_size=[1, 1]) for _ in range(65)])),
    "65 heaps": fail(raw(heaps=[f"h{i}" for i in range(64)] + ["system_ram"])),
    "64 heaps": ok(raw(heaps=[f"h{i}" for i in range(63)] + ["system_ram"]), heap="system_ram"),
    "33 colours": fail(pic(im(min_size=[1, 1], color_spaces=["SRGB"] * 33))),
    "fanout": ok(
        pic(im(modifier="DO_NOT_CARE", min_size=[64, 64])),
        p("b", "a", images=[dn("DO_NOT_CARE", "INTEL_X_TILED")]),
        pixel_format="R8G8B8A8",
        modifier="INTEL_X_TILED",
    ),
    "foo dnc + dnc bar same": fail(
        pic(im(modifier="DO_NOT_CARE", min_size=[64, 64]), dn("DO_NOT_CARE", "INTEL_X_TILED"))
    ),
    "enum tie": ok(
        pic(im("B8G8R8A8", min_size=[8, 8]), im("R8G8B8A8", min_size=[8, 8])), pixel_format="R8G8B8A8"
    ),
    "enum tie2": ok(pic(im("NV12", min_size=[8, 8]), im("I420", min_size=[8, 8])), pixel_format="I420"),
    "enum yuy2 vs b8g8r8a8": ok(
        pic(im("B8G8R8A8", min_size=[8, 8]), im("YUY2", min_size=[8, 8])), pixel_format="B8G8R8A8"
    ),
    "sizes differ per format": ok(
        pic(im("B8G8R8A8", min_size=[8, 8]), im("R8G8B8A8", min_size=[16, 16])),
        pixel_format="R8G8B8A8",
        size_bytes=1024,
    ),
    "two vector": ok(
        pic(
            {
                "formats": [["R8G8B8A8", "LINEAR"], ["B8G8R8A8", "LINEAR"]],
                "color_spaces": ["SRGB"],
                "min_size": [4, 4],
            }
        ),
        p("b", "a", images=[im("B8G8R8A8")]),
        pixel_format="B8G8R8A8",
    ),
    "group in group": ok(
        raw(),
        g("g"),
        g("h", "g"),
        p("x", "h", mem={"max_size": 1}),
        p("y", "h"),
        p("z", "g"),
        selected_group_children={"g": "h", "h": "y"},
    ),
    "seven groups": ok(
        raw(),
        *[n for i in range(6) for n in (g(f"g{i}"), p(f"a{i}", f"g{i}"), p(f"b{i}", f"g{i}"))],
        selected_group_children={f"g{i}": f"a{i}" for i in range(6)},
    ),
    "heap id dict": ok(raw(heaps=[{"heap_type": "system_ram", "id": 0}]), heap="system_ram"),
    "upper heap": ok(raw(heaps=["SYSTEM_RAM"]), heap="system_ram"),
    "secure two heaps": ok(
        p(
            usage=DECODER,
            mem=RAW | {"secure_required": True, "heaps": ["amlogic_secure_vdec", "amlogic_secure"]},
        ),
        heap="amlogic_secure",
        secure=True,
    ),
    "secure image": ok(
        p(usage=DECODER, mem={"secure_required": True}, images=[im("NV12", min_size=[64, 64])]),
        secure=True,
        pixel_format="NV12",
        size_bytes=6144,
        domain="inaccessible",
    ),
    "secure contiguous": ok(
        p(usage=DECODER, mem=RAW | {"secure_required": True, "contiguous": True}),
        secure=True,
        contiguous=True,
    ),
    "secure encoder decryptor": ok(
        p(usage={"video": ["decryptor_output"]}, mem=RAW | {"secure_required": True}),
        p("b", "a", usage={"video": ["hw_decoder_internal"]}, mem={"secure_required": True}),
        secure=True,
    ),
    "total": fail(p(count={"camping": 9}, mem={"min_size": 128 << 20})),
    "total image": ok(pic(im(min_size=[8192, 8192])), size_bytes=256 << 20),
    "total image over": fail(pic(im(min_size=[8192, 8193]))),
    "pad beyond block max": ok(
        pic(im(min_size=[32, 32], max_size=[32, 32], pad_block=[4, 4], pad_beyond=5000)), padded_bytes=9096
    ),
    "pad blocks merge": ok(
        pic(im(min_size=[16, 6], max_size=[16, 16], pad_block=[4, 8])),
        p("b", "a", images=[im(max_size=[64, 64], pad_block=[8, 4])]),
        size_bytes=64 * 6,
        bytes_per_row_divisor=32,
    ),
    "min bpr beyond max via pixel": fail(pic(im("B8G8R8", min_size=[5, 5], max_bpr=15, bpr_divisor=4))),
    "bgr 5px div4": ok(
        pic(im("B8G8R8", min_size=[5, 5], bpr_divisor=4)), min_bytes_per_row=16, size_bytes=80
    ),
    "rgb565 1px": ok(pic(im("R5G6B5", min_size=[1, 1])), size_bytes=2, bytes_per_row_divisor=2),
    "yuy2 1px": ok(pic(im("YUY2", min_size=[1, 1])), size_bytes=8, min_size=[2, 2]),
    "yv12": ok(pic(im("YV12", min_size=[6, 6], bpr_divisor=16)), size_bytes=16 * 6 * 3 // 2),
    "i420 odd divisor": ok(
        pic(im("I420", min_size=[6, 6], bpr_divisor=3)),
        bytes_per_row_divisor=6,
        min_bytes_per_row=6,
        size_bytes=54,
    ),
    "required align": ok(pic(im(required_max_list=[[30, 30]], size_align=[16, 16])), size_bytes=32 * 32 * 4),
    "required dominated": ok(
        pic(im(required_max_list=[[30, 30], [20, 30]])),
        size_bytes=30 * 30 * 4,
        layouts=[{"w": 30, "h": 30, "bytes_per_row": 120, "image_size": 3600}],
    ),
    "required vs min": ok(pic(im(required_max_list=[[10, 100]], min_size=[20, 20])), size_bytes=20 * 4 * 100),
    "shared slack zero": ok(
        p(count={"camping": 1, "dedicated_slack": 0, "shared_slack": 0}, mem=RAW), buffer_count=1
    ),
    "max equal slack": ok(p(count={"camping": 1, "dedicated_slack": 2, "max": 3}, mem=RAW), buffer_count=3),
    "permit none": ok(p(usage={"none": ["none", "permit_allocation"]}, mem=RAW), buffer_count=1),
    "display cursor": ok(p(usage={"display": ["cursor"]}, mem=RAW), domain="ram"),
    "capture+encoder": ok(
        p(usage={"video": ["capture"]}, mem=RAW), p("b", "a", usage={"video": ["hw_encoder"]}), domain="cpu"
    ),
    "cpu+display one party": ok(
        p(usage={"cpu": ["read"], "display": ["layer"]}, mem=RAW | {"domains": {"cpu": True, "ram": True}}),
        domain="ram",
    ),
    "contig cpu only big": ok(
        p(mem={"min_size": 1 << 20, "contiguous": True}), contiguous=True, heap="system_ram", domain="cpu"
    ),
    "contig cma": ok(
        p(usage=GPU, mem={"min_size": 1 << 20, "contiguous": True, "heaps": ["cma"]}),
        contiguous=True,
        heap="cma",
    ),
    "contig pool and ram": ok(
        p(usage=GPU, mem={"min_size": 1 << 20}),
        case={"environment": {"contiguous_pool_free": 0}},
        contiguous=False,
    ),
    "base align image": ok(
        p(
            usage=DISPLAY,
            mem={"contiguous": True, "min_physical_base_alignment": 4096},
            images=[im(min_size=[8, 8])],
        ),
        contiguous=True,
        size_bytes=256,
    ),
    "AFBC": ok(
        pic(im(modifier="ARM_AFBC_16X16", min_size=[64, 64])),
        p("b", "a", images=[im(modifier="ARM_AFBC_16X16")]),
        modifier="ARM_AFBC_16X16",
    ),
    "passthrough": ok(pic(im(min_size=[8, 8], color_spaces=["PASSTHROUGH"])), color_space="PASSTHROUGH"),
    "rank": ok(
        pic(im("NV12", min_size=[8, 8], color_spaces=["REC601_NTSC", "REC601_PAL_FULL", "REC601_NTSC_FULL"])),
        color_space="REC601_PAL_FULL",
    ),
    "alpha nv12": ok(pic(im("NV12", min_size=[8, 8], alpha=True)), alpha=None),
    "alpha x8": ok(pic(im("B8G8R8X8", min_size=[8, 8], alpha=False)), alpha=False),
    "slack beyond max is a fail there": fail(
        p(count={"camping": 2, "dedicated_slack": 2, "max": 3}, mem=RAW)
    ),
    "start offset 3": fail(pic(im(min_size=[8, 8], start_offset_divisor=3))),
    "size_align over max": fail(pic(im(min_size=[8, 8], max_size=[100, 100], size_align=[128, 1]))),
    "required_max deprecated zero": ok(pic(im(required_max=[0, 0], min_size=[2, 2])), min_size=[2, 2]),
    "only bpr min": fail(pic(im(min_bpr=100))),
    "only required_min": fail(pic(im(required_min=[8, 8]))),
    "only size_align": fail(pic(im(size_align=[16, 8]))),
    "max_area zero": fail(pic(im(min_size=[1, 1], max_area=0))),
    "max_size zero w": fail(pic(im(min_size=[1, 1], max_size=[0, 8]))),
    "max_bpr zero v1": ok(pic(im(min_size=[1, 1], max_bpr=0)), case=V1, size_bytes=4),
    "max_bpr zero v2": fail(pic(im(min_size=[1, 1], max_bpr=0))),
}


@pytest.mark.parametrize("case", CORNERS.values(), ids=CORNERS)
def test_is_answered_as_derived(case: dict[str, Any]) -> None:
    verdict = judge(WORLD, "cases", case)
    assert verdict.outcome == "passed", verdict.why


@pytest.mark.parametrize("case", CORNERS.values(), ids=CORNERS)
def test_the_other_outcome_fails(case: dict[str, Any]) -> None:
    slack = any("slack" in str(node) for node in case["nodes"])
    outcome = "ok" if case["expect"]["outcome"] == "fail" else "fail"
    other = judge(WORLD, "cases", case | {"expect": {"outcome": outcome}}).outcome
    assert other == ("passed" if slack and outcome == "ok" and "max" in str(case) else "failed")
