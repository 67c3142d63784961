"""What is planned for a GPU is what Mesa imports there; solver, judge and Mesa's own checks are compared."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.judge import judge
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.solver.answer.plan import Placement, Plan
from tests.builders import board, device, image, placed, port
from tests.unit.platforms.gpus.benches import MAKER, asked, bench, linear
from tests.unit.platforms.gpus.mesa import BYTES, GPUS, Gpu, Import, planes, sampled

SIZES = ("1920x1080", "1366x768", "1000x601", "333x77", "64x64")
CASES = [(name, fourcc) for name in GPUS for fourcc in sorted(linear(name))]


def imported(gpu: Gpu, fourcc: str, size: str, found: Placement) -> list[Import]:
    """The placement as Mesa gets it, an import for each image."""
    width, height = map(int, size.split("x"))
    yuv = pixel_formats()[fourcc].colour == "yuv"
    imports = []
    for plane in planes(gpu, fourcc):
        lies = found.planes[plane.of]
        others = sum(other.size for other in found.planes if other.dmabuf != lies.dmabuf)
        imports.append(
            Import(
                BYTES.get(plane.format, 4),
                width >> plane.right,
                height >> plane.down,
                lies.stride,
                lies.offset,
                found.size - others,
                not yuv,
            )
        )
    return imports


def accepts(gpu: Gpu, fourcc: str, it: Import) -> bool:
    own = gpu.native.get(fourcc)
    if own is None or gpu.imports.__name__ != "panfrost_7":
        return gpu.imports(it)
    return gpu.imports(it, own)


@pytest.mark.parametrize(("name", "fourcc"), CASES, ids=lambda value: str(value))
def test_mesa_imports_what_is_planned(name: str, fourcc: str) -> None:
    gpu = GPUS[name]
    for size in SIZES:
        for dmabufs in sorted(linear(name)[fourcc] & {1, len(pixel_formats()[fourcc].planes)}):
            question = asked(fourcc, size, dmabufs=dmabufs)
            answer = solve(bench(name), [question])
            if not isinstance(answer, Plan):
                # Rows as short as possible: Mesa halves 333 and 1366 / 2 rounding down, and nothing suits both.
                assert name == "amdgpu-gfx10" and int(size.split("x")[0]) % 2, (size, dmabufs)
                continue
            assert judge(bench(name), [question], answer) == ()
            for it in imported(gpu, fourcc, size, answer.placements[0]):
                assert accepts(gpu, fourcc, it), (size, dmabufs, it)


@pytest.mark.parametrize("name", GPUS)
def test_all_that_mesa_samples_has_a_plan_at_an_even_size(name: str) -> None:
    for fourcc in sorted(sampled(GPUS[name])):
        assert placed(bench(name), asked(fourcc, "1280x720")).format == fourcc


def strict(name: str, stride: dict[str, Any], fourcc: str, size: str) -> bool:
    """Whether the GPU takes a picture whose rows its maker cannot choose freely."""
    maker = device("fpga", write=port(image(fourcc, stride=stride)))
    gpu0 = {"kind": "gpu", "rules": name, "source": "made up for a test"}
    return isinstance(solve(board(devices={"maker": maker, "gpu0": gpu0}), [asked(fourcc, size)]), Plan)


@pytest.mark.parametrize(
    ("name", "rows", "size", "taken"),
    [
        # 1366 pixels are 5464 bytes: whole pixels suffice for Intel, lima wants 1376 pixels, 5504 bytes.
        ("i915-gt-tgl", 5464, "1366x768", True),
        ("i915-gt-dg2", 5464, "1366x768", True),
        ("lima", 5464, "1366x768", False),
        ("lima", 5504, "1366x768", True),
        # 1000 pixels are 4000 bytes, 4096 in steps of 256: RDNA2 takes 4352 as well, Navi 1x does not.
        ("amdgpu-gfx103", 4352, "1000x600", True),
        ("amdgpu-gfx10", 4352, "1000x600", False),
        ("amdgpu-gfx10", 4096, "1000x600", True),
        # Before architecture 7 Mali takes any row, from then on whole lines of 64 bytes.
        ("panfrost-midgard", 4004, "1000x600", True),
        ("panthor", 4004, "1000x600", False),
        ("v3d", 4004, "1000x600", True),
        ("msm-a6xx", 4032, "1000x600", True),
    ],
)
def test_rows_that_mesa_takes_are_taken_and_others_are_not(
    name: str, rows: int, size: str, taken: bool
) -> None:
    assert strict(name, {"set": [rows]}, "XR24", size) is taken
    width, height = map(int, size.split("x"))
    it = Import(4, width, height, rows, 0, rows * height, True)
    assert GPUS[name].imports(it) is taken


@pytest.mark.parametrize("name", ["panthor", "panfrost-valhall"])
def test_chroma_of_nv12_starts_on_64_bytes_where_mali_would_read_elsewhere(name: str) -> None:
    """1000x601 at 1008: 605808 is a multiple of 16 and not of 64, Mesa takes it and reads 48 bytes further on."""
    found = placed(bench(name), asked("NV12", "1000x601", dmabufs=1))
    assert (found.planes[0].stride, found.planes[1].offset) == (1008, 605824)


def test_nouveau_takes_planes_in_their_own_dmabufs_alone() -> None:
    answer = solve(bench("nvidia-desktop"), [asked("NV12", "1920x1080")])
    assert isinstance(answer, Plan)
    assert [(plane.dmabuf, plane.offset) for plane in answer.placements[0].planes] == [(0, 0), (1, 0)]
    assert not isinstance(solve(bench("nvidia-desktop"), [asked("NV12", "1920x1080", dmabufs=1)]), Plan)


def test_eight_bytes_a_pixel_take_rows_of_128_bytes_on_adreno() -> None:
    # 1000 × 8 = 8000 = 62.5 × 128
    assert placed(bench("msm-a6xx"), asked("AB48", "1000x600")).planes[0].stride == 8064


def test_v3d_samples_no_wider_than_4096() -> None:
    assert isinstance(solve(bench("v3d"), [asked("XR24", "4096x64")]), Plan)
    assert not isinstance(solve(bench("v3d"), [asked("XR24", "4097x64")]), Plan)


def test_the_maker_of_pictures_makes_all_formats() -> None:
    """Else a GPU's lists would be compared with less than they have."""
    made = {f for rule in MAKER["ports"]["write"]["images"] for f in rule["formats"]}
    assert {fourcc for _, fourcc in CASES} <= made
