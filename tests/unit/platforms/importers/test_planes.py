"""What a card's planes tell of its ports: how many at once, which angles, which cursors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.importers import drm_info
from heapwright.platforms.importers.assemble import notes, profile
from heapwright.platforms.importers.planes import PlaneRecord, put_together, rotations
from heapwright.platforms.knowledge.drivers import Known, drivers
from heapwright.platforms.knowledge.recognition import Match
from heapwright.platforms.schema import Device, Platform, Port

XR24, AR24, NV12, C8 = (int.from_bytes(name, "little") for name in (b"XR24", b"AR24", b"NV12", b"C8  "))
LINEAR: Final = 0
Y_TILED: Final = 1 << 56 | 2
OVERLAY, PRIMARY, CURSOR = range(3)
QUARTERS: Final = ("rotate-0", "rotate-90", "rotate-180", "rotate-270")


def plane(
    kind: int, crtcs: int | None, formats: Mapping[int, tuple[int, ...]], bits: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """One plane in the words of drm_info's json.c, as far as they are read."""
    told = [
        {"modifier": modifier, "formats": [fourcc for fourcc, each in formats.items() if modifier in each]}
        for modifier in dict.fromkeys(modifier for each in formats.values() for modifier in each)
    ]
    properties: dict[str, Any] = {"type": {"value": kind}, "IN_FORMATS": {"value": 31, "data": told}}
    if bits is not None:
        spec = [{"name": name, "value": index} for index, name in enumerate(bits)]
        properties["rotation"] = {"type": 32, "value": 1, "spec": spec}
    found = {"id": 1, "formats": list(formats), "properties": properties}
    return found if crtcs is None else found | {"possible_crtcs": crtcs}


def listing(driver: str, *planes: dict[str, Any], cursor: int = 256) -> bytes:
    caps = {"DUMB_BUFFER": 1, "PRIME": 3, "CURSOR_WIDTH": cursor, "CURSOR_HEIGHT": cursor}
    size = {"min_width": 0, "max_width": 16384, "min_height": 0, "max_height": 16384}
    card = {
        "driver": {"name": driver, "caps": caps},
        "fb_size": size,
        "connectors": [],
        "planes": list(planes),
    }
    return json.dumps({"/dev/dri/card0": card}).encode()


def discovered(text: bytes) -> Platform:
    return platform_from(profile(drm_info.machine(text, "info.json"), "found"))


def display(text: bytes) -> Device:
    return next(each for each in discovered(text).devices.values() if each.kind == "display")


def angles(port: Port, fourcc: str) -> set[int]:
    """Every angle that some rule of the port allows for a format."""
    rules = [rule for rule in port.images if fourcc in rule.formats]
    return {angle for rule in rules for angle in (rule.when and rule.when.rotate) or (0,)}


PICTURES: Final = {XR24: (LINEAR,), NV12: (LINEAR,)}


def test_planes_that_every_display_can_use_are_counted() -> None:
    # Two CRTCs with a primary and a cursor each, and two overlays for any of eight (amdgpu_dm.c initialize_plane()).
    planes = [plane(kind, 1 << crtc, PICTURES) for kind in (PRIMARY, CURSOR) for crtc in (0, 1)]
    ports = display(listing("acme", *planes, *[plane(OVERLAY, 0xFF, PICTURES)] * 2)).ports
    assert (ports["scanout"].how_many, ports["cursor"].how_many) == (3, 1)


def test_the_display_with_the_fewest_planes_decides() -> None:
    planes = [plane(PRIMARY, 1, PICTURES), plane(PRIMARY, 2, PICTURES), plane(OVERLAY, 1, PICTURES)]
    assert display(listing("acme", *planes)).ports["scanout"].how_many == 1


def test_planes_of_no_known_display_are_not_counted() -> None:
    assert display(listing("acme", plane(PRIMARY, None, PICTURES))).ports["scanout"].how_many is None


def test_a_cursor_that_only_some_displays_have_is_not_counted() -> None:
    planes = [plane(PRIMARY, 1, PICTURES), plane(PRIMARY, 2, PICTURES), plane(CURSOR, 1, {AR24: (LINEAR,)})]
    assert display(listing("acme", *planes)).ports["cursor"].how_many is None


@pytest.mark.parametrize(
    ("bits", "turned"),
    [
        (None, {0}),
        (("rotate-0", "reflect-x"), {0}),
        (("rotate-0", "rotate-180"), {0, 180}),
        # drm_rotation_simplify(): both reflections are half a turn.
        (("rotate-0", "reflect-x", "reflect-y"), {0, 180}),
        # In which layouts columns can be read the property does not tell (skl_plane_check_fb(): Y tiles alone).
        (QUARTERS, {0, 180}),
    ],
)
def test_a_half_turn_is_taken_from_the_property(bits: tuple[str, ...] | None, turned: set[int]) -> None:
    assert (
        angles(display(listing("acme", plane(PRIMARY, 1, PICTURES, bits))).ports["scanout"], "XR24") == turned
    )


def test_a_format_turns_only_where_all_its_planes_turn() -> None:
    # NV12 on the overlay alone, which turns; XR24 on both, of which the primary does not.
    planes = [plane(PRIMARY, 1, {XR24: (LINEAR,)}), plane(OVERLAY, 1, PICTURES, QUARTERS)]
    scanout = display(listing("acme", *planes)).ports["scanout"]
    assert (angles(scanout, "XR24"), angles(scanout, "NV12")) == ({0}, {0, 180})


def test_what_the_driver_is_known_to_turn_is_taken_where_the_planes_turn_it() -> None:
    # drivers/gpu/drm/vkms/vkms_plane.c vkms_plane_init(): all of them, in any layout it has.
    assert angles(display(listing("vkms", plane(PRIMARY, 1, PICTURES, QUARTERS))).ports["scanout"], "XR24") == {
        0, 90, 180, 270,
    }  # fmt: skip
    assert angles(display(listing("vkms", plane(PRIMARY, 1, PICTURES))).ports["scanout"], "XR24") == {0}


def test_quarter_turns_that_are_left_out_are_told() -> None:
    (said,) = [
        each
        for each in notes(
            drm_info.machine(listing("acme", plane(PRIMARY, 1, PICTURES, QUARTERS)), "info.json")
        )
        if "90" in each
    ]
    assert said.endswith("its planes turn by 90 or 270, but in which layouts only its driver's rules say")


def test_a_driver_knows_its_cursor_better_than_a_size() -> None:
    # dm_check_cursor_fb(): 64, 128 or 256 wide with packed rows, and no wider than max_cursor_size, which the size tells.
    text = listing("amdgpu", plane(PRIMARY, 1, PICTURES), plane(CURSOR, 1, {AR24: (LINEAR,)}), cursor=128)
    rules = display(text).ports["cursor"].images
    assert [(rule.extent.min, rule.extent.max, rule.stride.fixed) for rule in rules] == [
        ((64, 1), (64, 128), True),
        ((128, 1), (128, 128), True),
    ]


def test_resources_of_a_driver_are_its_devices_own(monkeypatch: pytest.MonkeyPatch) -> None:
    tgl = next(each for each in drivers() if each.file == "i915-display-tgl")
    monkeypatch.setattr(
        "heapwright.platforms.importers.displays.driver_facts", lambda *_: Known(tgl, Match(0))
    )
    tiles = {XR24: (LINEAR, Y_TILED), NV12: (LINEAR, Y_TILED), C8: (LINEAR,)}
    found = discovered(listing("i915", *[plane(PRIMARY, 1, tiles, QUARTERS)] * 2))
    assert found.resources == {"i915-nv12-plane": 3}
    scanout = found.devices["i915"].ports["scanout"]
    assert scanout.how_many == 2
    assert {name for rule in scanout.images if "NV12" in rule.formats for name in rule.uses} == {
        "i915-nv12-plane"
    }
    by_columns = [
        rule for rule in scanout.images if rule.when and rule.when.rotate and 90 in rule.when.rotate
    ]
    assert {rule.modifiers for rule in by_columns} == {("I915_Y_TILED",)}


def test_rotations_have_no_rotation_at_least() -> None:
    assert rotations([]) == rotations(["reflect-y"]) == (0,)


def test_no_planes_are_nothing() -> None:
    assert put_together([]) == ({}, None, None)
    assert put_together([PlaneRecord("cursor", 1, {})]).cursors is None
