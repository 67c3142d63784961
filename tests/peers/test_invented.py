"""Invented cases of the schema: every documented key alone and in company, answers derived by hand.

Each is put to the judge twice: as derived, where it passes, and with every number and
name of its expectation bent, where it fails.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from .builders import DECODER, DISPLAY, GPU, HIDDEN, RAW, TOP, fail, g, im, ok, p, pic, raw
from .files import read_cases
from .judge import judge

WORLD, _ = read_cases()
COUNTS = {
    "camping alone": ok(p(count={"camping": 2}, mem=RAW), buffer_count=2),
    "dedicated slack alone": ok(p(count={"dedicated_slack": 3}, mem=RAW), buffer_count=3),
    "shared slack alone": ok(p(count={"shared_slack": 2}, mem=RAW), buffer_count=2),
    # 2 + 3 camping, 1 + 2 dedicated, max(4, 1) shared
    "all of them": ok(
        p(count={"camping": 2, "dedicated_slack": 1, "shared_slack": 4}, mem=RAW),
        p("b", "a", count={"camping": 3, "dedicated_slack": 2, "shared_slack": 1}),
        buffer_count=12,
    ),
    "a minimum below the sum": ok(p(count={"camping": 3, "min": 2}, mem=RAW), buffer_count=3),
    "the largest minimum": ok(
        p(count={"camping": 1, "min": 4}, mem=RAW), p("b", "a", count={"min": 6}), buffer_count=6
    ),
    "a maximum that is just met": ok(
        p(count={"camping": 2}, mem=RAW), p("b", "a", count={"camping": 2, "max": 4}), buffer_count=4
    ),
    "a maximum that is broken": fail(
        p(count={"camping": 2}, mem=RAW), p("b", "a", count={"camping": 3, "max": 4})
    ),
    "a minimum beyond a maximum": fail(p(count={"min": 3}, mem=RAW), p("b", "a", count={"max": 2})),
    "a minimum beyond one's own maximum": fail(p(count={"min": 3, "max": 2}, mem=RAW)),
    "64 buffers": ok(p(count={"camping": 64}, mem=RAW), buffer_count=64),
    "65 buffers": fail(p(count={"camping": 65}, mem=RAW)),
    "64 held and one of slack": fail(p(count={"camping": 64, "min": 65}, mem=RAW)),
    "nobody asks for one": fail(p(count={}, mem=RAW), p("b", "a", count={"max": 4})),
    "a limit of the server": ok(
        p(count={"camping": 70}, mem=RAW), case={"env": {"max_buffers": 70}}, buffer_count=70
    ),
}
BYTES = {
    "one byte": ok(p(mem={"min_size": 1}), size_bytes=1, raw_size=4096, size_pages=1),
    "a page and a byte": ok(p(mem={"min_size": 4097}), size_bytes=4097, raw_size=8192, raw_pages=2),
    "the largest minimum": ok(
        p(mem={"min_size": 5000}), p("b", "a", mem={"min_size": 9000}), size_bytes=9000
    ),
    "an exact size": ok(p(mem={"min_size": 5000, "max_size": 5000}), size_bytes=5000),
    "a maximum one byte short": fail(p(mem={"min_size": 5000}), p("b", "a", mem={"max_size": 4999})),
    "a maximum without a minimum": fail(p(mem={"max_size": 4096})),
    "no size": fail(p()),
    # 256 MiB a buffer, 1 GiB a collection
    "the largest buffer": ok(p(mem={"min_size": 256 << 20}), size_bytes=256 << 20),
    "larger than any buffer": fail(p(mem={"min_size": (256 << 20) + 1})),
    "four of the largest": ok(p(count={"camping": 4}, mem={"min_size": 256 << 20}), buffer_count=4),
    "five of the largest": fail(p(count={"camping": 5}, mem={"min_size": 256 << 20})),
    "a smaller server": fail(p(mem={"min_size": 4097}), env={"max_allocation_size": 4096}),
    "a maximum of none in v1": ok(p(mem=RAW | {"max_size": 0}), case={"api": "v1"}, size_bytes=4096),
    "a maximum of 0 in v2": fail(p(mem=RAW | {"max_size": 0})),
}
MEMORY = {
    "contiguous for one of two": ok(
        raw(), p("b", "a", usage=DISPLAY, mem={"contiguous": True}), contiguous=True, heap="system_ram"
    ),
    "contiguous for nobody": ok(
        raw(), p("b", "a", usage=DISPLAY, mem={"contiguous": False}), contiguous=False
    ),
    "an alignment of the base": ok(
        p(usage=DISPLAY, mem=RAW | {"contiguous": True, "min_physical_base_alignment": 1 << 16}),
        contiguous=True,
    ),
    "an odd alignment of the base": fail(raw(contiguous=True, min_physical_base_alignment=3 << 12)),
    "an alignment without contiguity": fail(raw(min_physical_base_alignment=1 << 16)),
    "the contiguous pool is full": fail(
        p(usage=DISPLAY, mem={"min_size": 8192, "contiguous": True}),
        environment={"contiguous_pool_free": 4096},
    ),
    "a cpu prefers coherent memory": ok(raw(domains={"cpu": True, "ram": True}), domain="cpu"),
    "a cpu that flushes": ok(raw(domains={"cpu": False, "ram": True}), domain="ram"),
    "a display prefers ram": ok(
        raw(domains={"ram": True}), p("b", "a", usage=DISPLAY), domain="ram", heap="system_ram"
    ),
    "a display beside one without ram": ok(raw(), p("b", "a", usage=DISPLAY), domain="cpu"),
    "no domain in common": fail(
        raw(domains={"cpu": True, "ram": False}), p("b", "a", usage=GPU, mem={"domains": HIDDEN})
    ),
    "nobody looks": ok(
        p(usage=GPU, mem=RAW | {"domains": HIDDEN}), p("b", "a", usage=DISPLAY), domain="inaccessible"
    ),
    "a cpu without its domains": fail(raw(domains=HIDDEN)),
    "a heap of the coherent cpu alone": ok(
        raw(heaps=["cpu_cached_only"]), heap="cpu_cached_only", domain="cpu"
    ),
    "that heap for who flushes": fail(raw(heaps=["cpu_cached_only"], domains={"cpu": False, "ram": True})),
    "a heap the cpu cannot reach": fail(raw(heaps=["goldfish_device_local"])),
    "a heap of the device": ok(
        p(usage=GPU, mem=RAW | {"heaps": ["goldfish_device_local"]}),
        heap="goldfish_device_local",
        domain="inaccessible",
    ),
    "system ram where it is permitted": ok(
        raw(heaps=["cma", "system_ram"]), p("b", "a", mem={"heaps": ["system_ram", "cma"]}), heap="system_ram"
    ),
    "one heap in common": ok(
        raw(heaps=["cma", "system_ram"]), p("b", "a", mem={"heaps": ["cma", "cpu_cached_only"]}), heap="cma"
    ),
    "no heap in common": fail(raw(heaps=["cma"]), p("b", "a", mem={"heaps": ["system_ram"]})),
    "an empty list of heaps": fail(raw(heaps=[])),
    "a heap that nobody has": fail(raw(heaps=["moon"])),
    "a heap that is full": fail(raw(heaps=["cma"]), environment={"free": {"cma": 4095}}),
    "a heap by its second instance": fail(raw(heaps=[["cma", 0]]), p("b", "a", mem={"heaps": [["cma", 1]]})),
    "null is as good as absent": ok(
        p(mem=RAW | {"heaps": None, "domains": None, "max_size": None}, images=None), heap="system_ram"
    ),
}
PROTECTED = {
    "protected for a decoder": ok(
        p(usage=DECODER, mem=RAW | {"secure_required": True}),
        secure=True, heap="amlogic_secure", domain="inaccessible",
    ),
    "protected and optional": ok(
        p(usage=DECODER, mem=RAW | {"secure_required": True}),
        p("b", "a", usage=DISPLAY, mem={"heaps": ["system_ram", "amlogic_secure_vdec"]}),
        secure=True, heap="amlogic_secure_vdec",
    ),
    "protected if anyone asked": ok(
        p(usage=DECODER, mem=RAW | {"heaps": ["system_ram", "amlogic_secure"]}), secure=False, heap="system_ram"
    ),
    "protected beside a cpu": fail(
        p(usage=DECODER, mem=RAW | {"secure_required": True}), p("b", "a", mem={"heaps": ["system_ram"]})
    ),
    "protected for a cpu": fail(raw(secure_required=True)),
    "protected without a protected heap": fail(
        p(usage=DECODER, mem=RAW | {"secure_required": True, "heaps": ["system_ram"]})
    ),
    "protected beside who touches nothing": ok(
        p(usage=DECODER, mem=RAW | {"secure_required": True}), p("b", "a", usage={"none": True}, count={}), secure=True
    ),
}  # fmt: skip
IMAGES = {
    # 64 x 4 = 256 bytes a row
    "a minimum alone": ok(
        pic(im(min_size=[64, 32])), min_size=[64, 32], min_bytes_per_row=256, size_bytes=256 * 32,
        bytes_per_row_divisor=4, pixel_format="R8G8B8A8", modifier="LINEAR", color_space="SRGB",
    ),
    "a minimum as the maximum": ok(
        pic(im(min_size=[64, 32], max_size=[64, 32])), min_size=[64, 32], size_bytes=256 * 32
    ),
    "a maximum one pixel short": fail(pic(im(min_size=[64, 32])), p("b", "a", images=[im(max_size=[64, 31])])),
    "each takes its own side": ok(
        pic(im(min_size=[64, 1])), p("b", "a", images=[im(min_size=[1, 32])]), min_size=[64, 32]
    ),
    # max_size 65 rounds down to 64 of 16; min 33 rounds up to 48
    "an alignment rounds both ways": ok(
        pic(im(min_size=[33, 1], max_size=[65, 9], size_align=[16, 4])), min_size=[48, 4]
    ),
    "an alignment leaves nothing": fail(pic(im(min_size=[33, 1], max_size=[47, 9], size_align=[16, 1]))),
    "planar images are even": ok(
        pic(im("NV12", min_size=[31, 3])), min_size=[32, 4], min_bytes_per_row=32, size_bytes=32 * 4 * 3 // 2
    ),
    "stride divisors meet": ok(
        pic(im(min_size=[100, 1], bpr_divisor=64)), p("b", "a", images=[im(bpr_divisor=96)]),
        bytes_per_row_divisor=192, min_bytes_per_row=576,
    ),
    # lcm(10, 4): the divisor and the sample
    "a divisor of ten": ok(pic(im(min_size=[3, 1], bpr_divisor=10)), bytes_per_row_divisor=20, min_bytes_per_row=20),
    "a divisor of 0 in v1": ok(
        pic(im(min_size=[3, 1], bpr_divisor=0)), case={"api": "v1"}, bytes_per_row_divisor=4
    ),
    "a divisor of 0 in v2": fail(pic(im(min_size=[3, 1], bpr_divisor=0))),
    "whole pixels": ok(
        pic(im("B8G8R8", min_size=[65, 1], bpr_divisor=4, bpr_at_pixel=True)),
        bytes_per_row_divisor=12, min_bytes_per_row=204,
    ),
    "whole pixels for the other": ok(
        pic(im("B8G8R8", min_size=[65, 1], bpr_divisor=4)), p("b", "a", images=[im("B8G8R8", bpr_at_pixel=True)]),
        min_bytes_per_row=204,
    ),
    # 300 rounds up to the format's 4 bytes
    "a least stride": ok(pic(im(min_size=[10, 2], min_bpr=300)), min_bytes_per_row=300, size_bytes=600),
    "a least stride to a divisor": ok(pic(im(min_size=[10, 2], min_bpr=300, bpr_divisor=64)), min_bytes_per_row=320),
    "a greatest stride just met": ok(pic(im(min_size=[64, 1], max_bpr=256)), min_bytes_per_row=256),
    "a greatest stride below": fail(pic(im(min_size=[64, 1], max_bpr=255))),
    "strides that exclude each other": fail(
        pic(im(min_size=[8, 1], min_bpr=300)), p("b", "a", images=[im(max_bpr=256)])
    ),
    "an area just met": ok(pic(im(min_size=[64, 32], max_area=2048)), min_size=[64, 32]),
    "an area one pixel short": fail(pic(im(min_size=[64, 32], max_area=2047))),
    "no limit at all": ok(
        pic(im(min_size=[8, 8], max_size=[TOP, TOP], max_bpr=TOP, max_area=TOP)), min_size=[8, 8], size_bytes=256
    ),
    "what nothing depends on": ok(
        pic(im(min_size=[8, 8], display_align=[16, 16], start_offset_divisor=4096)), size_bytes=256
    ),
    "a start offset beyond the page": fail(pic(im(min_size=[8, 8], start_offset_divisor=8192))),
    "an image of one line of one pixel": ok(pic(im("R8", min_size=[1, 1])), size_bytes=1, raw_size=4096),
    "an image no larger than a byte limit": ok(
        pic(im(min_size=[32, 32]), mem={"max_size": 4096}), size_bytes=4096
    ),
    "an image one byte beyond": fail(pic(im(min_size=[32, 32]), mem={"max_size": 4095})),
    "a buffer larger than its image": ok(pic(im(min_size=[32, 32]), mem={"min_size": 70000}), size_bytes=70000),
    "alpha of one word": ok(pic(im(min_size=[8, 8], alpha=True)), p("b", "a", images=[im()]), alpha=True),
    "alpha of two words": fail(pic(im(min_size=[8, 8], alpha=True)), p("b", "a", images=[im(alpha=False)])),
    "alpha of nobody's": ok(pic(im(min_size=[8, 8])), alpha=None),
}  # fmt: skip
REQUIRED = {
    "a required image": ok(pic(im(required_max=[64, 32])), size_bytes=64 * 4 * 32, required_max_list=[[64, 32]]),
    "a required image in a stride": ok(
        pic(im(required_max_list=[[65, 2]], bpr_divisor=64)), size_bytes=320 * 2,
        layouts=[{"w": 65, "h": 2, "bytes_per_row": 320, "image_size": 640}],
    ),
    # two shapes: 400 x 100 and 100 x 400 bytes, never 400 x 400
    "two shapes": ok(
        pic(im("R8", required_max_list=[[400, 100], [100, 400]])), size_bytes=40000,
        required_max_list=[[400, 100], [100, 400]],
    ),
    "a required image too large": fail(pic(im(required_max=[64, 32], max_size=[64, 31]))),
    "a required image of nothing": fail(pic(im(required_max_list=[[0, 4]]))),
    "a required image beyond the area": fail(pic(im(required_max=[64, 32], max_area=2047))),
    "a required minimum that is met": ok(pic(im(min_size=[16, 16], required_min=[16, 16])), min_size=[16, 16]),
    "a required minimum that is not": fail(pic(im(min_size=[17, 16], required_min=[16, 16]))),
    "the smaller required minimum counts": fail(
        pic(im(min_size=[16, 16], required_min=[32, 32])), p("b", "a", images=[im(required_min=[8, 32])])
    ),
}  # fmt: skip
PADDING = {
    "bytes beyond the image": ok(pic(im(min_size=[32, 32], pad_beyond=100)), size_bytes=4096, padded_bytes=4196),
    "the larger bytes beyond": ok(
        pic(im(min_size=[32, 32], pad_beyond=100)), p("b", "a", images=[im(pad_beyond=60)]),
        size_bytes=4096, padded_bytes=4196,
    ),
    # 8 x 4 x 4 = 128 a row in steps of 32; 30 rows to 32
    "blocks": ok(
        pic(im(min_size=[32, 30], max_size=[32, 32], pad_block=[8, 8])), size_bytes=128 * 30, padded_bytes=128 * 32,
        bytes_per_row_divisor=32,
    ),
    "padding beyond the largest buffer": fail(pic(im(min_size=[32, 32], pad_beyond=1), mem={"max_size": 4096})),
    "blocks of three": fail(pic(im(min_size=[32, 32], max_size=[32, 32], pad_block=[3, 1]))),
    "blocks of two planes": fail(pic(im("NV12", min_size=[32, 32], max_size=[32, 32], pad_block=[4, 4]))),
}  # fmt: skip
FORMATS = {
    "unset is linear": ok(pic(im(modifier=None, min_size=[8, 8])), modifier="LINEAR", pixel_format="R8G8B8A8"),
    "none is linear": ok(
        pic(im(modifier="NONE", min_size=[8, 8])), p("b", "a", images=[im()]), modifier="LINEAR"
    ),
    "one format in common": ok(
        pic(im("NV12", min_size=[8, 8]), im("R8G8B8A8", min_size=[8, 8])),
        p("b", "a", images=[im("R8G8B8A8"), im("R5G6B5")]),
        pixel_format="R8G8B8A8", color_space="SRGB",
    ),
    "no format in common": fail(pic(im("NV12", min_size=[8, 8])), p("b", "a", images=[im()])),
    "no modifier in common": fail(
        pic(im(modifier="INTEL_X_TILED", min_size=[8, 8])), p("b", "a", images=[im()])
    ),
    "who has no images takes any": ok(pic(im("I420", min_size=[8, 8])), p("b", "a"), pixel_format="I420"),
    "who does not care": ok(
        pic(im("YUY2", min_size=[8, 8])),
        p("b", "a", images=[{"formats": [["DO_NOT_CARE", "DO_NOT_CARE"]], "color_spaces": ["DO_NOT_CARE"]}]),
        pixel_format="YUY2", modifier="LINEAR", color_space="REC709",
    ),
    "nobody cares": fail(
        pic({"formats": [["DO_NOT_CARE", None]], "color_spaces": ["DO_NOT_CARE"], "min_size": [8, 8]})
    ),
    "the same twice": fail(pic(im(min_size=[8, 8]), im(min_size=[8, 8]))),
    "an unknown format": fail(pic(im("MOON", min_size=[8, 8]))),
    "the best colour": ok(
        pic(im("NV12", min_size=[8, 8], color_spaces=["REC601_PAL", "REC709"])), color_space="REC709"
    ),
    "the colour in common": ok(
        pic(im("NV12", min_size=[8, 8], color_spaces=["REC601_PAL", "REC709"])),
        p("b", "a", images=[im("NV12", color_spaces=["REC601_PAL", "REC601_NTSC"])]),
        color_space="REC601_PAL",
    ),
    "no colour in common": fail(
        pic(im("NV12", min_size=[8, 8])), p("b", "a", images=[im("NV12", color_spaces=["REC601_PAL"])])
    ),
    "a colour of another model": fail(pic(im(min_size=[8, 8], color_spaces=["REC709"]))),
    "deep colours need deep samples": fail(pic(im("NV12", min_size=[8, 8], color_spaces=["REC2020"]))),
    # a tile is 512 bytes of 8 rows
    "tiles": ok(pic(im(modifier="INTEL_X_TILED", min_size=[64, 64])), modifier="INTEL_X_TILED", size_bytes=512 * 64),
}  # fmt: skip
TREES = {
    "an empty participant": ok(
        raw(), {"id": "b", "type": "participant", "parent": "a", "constraints": "empty"},
        participant_gets_buffers={"a": True, "b": False},
    ),
    "who only watches": ok(raw(), p("b", "a", usage={"none": True}, count={}), buffer_count=1),
    "only who watches": fail(p(usage={"none": True}, mem=RAW)),
    "watching and working": fail(raw(), p("b", "a", usage={"none": True, "cpu": ["read"]})),
    "no usage": fail(raw(), {"id": "b", "type": "participant", "parent": "a", "constraints": {"count": {"min": 1}}}),
    "released": ok(
        p(count={"camping": 1}, mem=RAW), p("b", "a", count={"camping": 2}, node={"released_before_solve": True}),
        buffer_count=3,
    ),
    "dispensable": ok(
        p(count={"camping": 1}, mem=RAW), p("b", "a", count={"camping": 2}, node={"dispensable": True}), buffer_count=3
    ),
    "the first child": ok(
        raw(), g("g"), p("x", "g", mem={"min_size": 8192}), p("y", "g"),
        selected_group_children={"g": "x"}, participants_that_must_fail=["y"], size_bytes=8192,
    ),
    "the second child": ok(
        raw(), g("g"), p("x", "g", mem={"max_size": 4095}), p("y", "g"), selected_group_children={"g": "y"}
    ),
    "no child": fail(raw(), g("g"), p("x", "g", mem={"max_size": 4095}), p("y", "g", count={"max": 0})),
    "a child with a child": ok(
        raw(), g("g"), p("x", "g"), p("xx", "x", mem={"heaps": ["moon"]}), p("y", "g"), p("yy", "y", count={"camping": 5}),
        selected_group_children={"g": "y"}, buffer_count=5, participant_gets_buffers={"xx": False, "yy": True},
    ),
    "the formats of a child": ok(
        pic(im(min_size=[8, 8])), g("g"), p("x", "g", images=[im("NV12")]), p("y", "g", images=[im()]),
        selected_group_children={"g": "y"}, pixel_format="R8G8B8A8",
    ),
    # the first group turns last: x0 with y1 before x1 with y0
    "two groups": ok(
        raw(), g("x"), p("x0", "x", mem={"max_size": 6000}), p("x1", "x"), g("y"), p("y0", "y", mem={"min_size": 7000}),
        p("y1", "y"), selected_group_children={"x": "x0", "y": "y1"}, size_bytes=4096,
    ),
}  # fmt: skip
ALL = {
    f"{table}: {name}": case
    for table, cases in {
        "counts": COUNTS, "bytes": BYTES, "memory": MEMORY, "protected": PROTECTED, "images": IMAGES,
        "required": REQUIRED, "padding": PADDING, "formats": FORMATS, "trees": TREES,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_is_answered_as_derived(case: dict[str, Any]) -> None:
    verdict = judge(WORLD, "cases", case)
    assert verdict.outcome == "passed", verdict.why


def bent(key: str, value: Any, by: int) -> Any:
    """Another value."""
    match value:
        case bool():
            return not value
        case int():
            return value + by if key != "bytes_per_row_divisor" else value * 3
        case str():
            others = {"domain": ["cpu", "ram"], "heap": ["system_ram", "amlogic_secure"]}
            return next(other for other in others.get(key, ["NV12", "REC2100"]) if other != value)
        case None:
            return True
        case dict():
            return {name: bent(key, said, by) for name, said in value.items()}
        case _:
            return [value[0] + by, *value[1:]]


WASTE = {"required: two shapes, size_bytes", "padding: blocks, padded_bytes", "formats: tiles, size_bytes"}
"""Where that system may take more than we do: README.md, *Comparing*."""
BENT = {
    f"{name}, {key}, {by:+}": (case, key, by)
    for name, case in ALL.items()
    for key in case["expect"].get("derived", {})
    for by in (1, -1)
    if key not in ("participants_that_must_fail", "required_max_list", "layouts", "modifier")
    and not (by > 0 and f"{name}, {key}" in WASTE)
}


@pytest.mark.parametrize(("case", "key", "by"), BENT.values(), ids=BENT)
def test_another_value_fails(case: dict[str, Any], key: str, by: int) -> None:
    other = copy.deepcopy(case)
    values = other["expect"]["derived"]
    values[key] = bent(key, values[key], by)
    assert judge(WORLD, "cases", other).outcome == "failed", values


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_the_other_outcome_fails(case: dict[str, Any]) -> None:
    outcome = "ok" if case["expect"]["outcome"] == "fail" else "fail"
    assert judge(WORLD, "cases", case | {"expect": {"outcome": outcome}}).outcome == "failed"
