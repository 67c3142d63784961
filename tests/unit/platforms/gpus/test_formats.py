"""A GPU samples the YUV that Mesa samples on it, and renders none."""

from __future__ import annotations

import pytest

from heapwright.platforms.catalog import board_names
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.reading.yaml_source import read_file
from tests.examples import board as shipped
from tests.unit.platforms.gpus.benches import PROFILES, linear
from tests.unit.platforms.gpus.benches import gpu as gpu_of
from tests.unit.platforms.gpus.mesa import GPUS, planes, sampled
from tests.unit.platforms.test_profiles import DRIVERS

YUV = frozenset(fourcc for fourcc, form in pixel_formats().items() if form.colour == "yuv")
GPU_FILES = {file.stem: file for file in DRIVERS if read_file(file).data.get("kind") == "gpu"}
NO_MESA = {"vgem", "i915-gt"}
"""A driver without a device, and the rules without ports that all Intel GPUs share."""


def test_every_gpu_driver_is_compared_with_mesa() -> None:
    assert GPU_FILES.keys() - NO_MESA == GPUS.keys() - PROFILES.keys()


@pytest.mark.parametrize("name", GPUS)
def test_a_gpu_samples_what_mesa_samples(name: str) -> None:
    assert linear(name).keys() & YUV == sampled(GPUS[name])


@pytest.mark.parametrize("name", GPUS)
def test_planes_that_yuv_is_sampled_by_are_sampled_by_themselves(name: str) -> None:
    """Else the list of RGB formats is too short."""
    assert {f for f in GPUS[name].samples if f not in YUV} <= linear(name).keys()


@pytest.mark.parametrize("name", GPUS)
def test_planes_come_in_one_dmabuf_or_each_in_its_own(name: str) -> None:
    gpu, found = GPUS[name], linear(name)
    for fourcc in sampled(gpu):
        number = len(pixel_formats()[fourcc].planes)
        taken = found[fourcc] & {1, number}
        assert taken == ({number} if gpu.apart else {1, number}), fourcc
        assert number == len({plane.of for plane in planes(gpu, fourcc)})


@pytest.mark.parametrize("name", sorted(GPU_FILES))
def test_no_driver_file_of_a_gpu_renders_yuv(name: str) -> None:
    images = read_file(GPU_FILES[name]).data.get("ports", {}).get("render", {}).get("images", [])
    assert [fourcc for rule in images for fourcc in rule["formats"] if fourcc in YUV] == []


@pytest.mark.parametrize("name", board_names())
def test_no_board_renders_yuv(name: str) -> None:
    for device in shipped(name).devices.values():
        if device.kind == "gpu" and "render" in device.ports:
            assert not {f for rule in device.ports["render"].images for f in rule.formats} & YUV


@pytest.mark.parametrize("name", GPUS)
def test_a_gpu_turns_what_it_samples_and_renders_by_any_angle(name: str) -> None:
    """A texture coordinate does it; the port says so once, for all its rules."""
    for port in gpu_of(name).ports.values():
        assert port.rotate == (0, 90, 180, 270)
        assert all(rule.when is None for rule in port.images)
