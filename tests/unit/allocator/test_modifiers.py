"""Plans made by hand under modifiers: what the judge takes, what it refuses, and what a frame runs into."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.execute import execute
from heapwright.allocator.judge.cost import moved_bytes
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.allocator.kernel.frames import run_frame
from heapwright.platforms.fourcc.modifiers import parse_modifier
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Placement, Plane
from tests.builders import board, device, heap, image, pipeline, port
from tests.unit.allocator.plans_by_hand import judged, kinds, placement, plan

AFBC = "ARM_AFBC(16x16,SPARSE)"
UBWC = "QCOM_COMPRESSED"
CCS = "I915_Y_TILED_GEN12_RC_CCS"
SAND = "BROADCOM_SAND128"


def both(modifier: str, form: str = "XR24", via: str = "dma-heap", **panel: Any) -> Platform:
    """A board whose camera and panel take that modifier; the panel with these rules."""
    heaps = {"system": heap("dram", via=via)}
    devices = {
        "camera": device("camera", driver="one", capture=port(image(form, modifiers=[modifier]))),
        "panel": device(
            "display",
            driver=panel.pop("driver", "one"),
            scanout=port(image(form, modifiers=[modifier], **panel)),
        ),
    }
    return board(heaps=heaps, devices=devices)


def laid(
    modifier: str, *planes: Plane, form: str = "XR24", size: int | None = None, **more: Any
) -> dict[str, Any]:
    value = parse_modifier(modifier).value
    size = planes[-1].offset + planes[-1].size if size is None else size
    return {
        "format": form,
        "modifier": modifier,
        "modifier_value": None if value is None else f"{value:#x}",
        "planes": planes,
        "size": size,
        "sizes": (size,),
        "allocated": -(-size // 4096) * 4096,
        **more,
    }


def frame(platform: Platform, **changes: Any) -> set[str]:
    pretended, pipelines = SimulatedBoard(platform), [pipeline()]
    with execute(platform, pipelines, plan(placement(**changes)), pretended) as allocation:
        return kinds(run_frame(pretended, pipelines, allocation))


# 16 x 16 pixels are one superblock: 16 bytes of header in 64, and 1024 bytes.
SUPERBLOCK = Plane(offset=0, stride=64, size=64 + 1024, metadata=64, metadata_stride=16)
# 16 x 16 NV12: one macrotile row: 128 x 32, 4 KiB of metadata in front of each plane.
MACROTILES = (
    Plane(offset=0, stride=128, size=8192, metadata=4096, metadata_stride=64),
    Plane(offset=8192, stride=128, size=8192, metadata=4096, metadata_stride=64),
)
# Four tiles of 128 bytes x 32 rows, and 64 bytes of CCS for them.
CONTROLLED = (Plane(offset=0, stride=512, size=16384), Plane(offset=16384, stride=64, size=4096))
# 16 rows of luma, 8 of chroma, in a column of 128 bytes.
COLUMNS = (Plane(offset=0, stride=128, size=2048), Plane(offset=2048, stride=128, size=1024))
GOOD = [
    (AFBC, "XR24", (SUPERBLOCK,)),
    (UBWC, "NV12", MACROTILES),
    (CCS, "XR24", CONTROLLED),
    (f"{SAND}_COL_HEIGHT(24)", "NV12", COLUMNS),
]


@pytest.mark.parametrize(("modifier", "form", "planes"), GOOD)
def test_a_good_layout_is_taken_and_survives_a_frame(
    modifier: str, form: str, planes: tuple[Plane, ...]
) -> None:
    changes = laid(modifier, *planes, form=form)
    assert judged(both(modifier, form), **changes) == ()
    assert frame(both(modifier, form), **changes) == set()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"metadata": 0, "size": 1024}, "metadata-planes"),
        ({"metadata": 16, "size": 1040}, "metadata-planes"),
        ({"metadata_stride": 0}, "metadata-planes"),
        ({"size": 64 + 1023}, "metadata-planes"),
        ({"stride": 32}, "metadata-planes"),
        ({"stride": 8}, "metadata-planes"),
    ],
)
def test_a_header_that_is_too_small_is_refused(change: dict[str, int], kind: str) -> None:
    plane = SUPERBLOCK.model_copy(update=change)
    assert kind in kinds(judged(both(AFBC), **laid(AFBC, plane)))


@pytest.mark.parametrize(
    ("multiple", "metadata", "found"),
    [
        # 64 bytes of header are enough for anybody who asks for 64 at most, and not for 128.
        (64, 64, set()),
        (128, 64, {"metadata-planes"}),
        (128, 128, set()),
        (128, 192, {"metadata-planes"}),
    ],
)
def test_pixels_begin_where_the_device_looks_for_them(multiple: int, metadata: int, found: set[str]) -> None:
    plane = SUPERBLOCK.model_copy(update={"metadata": metadata, "size": metadata + 1024})
    board = both(AFBC, metadata={"multiple": multiple})
    assert kinds(judged(board, **laid(AFBC, plane))) == found


@pytest.mark.parametrize(("modifier", "form", "planes"), GOOD[1:])
def test_a_multiple_that_the_modifier_meets_by_itself_is_met(
    modifier: str, form: str, planes: tuple[Plane, ...]
) -> None:
    board = both(modifier, form, metadata={"multiple": 128})
    assert judged(board, **laid(modifier, *planes, form=form)) == ()


def test_a_larger_header_is_lawful_but_not_a_crooked_one() -> None:
    larger = SUPERBLOCK.model_copy(update={"metadata": 128, "size": 128 + 1024})
    assert judged(both(AFBC), **laid(AFBC, larger)) == ()
    assert frame(both(AFBC), **laid(AFBC, larger)) == set()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"offset": 8192 + 64}, "plane-offset"),
        ({"offset": 8192 + 4096}, "plane-offset"),
        ({"offset": 4096}, "plane-offset"),
        ({"metadata": 64, "size": 4096 + 64}, "metadata-planes"),
        ({"stride": 256, "size": 4096 + 8192}, "modifier"),
        ({"size": 4096 + 8192}, "modifier"),
    ],
)
def test_macrotiles_lie_where_the_extent_puts_them(change: dict[str, int], kind: str) -> None:
    chroma = MACROTILES[1].model_copy(update=change)
    size = 1 << 16
    assert kind in kinds(
        judged(both(UBWC, "NV12"), **laid(UBWC, MACROTILES[0], chroma, form="NV12", size=size))
    )


def test_nobody_pads_a_derived_layout() -> None:
    strict = both(UBWC, "NV12", stride={"multiple": 256})
    assert kinds(judged(strict, **laid(UBWC, *MACROTILES, form="NV12"))) == {"stride-multiple"}
    happens = both(UBWC, "NV12", stride={"multiple": 64})
    assert judged(happens, **laid(UBWC, *MACROTILES, form="NV12")) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"stride": 128}, "metadata-planes"),
        ({"size": 64}, "metadata-planes"),
        ({"offset": 16384 + 64}, "plane-offset"),
        ({"offset": 12288}, "plane-offset"),
    ],
)
def test_control_surfaces_go_with_their_main_plane(change: dict[str, int], kind: str) -> None:
    control = CONTROLLED[1].model_copy(update=change)
    assert kind in kinds(judged(both(CCS), **laid(CCS, CONTROLLED[0], control, size=1 << 16)))


def test_control_surfaces_need_four_tiles_at_once() -> None:
    planes = (Plane(offset=0, stride=256, size=8192), Plane(offset=8192, stride=64, size=4096))
    assert "modifier" in kinds(judged(both(CCS), **laid(CCS, *planes)))


def test_planes_that_belong_together_do_not_lie_apart() -> None:
    apart = (CONTROLLED[0], Plane(offset=0, stride=64, size=4096, dmabuf=1))
    changes = laid(CCS, *apart) | {"size": 20480, "sizes": (16384, 4096), "allocated": 20480}
    assert "plane-buffers" in kinds(judged(both(CCS, dmabufs=[1, 2]), **changes))


def test_a_modifier_says_how_many_planes_there_are() -> None:
    assert kinds(judged(both(CCS), **laid(CCS, CONTROLLED[0]))) == {"format"}


def test_very_wide_images_of_the_older_kind_need_four_tiles_at_once() -> None:
    # 3872 pixels are 121 tiles of 128 bytes; the next multiple of four tiles is 124.
    old, asked = (
        "I915_Y_TILED_CCS",
        pipeline(frame={"size": "3872x32", "written_by": "camera.capture", "read_by": "display.scanout"}),
    )
    size: dict[str, Any] = {"width": 3872, "height": 32, "coded_width": 3872, "coded_height": 32}
    for tiles, wrong in ((121, {"modifier"}), (124, set())):
        control = -(-tiles * 4 // 128) * 128
        planes = (
            Plane(offset=0, stride=tiles * 128, size=tiles * 4096),
            Plane(offset=tiles * 4096, stride=control, size=control * 32),
        )
        assert kinds(judged(both(old), asked, **laid(old, *planes, **size))) == wrong


def test_memory_of_discrete_graphics_comes_in_64_kib() -> None:
    bmg, tile = "I915_4_TILED_BMG_CCS", Plane(offset=0, stride=128, size=4096)
    assert kinds(judged(both(bmg), **laid(bmg, tile))) == {"minimum-size"}
    assert judged(both(bmg), **laid(bmg, tile, size=1 << 16)) == ()


@pytest.mark.parametrize(("height", "kind"), [(24, None), (23, "modifier"), (40, None), (41, "modifier")])
def test_columns_hold_all_rows_within_what_a_port_takes(height: int, kind: str | None) -> None:
    named = f"{SAND}_COL_HEIGHT({height})"
    platform = both(SAND, "NV12", column_height={"min": 2, "times_height": {"min": "1/2", "max": "5/2"}})
    found = kinds(judged(platform, **laid(named, *COLUMNS, form="NV12", size=height * 128)))
    assert (kind in found) if kind else not found


def test_writer_and_reader_must_mean_the_same_columns() -> None:
    # 160 pixels are two columns: at 24 rows the second begins at 3072, at 30 at 3840.
    asked = pipeline(frame={"size": "160x16", "written_by": "camera.capture", "read_by": "display.scanout"})
    size: dict[str, Any] = {"width": 160, "height": 16, "coded_width": 160, "coded_height": 16}
    planes = (
        Plane(offset=0, stride=256, size=(24 + 16) * 128),
        Plane(offset=2048, stride=256, size=(24 + 8) * 128),
    )
    changes = laid(f"{SAND}_COL_HEIGHT(24)", *planes, form="NV12", size=2 * 24 * 128, **size)
    assert judged(both(SAND, "NV12"), asked, **changes) == ()
    other = both(SAND, "NV12", column_height={"min": 30})
    assert kinds(judged(other, asked, **changes)) >= {"modifier", "corrupt-read-back"}
    with execute(
        other, [asked], plan(placement(**changes)), pretended := SimulatedBoard(other)
    ) as allocation:
        assert "corrupt-read-back" in kinds(run_frame(pretended, [asked], allocation))


@pytest.mark.parametrize(
    ("planes", "size", "kind"),
    [
        ((COLUMNS[0], COLUMNS[1].model_copy(update={"offset": 2048 + 128})), 3200, "plane-offset"),
        (COLUMNS, 3071, "minimum-size"),
        ((COLUMNS[0], COLUMNS[1].model_copy(update={"size": 1023})), 3072, "rows"),
    ],
)
def test_planes_of_columns_follow_row_upon_row(planes: tuple[Plane, ...], size: int, kind: str) -> None:
    named = f"{SAND}_COL_HEIGHT(24)"
    assert kind in kinds(judged(both(SAND, "NV12"), **laid(named, *planes, form="NV12", size=size)))


def test_a_pipeline_may_name_columns_without_their_height() -> None:
    named = f"{SAND}_COL_HEIGHT(24)"
    changes = laid(named, *COLUMNS, form="NV12")
    wish = {"size": "16x16", "written_by": "camera.capture", "read_by": "display.scanout"}
    for modifiers, wrong in (([SAND], set()), ([named], set()), ([f"{SAND}_COL_HEIGHT(30)"], {"modifier"})):
        asked = pipeline(frame={**wish, "modifiers": modifiers})
        assert kinds(judged(both(SAND, "NV12"), asked, **changes)) == wrong


def test_tails_follow_the_columns() -> None:
    named = f"{SAND}_COL_HEIGHT(24)"
    for more, wrong in ((99, {"tail"}), (100, set())):
        tail = both(SAND, "NV12", tail={"bytes": 100})
        assert kinds(judged(tail, **laid(named, *COLUMNS, form="NV12", size=3072 + more))) == wrong


# Opaque: 16 x 16 x 4 bytes at least, and a heap of which a driver works out the sizes.


def opaque(modifier: str = "INVALID", size: int = 1024, **more: Any) -> dict[str, Any]:
    return {**laid(modifier, form="XR24", size=size), "planes": (), **more}


@pytest.mark.parametrize("modifier", ["INVALID", "ACME_TILED", "ARM_AFBC(16x16,DB)"])
def test_an_opaque_buffer_is_made_by_its_exporter(modifier: str) -> None:
    assert judged(both(modifier, via="drm"), **opaque(modifier)) == ()
    assert frame(both(modifier, via="drm"), **opaque(modifier)) == set()
    assert kinds(judged(both(modifier), **opaque(modifier))) == {"exporter-computes-size"}


def test_no_modifier_means_nothing_to_another_driver() -> None:
    for driver in ("another", None):
        platform = both("INVALID", via="drm", driver=driver)
        assert kinds(judged(platform, **opaque())) == {"modifier"}
        assert frame(platform, **opaque()) == {"corrupt-read-back"}
    assert judged(both("ACME_TILED", via="drm", driver="another"), **opaque("ACME_TILED")) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"size": 1023, "sizes": (1023,)}, "minimum-size"),
        ({"sizes": (512, 512)}, "plane-buffers"),
        ({"planes": (Plane(offset=0, stride=64, size=1024),)}, "modifier"),
        ({"coded_width": 32}, "coded-size"),
        ({"format": None}, "format"),
        ({"format": "NV12"}, "format"),
    ],
)
def test_of_an_opaque_buffer_only_the_size_is_said(change: dict[str, Any], kind: str) -> None:
    assert kind in kinds(judged(both("INVALID", via="drm"), **opaque(**change)))


def test_rules_about_bytes_do_not_bind_what_nobody_can_lay_out() -> None:
    platform = both(
        "INVALID", via="drm", stride={"multiple": 4096}, coded={"multiple": "64x64"}, tail={"bytes": 9}
    )
    assert judged(platform, **opaque()) == ()
    assert kinds(judged(both("INVALID", via="drm", dmabufs=[2]), **opaque())) == {"plane-buffers"}
    assert kinds(judged(both("INVALID", via="drm", extent={"max": "8x8"}), **opaque())) == {"extent"}


@pytest.mark.parametrize(
    ("changes", "moved"),
    [
        # 64 bytes of header and half of 1024.
        (laid(AFBC, SUPERBLOCK), 64 + 512),
        # The control surface in full, half of the main plane.
        (laid(CCS, *CONTROLLED), 4096 + 8192),
        (laid("ARM_AFBC(16x16,USM)", SUPERBLOCK), 1088),
        (laid("LINEAR", Plane(offset=0, stride=64, size=1024)), 1024),
        # Half of an opaque one's bound, rounded up.
        (opaque("AMD(GFX10,64K_R_X,DCC)", size=1025), 513),
    ],
)
def test_compressed_pixels_count_half_in_what_is_moved(changes: dict[str, Any], moved: int) -> None:
    made: Placement = placement(**changes)
    assert moved_bytes(made) == moved
