"""Levels about what drivers pick where they may choose, and orders of modifiers that a pipeline gives."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.judge.cost import cost
from heapwright.platforms.errors import InputError
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.objective import NAMES
from tests.builders import SOURCE, board, buffer, device, image, pipeline, plan, port, raw_port

BOTH = image("NV12", "NV21", modifiers=["LINEAR", "VIVANTE_TILED", "BROADCOM_SAND128"])


def prefers(**orders: list[str]) -> dict[str, Any]:
    return {"prefers": {**orders, "source": SOURCE}}


def touched(camera: dict[str, Any], panel: dict[str, Any]) -> Platform:
    """A camera and a display that share formats and modifiers, with these orders."""
    devices = {
        "camera": device("camera", capture=port(BOTH, **camera)),
        "panel": device("display", scanout=port(BOTH, **panel)),
    }
    return board(devices=devices)


def answer(platform: Platform, **facts: Any) -> Plan:
    asked = pipeline(frame=buffer(size="128x64", **facts))
    found = plan(platform, asked)
    assert tuple(level.value for level in found.levels) == cost(platform, [asked], found)
    return found


def level(found: Plan, term: str) -> int:
    return next(each.value for each in found.levels if each.term == term)


def test_a_list_of_rules_is_no_order() -> None:
    found = answer(touched({}, {}))
    assert found.placements[0].format == "NV12"
    assert level(found, "driver-formats") == level(found, "driver-modifiers") == 0


def test_of_formats_that_cost_the_same_the_writer_s_first_is_taken() -> None:
    found = answer(touched(prefers(formats=["NV21", "NV12"]), {}))
    assert found.placements[0].format == "NV21"
    assert level(found, "driver-formats") == 0


def test_the_writer_s_order_counts_before_the_reader_s() -> None:
    found = answer(touched(prefers(formats=["NV21", "NV12"]), prefers(formats=["NV12", "NV21"])))
    assert found.placements[0].format == "NV21"
    assert level(found, "driver-formats") == 1, "second of the reader's"


def test_the_reader_s_order_decides_where_the_writer_has_none() -> None:
    found = answer(touched({}, prefers(modifiers=["VIVANTE_TILED"])), formats=["NV21"])
    assert found.placements[0].modifier == "VIVANTE_TILED"


def test_what_an_order_does_not_name_comes_after_all_that_it_names() -> None:
    order = prefers(modifiers=["I915_X_TILED", "VIVANTE_TILED"])
    assert level(answer(touched(order, {}), modifiers=["LINEAR"]), "driver-modifiers") == 2 * 4096
    assert level(answer(touched(order, {})), "driver-modifiers") == 4096


def test_formats_count_before_modifiers() -> None:
    assert NAMES.index("driver-formats") + 1 == NAMES.index("driver-modifiers")


def test_an_order_names_columns_without_their_height() -> None:
    found = answer(touched(prefers(modifiers=["BROADCOM_SAND128"]), {}), modifiers=["BROADCOM_SAND128"])
    assert str(found.placements[0].modifier).startswith("BROADCOM_SAND128_COL_HEIGHT")
    assert level(found, "driver-modifiers") == 0


def test_what_drivers_like_takes_no_more_bytes() -> None:
    # 127 pixels a row: whole tiles of VIVANTE_TILED are one longer.
    platform = touched(prefers(modifiers=["VIVANTE_TILED", "LINEAR"]), {})
    asked = pipeline(frame=buffer(size="127x61"))
    found = plan(platform, asked)
    bytes_of = {
        modifier: level(plan(platform, asked, pins=[f"frame:modifier={modifier}"]), "bytes")
        for modifier in ("LINEAR", "VIVANTE_TILED")
    }
    assert level(found, "bytes") == min(bytes_of.values())


def test_the_pipeline_s_order_of_modifiers_counts_before_the_drivers() -> None:
    platform = touched(prefers(modifiers=["VIVANTE_TILED"]), {})
    first = answer(platform, modifiers=["LINEAR", "VIVANTE_TILED"])
    assert first.placements[0].modifier == "LINEAR"
    assert level(first, "preference") == 0
    second = answer(platform, modifiers=["I915_X_TILED", "BROADCOM_SAND128", "LINEAR"], formats=["NV21"])
    assert str(second.placements[0].modifier).startswith("BROADCOM_SAND128_COL_HEIGHT")
    assert level(second, "preference") == 1


def test_places_of_formats_and_modifiers_add_up() -> None:
    platform = touched({}, {})
    found = answer(platform, formats=["XR24", "NV12"], modifiers=["I915_X_TILED", "LINEAR"])
    assert level(found, "preference") == 2


def test_raw_data_has_no_place_in_an_order() -> None:
    cpu = device("cpu", write=port(**prefers(formats=["NV12"], modifiers=["LINEAR"])))
    platform = board(devices={"cpu": cpu, "codec": device("video-decoder", bitstream=raw_port())})
    asked = pipeline(bits=buffer(bytes=4096, written_by="cpu.write", read_by="video-decoder.bitstream"))
    found = plan(platform, asked)
    assert level(found, "driver-formats") == level(found, "driver-modifiers") == 0


def test_an_order_without_a_list_or_a_source_is_refused() -> None:
    for wrong in ({"source": SOURCE}, {"formats": ["NV12"]}, {"formats": [], "source": SOURCE}):
        with pytest.raises(InputError):
            touched({"prefers": wrong}, {})


def test_an_order_names_nothing_twice() -> None:
    with pytest.raises(InputError, match="NV12"):
        touched(prefers(formats=["NV12", "NV21", "NV12"]), {})
