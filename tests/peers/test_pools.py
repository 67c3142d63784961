"""Pools over time, and layouts of one image."""

from __future__ import annotations

from typing import Any

import pytest

from .test_lists import fails, passes, verdict

# Pools


def pool(*steps: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"id": "pool", "pool_bytes": 16384, "block": 4096, "steps": [*steps]} | said


def take(size: int, expect: str = "ok", **said: Any) -> dict[str, Any]:
    return {"do": "allocate", "size": size, "expect": expect} | said


def test_a_pool_is_full_when_it_is() -> None:
    passes("pool_cases", pool(take(4096, count=4), take(1, "fail"), asserted={"allocations_failed": 1}))
    passes("pool_cases", pool(take(4097, count=2), take(1, "fail"), derived={"free_at_high_water": 0}))
    fails("pool_cases", pool(take(4096, count=4), take(1)), "step 1: allocate 1 of 1: wanted ok")
    fails("pool_cases", pool(take(4096, "fail")), "wanted fail, got ok")
    fails("pool_cases", pool(take(1), derived={"free_at_high_water": 0}), "free_at_high_water")


def test_holes_left_by_earlier_frees_hold_no_run_for_sure() -> None:
    every_second = {"do": "free_every_second"}
    passes("pool_cases", pool(take(4096, count=4), every_second, take(8192, "fail")))
    passes("pool_cases", pool(take(4096, count=4), every_second, take(4096, count=2), take(4096, "fail")))
    # the first two pages are free together, which no answer says
    together = pool(take(4096, count=4), {"do": "free"}, {"do": "free"}, take(8192), take(1, "fail"))
    found = verdict("pool_cases", together)
    assert (found.outcome, found.why) == ("out of scope", ("where holes are",))
    fails("pool_cases", pool(take(4096, count=4), every_second, take(8192)), "wanted ok, got fail")
    one_less = {"do": "free_every_second", "count": 1}
    passes("pool_cases", pool(take(4096, count=4), one_less, take(8192, "fail"), take(4096)))


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (pool(take(4096), {"do": "free", "index": 1}), "step 1: free of buffer 1, 1 are live"),
        (pool({"size": 4096}), "step 0: no do"), (pool({"do": "allocate"}), "step 0: no size"),
        (pool(take(4096, "perhaps")), "expect: ok or fail"), ({"id": "pool"}, "no steps"), (pool("x"), "expected an object"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_malformed_pools_fail_in_words(case: dict[str, Any], text: str) -> None:
    fails("pool_cases", case, text)


def test_an_unknown_step_or_statement_of_a_pool_is_out_of_scope() -> None:
    assert verdict("pool_cases", pool({"do": "defragment"})).why == ("unknown step defragment",)
    assert verdict("pool_cases", pool(take(4096, alignment=65536))).why == ("unknown key alignment",)
    passes("pool_cases", pool(take(4096, why="there is room", label="first"), difficulty="easy"))


# Layouts


def layout(*checks: Any, **said: Any) -> dict[str, Any]:
    return {"id": "layout", "pixel_format": "B8G8R8A8", "checks": [*checks]} | said


def test_an_unset_modifier_is_linear() -> None:
    for said in ({}, {"modifier": None}, {"modifier": "NONE"}, {"modifier": "LINEAR"}):
        # 17 x 4 = 68, to 32
        passes("layout_cases", layout({"width": 17, "min_row_bytes": 96}, bpr_divisor=32, **said))
        fails(
            "layout_cases",
            layout({"width": 17, "min_row_bytes": 100}, bpr_divisor=32, **said),
            "min_row_bytes",
        )


@pytest.mark.parametrize(
    ("said", "check", "good"),
    [
        ({"width_range": [12, 100]}, {"width": 12, "bytes_per_row": 48}, True),
        ({"width_range": [12, 100]}, {"width": 100, "bytes_per_row": 400}, True),
        ({"width_range": [12, 100]}, {"width": 101, "error": "too wide"}, True),
        ({"width_range": [12, 100]}, {"width": 100, "error": "too wide"}, False),
        ({"max_bpr": 400}, {"width": 101, "error": "too wide"}, True), ({"max_bpr": 400}, {"width": 101}, False),
        ({"min_bpr": 500}, {"width": 10, "bytes_per_row": 500}, True),
        ({"min_size": [8, 8], "max_size": [16, 16]}, {"size": [16, 17], "error": True}, True),
        ({"pixel_format": "B8G8R8", "bpr_divisor": 4, "bpr_at_pixel": True}, {"width": 65, "bytes_per_row": 204}, True),
        ({"pixel_format": "NV12"}, {"size": [16, 8], "plane_offsets": [0, 128], "image_size": 192}, True),
        ({"pixel_format": "NV12"}, {"size": [16, 8], "plane_offsets": [0, 64]}, False),
        ({"pixel_format": "I420"}, {"size": [16, 8], "plane_row_bytes": [16, 8, 8], "plane_offsets": [0, 128, 160]}, True),
        ({"modifier": "INTEL_X_TILED"}, {"size": [64, 64], "image_size": 32768}, True),
        ({"modifier": "INTEL_X_TILED"}, {"size": [64, 64], "image_size": 32767}, False),
    ],
    ids=str,
)  # fmt: skip
def test_layouts(said: dict[str, Any], check: dict[str, Any], good: bool) -> None:
    assert verdict("layout_cases", layout(check, **said)).outcome == ("passed" if good else "failed")


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (layout({"width": 1}, pixel_format="MOON"), "the file has no format MOON"),
        ({"id": "x", "checks": [{"width": 1}]}, "pixel_format: field required"), (layout(), "there are none"),
        (layout({"error": "x"}), "without width or size"), (layout({"width": "17"}), "valid integer"),
        (layout(17), "layout.checks.0"),
    ],
)  # fmt: skip
def test_malformed_layouts_fail_in_words(case: dict[str, Any], text: str) -> None:
    fails("layout_cases", case, text)
    assert verdict("layout_cases", case).why[0].startswith("malformed: ")


def test_what_layouts_may_also_say() -> None:
    waiting = verdict("layout_cases", layout({"width": 8}, modifier="ARM_AFBC_16X16_TE"))
    assert (waiting.outcome, waiting.why) == ("waiting", ("layout of ARM_AFBC_16X16_TE",))
    assert verdict("layout_cases", layout({"width": 8, "rows": 3})).why == ("unknown key rows",)
    passes("layout_cases", layout({"width": 8, "label": "narrow"}, tags=["a"], debug_name="x"))
