"""What displays, converters and GPUs of every shipped board can do with a picture, against their drivers' sources.

The tables are written from the sources named beside them, not from the profiles: how many
planes a display shows at once, and by which layouts it shows a picture that is turned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

import heapwright
from heapwright.allocator.judge.board.attachments import JudgedAttachment
from heapwright.allocator.judge.judge import JudgedQuestion
from heapwright.allocator.judge.judge import judge as judged
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.schema import Device, ImageRule, Platform, Port
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.candidates.images import holds
from heapwright.solver.question.pipeline import Pipeline, attachment_from
from tests.answered import answered
from tests.builders import buffer, pipeline
from tests.examples import BOARDS, board
from tests.property.uses import hold

ANGLES = (0, 90, 180, 270)
Takes = Callable[[str, str], bool]
"""Whether a layout (format, modifier) is taken."""


def no(fourcc: str, modifier: str) -> bool:
    return False


def anything(fourcc: str, modifier: str) -> bool:
    return True


def is_rgb(fourcc: str) -> bool:
    """RGB of 16 bits or more: one plane of one pixel a sample, none of it chroma."""
    found = pixel_format(fourcc)
    assert found is not None
    return len(found.planes) == 1 and fourcc not in _PACKED_YUV and found.channels >= 3


_PACKED_YUV = frozenset(
    ["YUYV", "YVYU", "UYVY", "VYUY", "Y210", "Y212", "Y216", "XYUV", "XV30", "YU08", "YU10"]
)


def rgb(fourcc: str, modifier: str) -> bool:
    return is_rgb(fourcc)


def linear_rgb(fourcc: str, modifier: str) -> bool:
    return is_rgb(fourcc) and modifier == "LINEAR"


def afbc(fourcc: str, modifier: str) -> bool:
    return modifier.startswith("ARM_AFBC(")


def y_tiled(fourcc: str, modifier: str) -> bool:
    return modifier == "I915_Y_TILED"


def tiled(fourcc: str, modifier: str) -> bool:
    return modifier != "LINEAR"


class Shown(NamedTuple):
    """A display as its driver has it. `quarter` and `half`: what may be shown turned by 90 or 270, and by 180."""

    planes: int
    cursors: int
    quarter: Takes
    half: Takes
    source: str


NONE = "no rotation property: drm_blend.c drm_plane_create_rotation_property() is not called"
DISPLAYS: dict[tuple[str, str], Shown] = {
    # rockchip_vop_reg.c rk3399_vop_win_data[], rk3399_vop_lit_win_data[]; rockchip_drm_vop.c vop_plane_atomic_check()
    ("rk3399", "vopb"): Shown(3, 1, no, linear_rgb, "win0 and win1 x_mir_en, y_mir_en; no YUV, no AFBC"),
    ("rk3399", "vopl"): Shown(1, 1, no, linear_rgb, "win0 x_mir_en, y_mir_en; no YUV"),
    # rockchip_vop2_reg.c rk3588_vop_win_data[]; rockchip_drm_vop2.c vop2_plane_atomic_update() if (afbc_en)
    ("rk3588", "vop2"): Shown(8, 0, afbc, afbc, "Cluster windows, AFBC alone"),
    # mtk_disp_ovl.c mtk_ovl_layer_check(); mtk_crtc.c mtk_crtc_plane_type(): layers of OVL0 and of OVL_2L0
    ("mt8183", "ovl"): Shown(5, 1, no, rgb, "4 + 2 layers, one of them the cursor"),
    ("mt8195", "ovl"): Shown(3, 1, no, rgb, "4 layers, one of them the cursor"),
    ("mt8195", "ovl-adaptor"): Shown(3, 1, no, no, "mtk_ddp_comp_supported_rotations() without the call: 0"),
    # dpu_8_0_sc8280xp.h sc8280xp_sspp[] 8 pipes, DMA2 and DMA3 cursors; dpu_plane.c dpu_plane_init_common()
    ("sc8280xp-x13s", "dpu"): Shown(6, 2, no, anything, "no DPU_SSPP_INLINE_ROTATION"),
    # tidss_dispc.c .num_vids; J721E's lite planes alone in the variant
    ("am62a7-sk", "dss"): Shown(2, 0, no, no, NONE),
    ("j721e", "dss"): Shown(4, 0, no, no, NONE),
    ("j721e-lite", "dss"): Shown(2, 0, no, no, NONE),
    # lcdif_kms.c lcdif_kms_init()
    ("imx8mp-evk", "lcdif1"): Shown(1, 0, no, no, NONE),
    ("imx8mp-evk", "lcdif2"): Shown(1, 0, no, no, NONE),
    ("imx8mp-evk", "lcdif3"): Shown(1, 0, no, no, NONE),
    # vc4_plane.c vc4_plane_init(), VC4_NUM_OVERLAY_PLANES 16, and a primary and a cursor for each of two displays
    ("rpi4-bcm2711", "hvs5"): Shown(18, 2, no, anything, "ROTATE_180"),
    ("rpi5-bcm2712", "hvs6"): Shown(18, 2, no, anything, "ROTATE_180"),
    # kirin_ade_reg.h ADE_CH_NUM; the out-of-tree kirin9xx_drm_dpe_utils.h DSS_CH_NUM
    ("hikey-hi6220", "ade"): Shown(1, 0, no, no, NONE),
    ("hikey960-kirin960", "dpe"): Shown(1, 0, no, no, NONE),
    # ltdc.c ltdc_get_caps() plane_rotation; layers told by the hardware: 2 (MP15), 3 (MP25)
    ("stm32mp15", "ltdc"): Shown(2, 0, no, no, NONE),
    ("stm32mp25", "ltdc"): Shown(3, 0, no, anything, "REFLECT_X and REFLECT_Y"),
    # sun4i_backend.h SUN4I_BACKEND_NUM_LAYERS; sun8i_mixer.c sun8i_h3_mixer0_cfg 1 VI + 3 UI
    ("allwinner-a20", "de1-frontend"): Shown(4, 0, no, no, NONE),
    ("allwinner-h3", "de2-mixer"): Shown(4, 0, no, no, NONE),
    # exynos_mixer.c plane_configs[] without the video layer
    ("exynos5", "mixer"): Shown(1, 1, no, no, NONE),
    # rcar_du_drv.c rcar_du_r8a7795_info .num_rpf
    ("rcar-gen3", "du"): Shown(5, 0, no, no, NONE),
    # dc.c tegra_dc_add_planes(), tegra_primary_plane_create(); hub.c tegra_shared_plane_create(), tegra194_dc_wgrps[]
    ("tegra-jetson", "dc"): Shown(3, 1, no, anything, "ROTATE_180"),
    ("tegra-jetson-xavier", "dc"): Shown(6, 1, no, no, NONE),
    # skl_universal_plane.c skl_universal_plane_create(), skl_plane_check_fb(); intel_display_device.c num_sprites
    ("intel-laptop", "display"): Shown(7, 1, y_tiled, anything, "display 12"),
    ("intel-laptop-mtl", "display"): Shown(5, 1, no, anything, "display 14: 0 and 180"),
    ("intel-arc-dgpu", "display"): Shown(5, 1, no, anything, "display 13: 0 and 180"),
    ("hybrid-laptop", "igpu-display"): Shown(7, 1, y_tiled, anything, "display 12"),
    # amdgpu_dm_plane.c amdgpu_dm_plane_init(); DML: dm_sw_linear is not read in a vertical scan
    ("hybrid-laptop", "dgpu-display"): Shown(2, 1, tiled, anything, "0, 90, 180, 270"),
    ("amd-apu-laptop", "dcn"): Shown(2, 1, tiled, anything, "0, 90, 180, 270"),
    ("amd-dgpu-desktop", "dcn"): Shown(3, 1, tiled, anything, "0, 90, 180, 270"),
    # nouveau: no property. virtgpu_plane.c, udl_modeset.c: one plane, no property. vkms_plane.c: all of them
    ("nvidia-desktop", "disp"): Shown(1, 1, no, no, NONE),
    ("qemu-virt-arm64", "virtio-gpu"): Shown(1, 1, no, no, NONE),
    ("part-udl", "udl"): Shown(1, 0, no, no, NONE),
    ("v4l2-capture-pc", "vkms"): Shown(1, 1, anything, anything, "drm_rotation_simplify() of all"),
    # made-up panels
    ("acme-one", "panel"): Shown(2, 0, no, no, "invented"),
    ("tee-protected", "panel"): Shown(2, 0, no, no, "invented"),
}


def shown(name: str, device: str) -> Shown:
    """The table's line for a display of a board, which its variants share."""
    of_device = {at: line for (at, each), line in DISPLAYS.items() if each == device}
    mine = [at for at in of_device if name == at or name.startswith(f"{at}-")]
    return of_device[max(mine, key=len) if mine else "part-udl"]


SCREENS = [
    pytest.param(name, device, id=f"{name}-{device}")
    for name in BOARDS
    for device, spec in board(name).devices.items()
    if spec.kind == "display" and "scanout" in spec.ports
]


def test_the_table_has_every_display_and_no_other() -> None:
    lines = {id(shown(*each.values)) for each in SCREENS}  # type: ignore[arg-type]
    assert lines == {id(line) for line in DISPLAYS.values()}


def used(angle: int, port: str = "display.scanout") -> Any:
    use = pipeline(frame=buffer(read_by={"port": port, "rotate": angle})).buffers["frame"].read_by[0]
    return attachment_from(use, "read")  # type: ignore[arg-type]


def admitted(port: Port, angle: int) -> set[tuple[str, str]]:
    """Every layout that some rule takes of a picture turned so, by the solver's reading."""
    use = used(angle)
    rules = [rule for rule in port.images if any(holds(rule, port, each) for each in _plain_or_not(use))]
    return layouts(rules)


def _plain_or_not(use: Any) -> Iterator[Any]:
    for crop in (None, "8x8+0+0"):
        for scale in (None, "8x8"):
            yield use._replace(crop=crop, scale=scale)


def layouts(rules: list[ImageRule]) -> set[tuple[str, str]]:
    return {(fourcc, modifier) for rule in rules for fourcc in rule.formats for modifier in rule.modifiers}


@pytest.mark.parametrize(("name", "device"), SCREENS)
def test_a_display_turns_what_its_driver_turns(name: str, device: str) -> None:
    line = shown(name, device)
    port = board(name).devices[device].ports["scanout"]
    every = layouts(list(port.images))
    assert admitted(port, 0) == every  # whatever is turned is shown upright, too
    for angle in (90, 270):
        assert not [each for each in admitted(port, angle) if not line.quarter(*each)]
    assert not [each for each in admitted(port, 180) if not line.half(*each)]
    # And what the driver turns is turned, by one layout at least.
    for takes, angle in ((line.quarter, 90), (line.quarter, 270), (line.half, 180)):
        assert bool([each for each in every if takes(*each)]) == bool(admitted(port, angle))


@pytest.mark.parametrize(("name", "device"), SCREENS)
def test_solver_judge_and_a_third_reading_take_the_same_turned_pictures(name: str, device: str) -> None:
    platform = board(name)
    port = platform.devices[device].ports["scanout"]
    for angle in ANGLES:
        request = pipeline(frame=buffer(read_by={"port": "display.scanout", "rotate": angle}))
        case = JudgedQuestion(JudgedPlatform(platform), [request])
        _, (user,) = case.requested[0].users
        rules = [rule for rule in port.images if holds(rule, port, used(angle))]
        assert [id(rule) for rule in hold(port, user)] == [id(rule) for rule in rules]
        attachment = JudgedAttachment(case.of.devices[device], "scanout", port, False)
        taken = {
            (fourcc, modifier)
            for fourcc, modifier in layouts(list(port.images))
            if case.of.ports.fitting(attachment, user, fourcc, modifier, None)[1] is None
        }
        assert taken == layouts(rules)


def test_at_a_quarter_turn_vop2_reads_whole_groups_of_64_pixels() -> None:
    # rockchip_drm_vop2.c vop2_plane_atomic_check(): (pitches[0] << 3) / vop2_get_bpp() % 64 must be 0.
    bits = {"XR24": 32, "AR24": 32, "XB24": 32, "AB24": 32, "XR30": 32, "XB30": 32, "RG24": 24, "BG24": 24}
    bits |= {"RG16": 16, "BG16": 16, "YUYV": 16, "Y210": 32, "YU08": 12, "YU10": 15}
    port = board("rk3588").devices["vop2"].ports["scanout"]
    turned = [rule for rule in port.images if holds(rule, port, used(90))]
    assert {fourcc for rule in turned for fourcc in rule.formats} == bits.keys()
    for rule in turned:
        for fourcc in rule.formats:
            assert rule.stride.multiple == 64 * bits[fourcc] // 8


WRITERS = ("cpu.write", "gpu.render", "video-decoder.frame", "camera.capture")


UNSEEN = {"exynos5-nosysmmu"}
"""Boards on which nobody writes what the display shows: no heap of whole runs that the CPU maps."""


@cache
def writer(name: str, device: str) -> str | None:
    """Who can write what the display shows, without a conversion."""
    for port in WRITERS:
        if answered(board(name), [pictures(port, 1, device)], pins=_pins(device)) is not None:
            return port
    assert name in UNSEEN, f"nobody on {name} writes what {device} shows"
    return None


def pictures(port: str, number: int, device: str, **facts: Any) -> Pipeline:
    size = "640x480" if device == "udl" else "128x128"
    frame = buffer(size=size, written_by=port, **facts)
    return pipeline(**{f"f{each:02}": frame for each in range(number)})


def _pins(device: str) -> list[str]:
    return [f"f00:device={device}"]


def refused(name: str, device: str, number: int) -> None:
    """So many pictures at once are too many for a display, and the conflict says how many planes it has."""
    by = writer(name, device)
    if by is None:
        return
    answer = heapwright.solve(
        board(name),
        [pictures(by, number, device)],
        pins=_pins(device),
        options=heapwright.Options(explain=False),  # no remedies; the conflict is there all the same
    )
    assert isinstance(answer, Infeasible)
    planes = shown(name, device).planes
    assert any(f"there are {planes}" in reason.text for reason in answer.conflict), answer.conflict


@pytest.mark.parametrize(("name", "device"), SCREENS)
def test_a_display_has_as_many_planes_and_cursors_as_its_driver(name: str, device: str) -> None:
    line, port = shown(name, device), board(name).devices[device].ports
    assert port["scanout"].how_many == line.planes
    assert (port["cursor"].how_many if "cursor" in port else 0) == line.cursors


@pytest.mark.parametrize(("name", "device"), SCREENS)
def test_a_picture_more_than_a_display_has_planes_is_refused(name: str, device: str) -> None:
    refused(name, device, shown(name, device).planes + 1)


@pytest.mark.long
@pytest.mark.parametrize(("name", "device"), SCREENS)
def test_forty_pictures_are_more_than_a_display_has_planes(name: str, device: str) -> None:
    refused(name, device, 40)


@pytest.mark.parametrize("name", BOARDS)
def test_rendered_pictures_are_scanned_out_sideways_only_as_the_driver_does_it(name: str) -> None:
    platform = board(name)
    for angle in (90, 270):
        request = pipeline(
            frame=buffer(
                size="640x480", written_by="gpu.render", read_by={"port": "display.scanout", "rotate": angle}
            )
        )
        answer = heapwright.solve(platform, [request])
        if isinstance(answer, Infeasible):
            kinds = {reason.kind for reason in answer.conflict}
            assert kinds & {"missing-device", "modifier-side-condition", "modifier", "format"}
            continue
        assert isinstance(answer, Plan)
        assert judged(platform, [request], answer) == ()
        (placement,) = answer.placements
        screen = next(each.device for each in placement.attachments if each.port == "scanout")
        assert shown(name, screen).quarter(placement.format or "", placement.modifier or "")


def test_a_quarter_turn_that_nobody_does_is_refused_in_words() -> None:
    turned = {"port": "display.scanout", "rotate": 90}
    request = pipeline(frame=buffer(size="640x480", formats=["XR24"], written_by="cpu.write", read_by=turned))
    answer = heapwright.solve(board("am62a7-sk"), [request])
    assert isinstance(answer, Infeasible)
    assert [reason.text for reason in answer.conflict] == ["dss.scanout has no rule for frame rotated by 90"]


def turning(name: str) -> Iterator[tuple[str, Device, str]]:
    """Who turns pictures by itself on a board: GPUs by a texture coordinate, the CPU, RGA2, MDP3."""
    for device, spec in board(name).devices.items():
        for port in ("sample", "source", "read", "frame"):
            drivers = ("rockchip-rga RGA2", "mtk-mdp3")
            reads = spec.kind in ("gpu", "cpu") or spec.driver in drivers
            if port in spec.ports and spec.ports[port].images and reads:
                yield device, spec, port


@pytest.mark.parametrize("name", BOARDS)
def test_who_turns_by_a_texture_coordinate_or_a_control_takes_all_angles_alike(name: str) -> None:
    for _, spec, _ in turning(name):
        for port in spec.ports.values():
            every = layouts(list(port.images))
            assert all(admitted(port, angle) == every for angle in ANGLES)


@pytest.mark.parametrize("name", [each for each in BOARDS if any(turning(each))])
def test_their_plans_are_the_same_at_a_quarter_turn(name: str) -> None:
    platform = board(name)
    for device, spec, port in turning(name):
        if spec.kind == "cpu":
            continue
        plans = [_sampled(platform, spec.kind, port, device, angle) for angle in (0, 90)]
        assert plans[0] == plans[1]


def _sampled(platform: Platform, kind: str, port: str, device: str, angle: int) -> Any:
    request = pipeline(
        frame=buffer(
            size="640x480", written_by="cpu.write", read_by={"port": f"{kind}.{port}", "rotate": angle}
        )
    )
    answer = heapwright.solve(platform, [request], pins=[f"frame:device={device}"])
    return answer.placements if isinstance(answer, Plan) else [reason.kind for reason in answer.conflict]


HALF_TURNERS = {"mxc-isi", "bcm2835-codec (downstream)", "pispbe", "vim2m", "vkms"}
"""HFLIP and VFLIP together are 180."""
QUARTER_TURNERS = {"rockchip-rga RGA2", "mtk-mdp3", "wave5", "rockchipdrm VOP2", "i915", "amdgpu", "vkms"}


@pytest.mark.parametrize("name", BOARDS)
def test_nobody_else_turns_by_a_quarter(name: str) -> None:
    for device, spec in board(name).devices.items():
        for title, port in spec.ports.items():
            turned = admitted(port, 90) | admitted(port, 270)
            if turned and spec.kind not in ("gpu", "cpu"):
                assert spec.driver in QUARTER_TURNERS, (device, title)
                assert spec.kind != "video-decoder"
