"""What people want when they do not say it, on the boards that are really there."""

from __future__ import annotations

from typing import Any, Final

import pytest

import heapwright
from heapwright import Plan
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.schema import Memory, Platform
from heapwright.solver.answer.plan import Infeasible, Placement
from heapwright.solver.objective import NAMES
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.terms import Options
from tests.examples import BOARDS, PORTABLE, board, portable

QUIET: Final = Options(explain=False)
YTR: Final = "ARM_AFBC(16x16,SPARSE,YTR)"


def asked(**buffers: dict[str, Any]) -> tuple[Pipeline]:
    data = {"schema": "heapwright/pipeline/1", "name": "wish", "buffers": buffers}
    return (Pipeline.model_validate(data),)


def plan(platform: Platform, pipelines: tuple[Pipeline, ...], **question: Any) -> Plan | None:
    found = heapwright.solve(platform, pipelines, options=QUIET, **question)
    assert isinstance(found, Plan | Infeasible)
    if isinstance(found, Infeasible):
        return None
    assert judge(platform, pipelines, found, live=question.get("live", ())) == ()
    return found


def only(found: Plan | None) -> Placement:
    assert found is not None
    [placement] = found.placements
    return placement


def near(platform: Platform, placement: Placement, device: str) -> bool:
    """Whether a placement lies in memory of a device's own card."""
    names = platform.heaps[placement.heap].memory
    assert isinstance(names, tuple)
    return all(device in owners(platform.memory[name]) for name in names)


def owners(memory: Memory) -> tuple[str, ...]:
    return (memory.local,) if isinstance(memory.local, str) else memory.local or ()


SCREEN: Final[dict[str, Any]] = {
    "size": "1920x1080",
    "written_by": "gpu.render",
    "read_by": "display.scanout",
}


@pytest.mark.parametrize("name", BOARDS)
def test_what_a_gpu_renders_for_a_display_is_8_bit_rgb(name: str) -> None:
    found = plan(board(name), asked(screen=SCREEN))
    stated = plan(board(name), asked(screen={**SCREEN, "formats": ["XR24", "XB24", "AR24", "AB24"]}))
    assert (found is None) == (stated is None)
    for placement in found.placements if found is not None else ():
        form = pixel_format(placement.format or "")
        assert form is not None
        assert (form.colour, form.depths, form.alpha) == ("rgb", (8, 8, 8), False)


def test_there_are_boards_on_which_a_gpu_renders_for_a_display() -> None:
    assert sum(plan(board(name), asked(screen=SCREEN)) is not None for name in BOARDS) >= 39


CARDS: Final = [
    (name, device)
    for name in BOARDS
    for device, facts in board(name).devices.items()
    if facts.link is not None and any(device in owners(each) for each in board(name).memory.values())
]
"""Boards, and the blocks of their cards that have memory of their own."""
RENDERERS: Final = [(name, each) for name, each in CARDS if board(name).devices[each].kind == "gpu"]
DECODERS: Final = [(name, each) for name, each in CARDS if board(name).devices[each].kind == "video-decoder"]


def test_there_are_cards_that_render_and_cards_that_decode() -> None:
    assert {"amd-dgpu-desktop", "hybrid-laptop", "intel-arc-dgpu", "nvidia-desktop"} <= {
        n for n, _ in RENDERERS
    }
    assert "amd-dgpu-desktop" in {name for name, _ in DECODERS}


@pytest.mark.parametrize(("name", "gpu"), RENDERERS)
def test_a_texture_that_a_card_renders_and_samples_lives_in_its_memory(name: str, gpu: str) -> None:
    texture = {"size": "3840x2160", "written_by": "gpu.render", "read_by": "gpu.sample"}
    found = plan(board(name), asked(texture=texture), pins=[f"texture:device={gpu}"])
    if board(name).devices[gpu].ports["sample"].images:
        assert near(board(name), only(found), gpu)
    else:
        assert found is None, "it takes raw data only"


@pytest.mark.parametrize(("name", "decoder"), DECODERS)
def test_a_bitstream_that_the_processor_writes_stays_in_its_memory(name: str, decoder: str) -> None:
    bits = {"bytes": 1 << 20, "written_by": "cpu.write", "read_by": "video-decoder.bitstream"}
    placement = only(plan(board(name), asked(bits=bits)))
    assert not near(board(name), placement, decoder)


def test_prime_renders_in_the_card_s_memory_and_copies_for_the_panel() -> None:
    # The card's link carries what is copied once, not what is rendered, which counts three times.
    platform, panel = board("hybrid-laptop"), {**SCREEN, "read_by": "display@eDP-1.scanout"}
    found = plan(platform, asked(screen=panel), pins=["screen:device=dgpu"])
    assert found is not None
    [conversion] = found.conversions
    assert (conversion.device, conversion.changes, conversion.lossless) == ("dgpu", ("memory",), True)
    rendered, shown = found.placements
    assert near(platform, rendered, "dgpu")
    assert not near(platform, shown, "dgpu")
    levels = {level.term: level.value for level in found.levels}
    assert (levels["lossy-conversions"], levels["conversion-bytes"]) == (0, 0)
    direct = plan(platform, asked(screen={**panel, "conversions": "forbid"}), pins=["screen:device=dgpu"])
    assert only(direct).heap == "system"
    assert {level.term: level.value for level in direct.levels if direct}["load"] > levels["load"]


def test_a_copy_of_a_chip_without_a_card_is_paid_in_bytes() -> None:
    # The APU has memory of its own as well, but no link: nothing it copies is nearer.
    found = plan(board("amd-apu-laptop"), asked(screen=SCREEN))
    assert found is not None
    assert found.conversions == ()


SENT: Final[dict[str, Any]] = {"bytes": 16 << 20, "written_by": "gpu.render", "read_by": "nic.send"}


@pytest.mark.parametrize(("name", "gpu"), [("amd-dgpu-desktop-rdma", "gfx"), ("rdma-mlx5", "gpu0")])
def test_a_nic_reads_the_memory_of_a_card_that_it_reaches(name: str, gpu: str) -> None:
    assert near(board(name), only(plan(board(name), asked(sent=SENT))), gpu)


def test_a_nic_that_does_not_reach_the_card_reads_system_memory() -> None:
    placement = only(plan(board("amd-dgpu-desktop-rdma-intel"), asked(sent=SENT)))
    assert not near(board("amd-dgpu-desktop-rdma-intel"), placement, "gfx")


DECODED: Final[dict[str, dict[str, Any]]] = {
    "decoded": {"size": "1366x768", "written_by": "video-decoder.frame", "read_by": "2d.source"},
    "shown": {"size": "1366x768", "written_by": "2d.target", "read_by": "display.scanout"},
}


def held(platform: Platform) -> tuple[Placement, ...]:
    """A buffer that exists already and holds 60 % of the CMA."""
    size = platform.memory["cma"].size
    assert isinstance(size, int)
    kept = {"bytes": size * 3 // 10, "written_by": "cpu.write", "read_by": "video-decoder.bitstream"}
    found = plan(platform, asked(kept=kept), pins=["kept:heap=cma"])
    assert only(found).count * only(found).allocated * 10 >= size * 6
    return (only(found),)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a buffer that holds 60 % of the CMA"])
def test_rk3588_scales_a_film_with_rga3_in_system_memory(*, beside: bool) -> None:
    # RGA2 sees 32 bits and so wants the CMA, of 32 MiB; RGA3 has page tables.
    platform = board("rk3588")
    found = plan(platform, asked(**DECODED), live=held(platform) if beside else ())
    assert found is not None
    assert {placement.heap for placement in found.placements} == {"system"}
    devices = {each.device for placement in found.placements for each in placement.attachments}
    assert {name for name in devices if name.startswith("rga")} == {"rga3-0"}


@pytest.mark.parametrize("name", ["rk3588", "rk3399"])
def test_afbc_has_ytr_where_the_writer_prefers_it_and_the_reader_takes_it(name: str) -> None:
    assert only(plan(board(name), asked(screen=SCREEN))).modifier == YTR


def test_afbc_has_no_ytr_where_the_reader_does_not_take_it() -> None:
    # The VOP2 of RK3588 takes both: without YTR in its list, plain AFBC is next in the writer's order.
    platform = board("rk3588")
    ports = platform.devices["vop2"].ports
    rules = tuple(
        rule.model_copy(update={"modifiers": tuple(each for each in rule.modifiers if "YTR" not in each)})
        for rule in ports["scanout"].images
    )
    assert rules != ports["scanout"].images
    scanout = ports["scanout"].model_copy(update={"images": tuple(rule for rule in rules if rule.modifiers)})
    vop2 = platform.devices["vop2"].model_copy(update={"ports": {**ports, "scanout": scanout}})
    plain = platform.model_copy(update={"devices": {**platform.devices, "vop2": vop2}})
    assert only(plan(plain, asked(screen=SCREEN))).modifier == "ARM_AFBC(16x16,SPARSE)"


@pytest.mark.parametrize("path", PORTABLE, ids=lambda path: path.stem)
def test_no_heap_of_a_device_that_takes_no_part_wins_a_tie(path: Any) -> None:
    """Wherever one is taken, every other heap costs more at a level before whose allocator it is, or will not do."""
    levels = slice(0, NAMES.index("exporter"))
    for name in BOARDS:
        platform, pipelines = board(name), portable(path)
        found = heapwright.solve(platform, pipelines, options=QUIET)
        for placement in found.placements if isinstance(found, Plan) else ():
            exporter = platform.heaps[placement.heap].exporter
            if (
                exporter in (None, *(each.device for each in placement.attachments))
                or ">" in placement.buffer
            ):
                continue
            mine = [level.value for level in found.levels[levels]]
            for heap in sorted(set(platform.heaps) - {placement.heap}):
                pin = f"{placement.pipeline}/{placement.buffer}:heap={heap}"
                other = heapwright.solve(platform, pipelines, options=QUIET, pins=[pin])
                if isinstance(other, Plan) and platform.heaps[heap].exporter is None:
                    assert [level.value for level in other.levels[levels]] > mine, (
                        name,
                        placement.buffer,
                        heap,
                    )
