"""The objective reckoned by hand: XR24 16x16, 1024 bytes a frame, 60 frames/s, two buffers of a page in 1 GiB."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.judge.cost import TERMS, cost
from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, heap, image, megabyte_a_second, memory, pipeline, port
from tests.unit.allocator import plans_by_hand
from tests.unit.allocator.plans_by_hand import CAMERA, placement, plan, read

FRAME = 1024 * 60
PAGES = 8192
# ceil(8192 × 10^6 / 2^30) = 8 ppm.
SHARE = 8


def of(platform: Platform, buffer_: dict[str, Any] | None = None, **changes: Any) -> dict[str, int]:
    return by_term(cost(platform, [pipeline(frame=buffer_ or buffer())], plan(placement(**changes))))


def by_term(levels: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(TERMS, levels, strict=True))


def load(*parts: int) -> int:
    """Parts in ppm, rounded up once to thousands."""
    return -(-sum(parts) // 1000) * 1000


def shares(levels: dict[str, int]) -> tuple[int, int]:
    return levels["load"], levels["fine-load"]


def filling(largest: int, total: int, block: int = 0, traffic: int = 14) -> tuple[int, int]:
    """The load in steps, and of the placement three digits beside what is locked; two ports move 7 ppm of 8.96 GB/s each."""
    own, unit = traffic + total - block, 1
    while own > 999 * unit:
        unit *= 10
    return load(traffic, largest, total), -(-own // unit) * unit + block


def test_one_writer_and_one_reader() -> None:
    assert {term: value for term, value in of(board()).items() if value} == {
        "load": load(7, 7, SHARE, SHARE),
        "bytes": PAGES,
        "exporter": 1,
        "fine-load": 14 + SHARE,
    }


def test_rare_uses_count_a_sixteenth() -> None:
    rarely = buffer(read_by={"port": "display.scanout", "how_often": "rarely"})
    slow = {"dram": memory(bandwidth=megabyte_a_second())}
    assert of(board(memory=slow), rarely)["load"] == load(FRAME, 64 * 60, SHARE, SHARE)


@pytest.mark.parametrize(
    ("facts", "coherent", "traffic"),
    [
        ({"cpu": "cached"}, True, 2 * FRAME),
        ({"cpu": "cached"}, False, 3 * FRAME),
        ({"cpu": "uncached"}, False, 6 * FRAME),
        ({"cpu": "write-combined"}, True, 6 * FRAME),
    ],
)
def test_what_the_cpu_reads(facts: dict[str, Any], coherent: bool, traffic: int) -> None:
    # Uncached reads count five times; maintenance of a cached heap once for each device that does not snoop.
    devices = {
        "cpu0": device("cpu", read=port()),
        "camera": device("camera", capture=port(), coherent=coherent),
    }
    slow = {"dram": memory(bandwidth=megabyte_a_second())}
    platform = board(memory=slow, devices=devices, heaps={"system": heap("dram", **facts)})
    found = of(platform, buffer(read_by="cpu.read"), attachments=(CAMERA, read("cpu0", "read")))
    assert found["load"] == load(traffic, SHARE, SHARE)


def test_the_cpu_reads_local_memory_slowly() -> None:
    platform = board(
        memory={"dram": memory(local="camera", bandwidth=megabyte_a_second())},
        devices={"cpu0": device("cpu", read=port())},
        heaps={"system": heap("dram")},
    )
    found = of(platform, buffer(read_by="cpu.read"), attachments=(CAMERA, read("cpu0", "read")))
    assert found["load"] == load(6 * FRAME, SHARE, SHARE)


def test_preferences_are_ranks() -> None:
    both = {"devices": {"panel": device("display", scanout=port(image("XR24", "R8")))}}
    assert of(board(**both), buffer(formats=["R8", "XR24"]))["preference"] == 1
    either = buffer(read_by={"any_of": ["gpu.sample", "display.scanout"]})
    assert of(board(), either)["preference"] == 1


def test_of_two_readings_the_lawful_one_counts() -> None:
    # Both alternatives are the panel; only the second is not rotated, and the panel rotates nothing.
    devices = {"panel": device("display", scanout=port(image(when={"rotate": [0]})))}
    either = buffer(read_by={"any_of": [{"port": "display.scanout", "rotate": 90}, "display.scanout"]})
    assert of(board(devices=devices), either)["preference"] == 1


def test_wishes_that_are_dropped() -> None:
    # Three of five are lost: 1 + 2 + 3.
    assert of(board(), buffer(count={"min": 1, "wish": 5}))["dropped-wishes"] == 6
    assert of(board(), buffer(count={"min": 1, "wish": 1}))["dropped-wishes"] == 0


def test_shares_of_every_pool() -> None:
    # 16 KiB of dram and 16 KiB of bank: 8192 bytes are half of the one and a quarter of both.
    memories = {"dram": memory("16KiB"), "bank": memory("16KiB", base=1 << 30)}
    platform = board(
        memory=memories, heaps={"system": heap("dram"), "either": heap("dram", "bank", run="4KiB")}
    )
    assert shares(of(platform)) == filling(500_000, 750_000)
    assert shares(of(platform, heap="either")) == filling(250_000, 250_000)


def test_whole_runs_are_shares_of_all_their_memories() -> None:
    # Two runs of two pages are a third of the 48 KiB of both; single pages a sixth.
    memories = {"dram": memory("16KiB"), "bank": memory("32KiB", base=1 << 30)}
    platform = board(memory=memories, heaps={"either": heap("dram", "bank")})
    large = plans_by_hand.image(stride=512) | {"allocated": 8192}
    assert shares(of(platform, heap="either", **large)) == filling(333_334, 333_334, traffic=110)
    assert shares(of(platform, heap="either")) == filling(166_667, 166_667)


def test_unknown_memory_has_no_shares() -> None:
    assert shares(of(board(memory={"dram": memory("unknown")}))) == filling(0, 0)


def test_a_locked_block_is_paid_for_once_whoever_lives_in_it() -> None:
    # ceil(1 MiB × 10^6 / 1 GiB) = 977 ppm.
    platform = board(heaps={"system": heap("dram", locks={"from": "dram", "size": "1MiB"})})
    assert shares(of(platform)) == filling(977, 977)
    two = [placement(buffer="a"), placement(buffer="b")]
    question = pipeline(a=buffer(), b=buffer())
    assert shares(by_term(cost(platform, [question], plan(*two)))) == filling(977, 977, block=977, traffic=28)
    assert shares(by_term(cost(platform, [pipeline()], plan(), live=[placement(buffer="old")]))) == filling(
        977, 977
    )


def test_a_block_of_another_memory_comes_on_top() -> None:
    memories = {"dram": memory("16KiB"), "bank": memory("16KiB", base=1 << 30)}
    platform = board(memory=memories, heaps={"system": heap("dram", locks={"from": "bank", "size": "12KiB"})})
    assert shares(of(platform)) == filling(750_000, 1_250_000, block=750_000)
