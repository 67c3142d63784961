"""Where a picture begins in its buffer, and which sides it has when it is turned, at displays whose drivers work addresses out."""

from __future__ import annotations

import pytest

from heapwright import solve
from heapwright.platforms.catalog import board_names
from heapwright.platforms.schema import Port
from heapwright.solver.answer.plan import Plan
from tests.examples import board as shipped
from tests.unit.displays.asking import question
from tests.unit.displays.by_source import Shown

FROM_THE_START = {
    ("amdgpu", "cursor"),  # amdgpu_dm_plane_handle_cursor_update(): afb->address
    ("kirin_drm_ade", "scanout"),  # ade_rdma_set(): obj->dma_addr
    ("mediatek-drm", "scanout"),  # mtk_plane_update_new_state(): dma_obj->dma_addr, and the crop
    ("mediatek-drm", "cursor"),
    ("nouveau", "scanout"),  # nv50_wndw_prepare_fb(): asyw->image.offset[0] = nvbo->offset
    ("nouveau", "cursor"),  # curs507a_acquire(): 'Cursor planes do not support framebuffer offsets'
    ("tegra-dc", "cursor"),  # __tegra_cursor_atomic_update(): iova[0]
    ("virtio_gpu", "cursor"),  # virtio_gpu_cursor_plane_update(): the resource from its beginning
}
"""Drivers that show a buffer from its first byte, wherever the framebuffer says that its plane begins."""

PORTS = [
    (board, name, port)
    for board in board_names()
    for name, device in shipped(board).devices.items()
    for port in device.ports
    if (device.driver, port) in FROM_THE_START
]


def shown_by(board: str, name: str, port: str) -> Port:
    return shipped(board).devices[name].ports[port]


def test_every_driver_of_the_table_is_on_a_board() -> None:
    found = {(shipped(board).devices[name].driver, port) for board, name, port in PORTS}
    assert found == FROM_THE_START


@pytest.mark.parametrize(("board", "name", "port"), PORTS)
def test_a_driver_that_adds_no_offset_takes_pictures_from_the_start_of_their_buffer(
    board: str, name: str, port: str
) -> None:
    for rule in shown_by(board, name, port).images:
        assert rule.first_offset == 0, rule


@pytest.mark.parametrize("fourcc", ["NV12", "NV21", "YU12", "YV12"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (639, 480), (640, 479)])
def test_subsampled_yuv_is_turned_by_ltdc_where_its_sides_are_even(
    fourcc: str, width: int, height: int
) -> None:
    # ltdc_plane_atomic_update(): chroma's address moves by (pitch × (height - 2)) / 2 and by (bytes of luma's row) / 2 - 1:
    # of an odd height that is the middle of a row, of an odd width a byte too few.
    shown = {
        angle: isinstance(
            solve(
                shipped("stm32mp25"),
                [question(Shown(fourcc, "LINEAR", width, height, angle), "cpu.write")],
            ),
            Plan,
        )
        for angle in (0, 180)
    }
    assert shown == {0: True, 180: width % 2 == 0 and height % 2 == 0}
