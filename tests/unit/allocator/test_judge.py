"""The judge on plans made by hand: the good one passes, each bad one is caught by its kind."""

from __future__ import annotations

from errno import EINVAL, ENOENT, ENOMEM
from typing import Any

import pytest

from heapwright.allocator.judge.judge import judge
from heapwright.solver.answer.plan import AttachedPort, Dropped, Plane
from tests.builders import board, buffer, device, heap, image, memory, pipeline, port
from tests.unit.allocator import plans_by_hand
from tests.unit.allocator.plans_by_hand import CAMERA, PANEL, judged, kinds, placement, plan, read


def with_panel(**facts: Any) -> dict[str, Any]:
    return {"devices": {"panel": device("display", scanout=port(image(**facts)))}}


def test_the_usual_plan_is_fine() -> None:
    assert judged() == ()


def test_attachments_may_come_in_any_order() -> None:
    assert judged(attachments=(PANEL, CAMERA)) == ()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"heap": "nowhere"}, "heap-limits"),
        ({"names": ("linux,cma",)}, "heap-limits"),
        ({"format": "NV12"}, "format"),
        ({"format": None}, "format"),
        ({"modifier": "VIVANTE_TILED"}, "modifier"),
        ({"modifier": "ARM_AFBC(16x16)"}, "modifier"),
        ({"modifier_value": "0x1"}, "modifier"),
        ({"width": 15}, "extent"),
        ({"coded_height": 15}, "coded-size"),
        ({"allocated": 8192}, "allocated"),
        ({"count": 1}, "count"),
        ({"count": 3}, "count"),
        ({"rate": 30}, "rate"),
        ({"size": 1023}, "plane-buffers"),
        ({"sizes": (512, 512)}, "plane-buffers"),
        ({"sizes": ()}, "plane-buffers"),
        ({"attachments": (CAMERA,)}, "missing-device"),
        ({"attachments": (CAMERA, CAMERA)}, "missing-device"),
        ({"attachments": (CAMERA, read("nobody", "scanout"))}, "missing-device"),
        (plans_by_hand.image(stride=60), "stride-range"),
        (plans_by_hand.image(rows=15), "rows"),
        ({"planes": (Plane(offset=0, stride=64, size=1000),)}, "rows"),
        ({"planes": (Plane(offset=64, stride=64, size=1024),)}, "plane-buffers"),
        ({"planes": (Plane(offset=0, stride=64, size=1024, dmabuf=1),)}, "plane-buffers"),
        ({"size": 1000, "sizes": (1000,)}, "minimum-size"),
    ],
)
def test_a_plan_that_contradicts_itself_or_the_question(changes: dict[str, Any], kind: str) -> None:
    assert kind in kinds(judged(**changes))


def test_a_plan_for_another_question() -> None:
    assert kinds(judge(board(), [pipeline()], plan(platform="elsewhere"))) == {"platform"}
    assert kinds(judge(board(), [pipeline()], plan(pipelines=("other",)))) == {"pipelines"}
    assert kinds(judge(board(), [pipeline()], plan(placement(), placement()))) == {"placements"}
    assert kinds(judge(board(), [pipeline()], plan(placement(buffer="other")))) == {"placements"}


def test_a_wish_that_is_not_granted_must_be_said() -> None:
    asked = pipeline(frame=buffer(count={"min": 2, "wish": 3}))
    said = Dropped(buffer="frame", pipeline="test", wish=3, granted=2, text="")
    assert kinds(judge(board(), [asked], plan())) == {"dropped"}
    assert judge(board(), [asked], plan(dropped=(said,))) == ()


def test_scattered_pages_for_a_device_without_iommu() -> None:
    # 1024 bytes are one page of 4096, so the run of a page is enough; 8192 bytes are two.
    platform = board(
        heaps={"system": heap("dram", run="4KiB")},
        devices={"panel": device("display", dma={}, scanout=port())},
    )
    assert judged(platform) == ()
    large = pipeline(frame=buffer(size="16x128"))
    changes = {"height": 128, "coded_height": 128, "allocated": 8192, **plans_by_hand.image(rows=128)}
    [fault] = judged(platform, large, **changes)
    # A display imports by DRM, which says EINVAL (drm_gem_dma_helper.c).
    assert (fault.kind, fault.errno, fault.device) == ("contiguous-memory", EINVAL, "panel")
    assert fault.text == "only the first 4096 of 8192 bytes are contiguous"


def test_segments_cut_runs() -> None:
    # A run of 8192 bytes is two entries for a device whose segments end at 4096.
    large = pipeline(frame=buffer(size="16x128"))
    changes = {"height": 128, "coded_height": 128, "allocated": 8192, **plans_by_hand.image(rows=128)}

    def with_segments(number: int) -> set[str]:
        dma = {"segments": number, "segment_size": 4096}
        platform = board(devices={"panel": device("display", dma=dma, scanout=port())})
        return kinds(judged(platform, large, **changes))

    assert with_segments(1) == {"contiguous-memory"}
    assert with_segments(2) == set()


def test_a_run_must_not_cross_a_boundary() -> None:
    large = pipeline(frame=buffer(size="16x128"))
    changes = {"height": 128, "coded_height": 128, "allocated": 8192, **plans_by_hand.image(rows=128)}
    panel = device("display", dma={"boundary": 8192}, scanout=port())
    crossing = board(devices={"panel": panel})
    aligned = board(devices={"panel": panel}, heaps={"system": heap("dram", align="8KiB")})
    inside = board(devices={"panel": panel}, memory={"dram": memory("8KiB")}, heaps={"system": heap("dram")})
    assert kinds(judged(crossing, large, **changes)) == {"contiguous-memory"}
    assert judged(aligned, large, **changes) == ()
    assert kinds(judged(inside, large, **changes)) == {"capacity"}


def test_stride_mismatch_is_read_back_corrupt() -> None:
    # The panel rounds 64 up to 96, so its second row starts in the middle of the camera's.
    faults = judged(board(**with_panel(stride={"multiple": 96})))
    assert kinds(faults) == {"stride-multiple", "corrupt-read-back", "tail"}
    assert {fault.device for fault in faults} == {"panel"}


def test_a_driver_that_computes_its_own_chroma_offset_reads_garbage() -> None:
    # Chroma at 16 × 16 = 256 in the plan; this driver looks at 16 × 32 = 512.
    devices = {
        "camera": device("camera", capture=port(image("NV12"))),
        "panel": device("display", scanout=port(image("NV12", implied_offset={"rows": {"multiple": 32}}))),
    }
    assert kinds(judged(board(devices=devices), **plans_by_hand.nv12())) == {
        "implied-plane-offset",
        "corrupt-read-back",
        "tail",
    }
    assert judged(board(devices=devices), **plans_by_hand.nv12(at=512)) == ()


@pytest.mark.parametrize(
    ("rule", "layout", "kind"),
    [
        (
            {"stride": {"pixels": {"group": 3, "bytes": 16}}},
            plans_by_hand.image(stride=80),
            "stride-multiple",
        ),
        ({"stride": {"set": [96, 128]}}, plans_by_hand.image(), "stride-set"),
        ({"stride": {"power_of_two": True}}, plans_by_hand.image(stride=96), "stride-set"),
        ({"stride": {"exact": {"width_multiple": 32}}}, plans_by_hand.image(), "stride-exact"),
        ({"stride": {"fixed": True}}, plans_by_hand.image(stride=68), "stride-exact"),
        ({"stride": {"min": 128}}, plans_by_hand.image(), "stride-range"),
        ({"stride": {"max": 60}}, plans_by_hand.image(), "stride-range"),
        ({"stride": {"max_pixels": 16}}, plans_by_hand.image(stride=68), "stride-range"),
        ({"stride": {"beyond": {"bytes": 32, "multiple": 48}}}, plans_by_hand.image(), "stride-range"),
        ({"rows": {"multiple": 10}}, plans_by_hand.image(), "rows"),
        ({"extent": {"min": "32x8"}}, plans_by_hand.image(), "extent"),
        ({"extent": {"max": "8x32"}}, plans_by_hand.image(), "extent"),
        ({"extent": {"multiple": "3x1"}}, plans_by_hand.image(), "extent"),
        ({"dmabufs": [2]}, plans_by_hand.image(), "plane-buffers"),
        ({"tail": {"bytes": 1}}, plans_by_hand.image(), "tail"),
        ({"tail": {"per_block": {"of": "16x16", "bytes": 8}}}, plans_by_hand.image(), "tail"),
        ({"tail": {"at_least_stride_or": 32}}, plans_by_hand.image(), "tail"),
        ({"minimum": {"rows_multiple": 32}}, plans_by_hand.image(), "minimum-size"),
        ({"colours": ["bt709"]}, plans_by_hand.image(), "colour-space"),
        ({"when": {"rotate": [90]}}, plans_by_hand.image(), "modifier-side-condition"),
        ({"when": {"codec": ["h264"]}}, plans_by_hand.image(), "modifier-side-condition"),
        ({"when": {"crop": True}}, plans_by_hand.image(), "modifier-side-condition"),
        ({"when": {"scale": True}}, plans_by_hand.image(), "modifier-side-condition"),
    ],
)
def test_a_port_that_cannot_take_the_layout(rule: dict[str, Any], layout: dict[str, Any], kind: str) -> None:
    faults = judged(board(**with_panel(**rule)), **layout)
    assert kind in kinds(faults)
    assert {fault.device for fault in faults} == {"panel"}


@pytest.mark.parametrize(
    "rule",
    [
        {"stride": {"pixels": {"group": 4, "bytes": 16}}},
        {"stride": {"set": [32, 64]}},
        {"stride": {"power_of_two": True, "min": 64, "max": 64, "max_pixels": 16}},
        {"stride": {"exact": {"width_multiple": 8}}},
        {"stride": {"beyond": {"bytes": 64, "multiple": 48}, "multiple": "unknown"}},
        {"rows": {"multiple": 8}, "offset": {"multiple": 64}},
        {"extent": {"min": "16x16", "max": "16x16", "multiple": "8x8"}},
        {"minimum": {"rows_multiple": 8}},
        {"when": {"rotate": [0], "crop": False, "scale": False}},
    ],
)
def test_a_port_that_can_just_take_the_layout(rule: dict[str, Any]) -> None:
    assert judged(board(**with_panel(**rule))) == ()


def _nv12_board(**rule: Any) -> Any:
    devices = {
        "camera": device("camera", capture=port(image("NV12", dmabufs=[1, 2]))),
        "panel": device("display", scanout=port(image("NV12", dmabufs=[1, 2], **rule))),
    }
    return board(devices=devices)


@pytest.mark.parametrize(
    ("rule", "layout", "kind"),
    [
        ({}, plans_by_hand.nv12(), None),
        ({}, plans_by_hand.nv12(chroma=32), "plane-strides"),
        ({"stride": {"planes": "equal"}}, plans_by_hand.nv12(), None),
        ({"stride": {"planes": "equal"}}, plans_by_hand.nv12(chroma=32), "plane-strides"),
        ({"stride": {"planes": "halved"}}, plans_by_hand.nv12(), "plane-strides"),
        ({"offset": {"multiple": 256}}, plans_by_hand.nv12(), None),
        ({"offset": {"multiple": 512}}, plans_by_hand.nv12(), "plane-offset"),
        ({}, plans_by_hand.nv12(at=200), "plane-offset"),
        ({"tail": {"bytes": 8, "per_plane": True}}, plans_by_hand.nv12(tail=8), "tail"),
        ({"tail": {"bytes": 8, "per_plane": True}}, plans_by_hand.nv12(at=264, tail=8), None),
        ({"tail": {"rows": 2, "per_plane": True}}, plans_by_hand.nv12(at=288, tail=16), None),
        ({"tail": {"rows": 2}}, plans_by_hand.nv12(tail=32), None),
        ({"tail": {"rows": 2}}, plans_by_hand.nv12(tail=31), "tail"),
        ({}, plans_by_hand.nv12(apart=True), None),
        ({"tail": {"bytes": 8}}, plans_by_hand.nv12(apart=True, tail=8), "tail"),
    ],
)
def test_planes(rule: dict[str, Any], layout: dict[str, Any], kind: str | None) -> None:
    found = kinds(judged(_nv12_board(**rule), **layout))
    assert found == set() if kind is None else kind in found


def test_tiles_are_whole() -> None:
    # VIVANTE_TILED: 4x4 pixels, so an 18x18 image takes 20x20: 80 bytes a row, 20 rows.
    devices = {
        "camera": device("camera", capture=port(image(modifiers=["VIVANTE_TILED"]))),
        "panel": device("display", scanout=port(image(modifiers=["VIVANTE_TILED"]))),
    }
    asked = pipeline(frame=buffer(size="18x18"))
    changes: dict[str, Any] = {"modifier": "VIVANTE_TILED", "modifier_value": f"{0x06 << 56 | 1:#x}"}
    changes |= {"width": 18, "height": 18, "coded_width": 18, "coded_height": 18}
    assert judged(board(devices=devices), asked, **changes, **plans_by_hand.image(stride=80, rows=20)) == ()
    assert "modifier" in kinds(
        judged(board(devices=devices), asked, **changes, **plans_by_hand.image(stride=72, rows=20))
    )
    assert "modifier" in kinds(
        judged(board(devices=devices), asked, **changes, **plans_by_hand.image(stride=80, rows=18))
    )


def test_a_coded_size_is_the_writers() -> None:
    devices = {"camera": device("camera", capture=port(image(coded={"multiple": "24x8"})))}
    layout = plans_by_hand.image(stride=96)
    assert judged(board(devices=devices), coded_width=24, **layout) == ()
    assert "coded-size" in kinds(
        judged(board(devices=devices), coded_width=48, **plans_by_hand.image(stride=192))
    )
    assert "coded-size" in kinds(judged(board(devices=devices), **layout))


def test_exhaustion_is_enomem() -> None:
    platform = board(memory={"dram": memory("8KiB")})
    assert judged(platform) == ()
    asked = pipeline(frame=buffer(count=3))
    [fault] = judged(platform, asked, count=3)
    assert (fault.kind, fault.errno) == ("capacity", ENOMEM)


def test_a_heap_that_this_kernel_lacks() -> None:
    [fault] = judged(board(heaps={"system": heap("dram", since="6.13")}))
    assert (fault.kind, fault.errno) == ("heap-limits", ENOENT)


def test_an_address_beyond_the_mask_is_refused_without_a_bounce() -> None:
    # dram ends at 1 GiB = 2^30.
    def with_bits(bits: Any, **dma: Any) -> set[str]:
        return kinds(
            judged(board(devices={"panel": device("display", dma={"bits": bits, **dma}, scanout=port())}))
        )

    assert with_bits(30) == set()
    assert with_bits(29) == {"address-reach"}
    assert with_bits("unknown") == set()
    window = {"base": 0, "size": "1GiB", "offset": "1GiB"}
    assert with_bits(31, window=window) == set()
    assert with_bits(30, window=window) == {"address-reach"}
    assert with_bits(31, window={**window, "size": "512MiB"}) == {"address-reach"}


def test_the_judge_never_takes_luck_for_a_promise() -> None:
    [fault] = judged(board(devices={"panel": device("display", dma={"bits": 20}, scanout=port())}))
    assert (fault.errno, fault.text) == (EINVAL, "DMA addr 0x40000000+0 overflow (mask fffff, bus limit 0).")


def test_an_unprotected_buffer_at_a_protected_port_faults() -> None:
    platform = board(devices={"panel": device("display", scanout=port(protected="required"))})
    [fault] = judged(platform)
    assert (fault.kind, fault.device, fault.errno) == ("protected-port", "panel", None)


def test_who_may_see_protected_content() -> None:
    allowed = {
        "camera": device("camera", capture=port(protected="allowed")),
        "panel": device("display", scanout=port(protected="allowed")),
    }
    closed = heap("dram", cpu="none", access=["camera", "panel"], firewall="static")
    secret = pipeline(frame=buffer(protected=True))
    only_panel = pipeline(frame=buffer(protected={"audience": ["display"]}))
    assert judged(board(devices=allowed, heaps={"system": closed}), secret) == ()
    assert kinds(judged(board(devices=allowed), secret)) == {"protected-needs-firewall"}
    assert "protected-only" in kinds(judged(board(devices=allowed, heaps={"system": closed})))
    assert kinds(judged(board(heaps={"system": closed}), secret)) == {"protected-port"}
    mapped = closed | {"cpu": "cached"}
    assert kinds(judged(board(devices=allowed, heaps={"system": mapped}), secret)) == {
        "protected-needs-firewall"
    }
    narrow = closed | {"access": ["camera"]}
    assert kinds(judged(board(devices=allowed, heaps={"system": narrow}), secret)) == {"outside-firewall"}
    assert kinds(judged(board(devices=allowed, heaps={"system": closed}), only_panel)) == {"audience"}
    labelled = pipeline(
        frame=buffer(protected={"audience": ["display", "camera#1"]}, written_by="camera#1.capture")
    )
    assert judged(board(devices=allowed, heaps={"system": closed}), labelled) == ()


def test_protection_flows_through_a_stage_unless_it_ends_there() -> None:
    def screens(declassifies: bool) -> set[str]:
        target = port(protected="allowed", declassifies=declassifies)
        devices = {
            "camera": device("camera", capture=port(protected="allowed")),
            "panel": device("display", scanout=port(protected="allowed")),
            "blitter": device("2d", source=port(protected="allowed"), target=target),
        }
        closed = heap("tz", cpu="none", access=list(devices))
        platform = board(devices=devices, heaps={"system": heap("dram"), "closed": closed})
        secret = buffer(protected=True, read_by="2d.source")
        asked = pipeline(secret=secret, shown=buffer(written_by="2d.target"))
        blit, out = read("blitter", "source"), plans_by_hand.written("blitter", "target")
        first = placement(buffer="secret", heap="closed", attachments=(CAMERA, blit))
        return kinds(
            judge(platform, [asked], plan(first, placement(buffer="shown", attachments=(out, PANEL))))
        )

    assert screens(declassifies=True) == set()
    assert screens(declassifies=False) == {"protected-needs-firewall"}


def test_one_role_is_one_device() -> None:
    devices = {"other": device("display", scanout=port())}
    asked = pipeline(one=buffer(), two=buffer())
    second = (CAMERA, read("other", "scanout"))
    faults = judge(
        board(devices=devices),
        [asked],
        plan(placement(buffer="one"), placement(buffer="two", attachments=second)),
    )
    assert kinds(faults) == {"device-binding"}


def test_labels_are_different_devices() -> None:
    asked = pipeline(frame=buffer(read_by=["display.scanout", "display#2.scanout"]))
    twice = (CAMERA, PANEL, PANEL)
    assert kinds(judged(board(), asked, count=3, attachments=twice)) == {"device-binding"}
    devices = {"other": device("display", scanout=port())}
    both = (CAMERA, PANEL, read("other", "scanout"))
    assert judged(board(devices=devices), asked, count=3, attachments=both) == ()


def test_connectors_and_codecs_belong_to_the_device() -> None:
    devices = {"panel": device("display", scanout=port(), connectors=["A"], codecs=["h264"])}
    assert judged(board(devices=devices), pipeline(frame=buffer(read_by="display@A.scanout"))) == ()
    assert kinds(judged(board(devices=devices), pipeline(frame=buffer(read_by="display@B.scanout")))) == {
        "missing-device"
    }
    hevc = pipeline(frame=buffer(read_by={"port": "display.scanout", "codec": "hevc"}))
    assert kinds(judged(board(devices=devices), hevc)) == {"missing-device"}


def test_an_alternative_is_recognised() -> None:
    asked = pipeline(frame=buffer(read_by={"any_of": ["gpu.sample", "display.scanout"]}))
    assert judged(board(), asked) == ()


def test_live_buffers_keep_their_room() -> None:
    platform = board(memory={"dram": memory("12KiB")})
    there = placement(pipeline="earlier")
    assert judge(platform, [pipeline()], plan()) == ()
    assert kinds(judge(platform, [pipeline()], plan(), live=[there])) == {"capacity"}


def test_attachments_carry_the_right_access() -> None:
    wrong = AttachedPort(device="panel", port="scanout", access="write")
    assert kinds(judged(attachments=(CAMERA, wrong))) == {"missing-device"}


def test_raw_data_is_bytes() -> None:
    asked = pipeline(frame=buffer(bytes=1000))
    plane = Plane(offset=0, stride=0, size=1000)
    raw: dict[str, Any] = {"format": None, "modifier": None, "modifier_value": None, "width": 0, "height": 0}
    raw |= {"coded_width": 0, "coded_height": 0, "planes": (plane,), "size": 1000, "sizes": (1000,)}
    assert judged(board(), asked, **raw) == ()
    assert kinds(judged(board(), asked, **raw | {"size": 999, "sizes": (999,)})) == {"minimum-size"}
    assert kinds(judged(board(), asked, **raw | {"planes": ()})) == {"plane-buffers"}
    assert kinds(judged(board(), asked, **raw | {"coded_width": 1})) == {"coded-size"}
    assert kinds(judged(board(), asked, **raw | {"format": "XR24"})) == {"format"}
    whole = board(devices={"panel": device("display", scanout=port(bytes={"multiple": 512, "max": 1000}))})
    assert kinds(judged(whole, asked, **raw)) == {"extent"}
