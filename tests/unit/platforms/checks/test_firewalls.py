"""One range of memory has one access list: which heaps can rely on their firewall.

Board, judge and the tables of docs/protected.md (tests.property.firewall_ranges) are three readings of it.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.catalog import board_names, doubts
from heapwright.platforms.checks.firewalls import disputes
from heapwright.platforms.schema import Platform
from heapwright.solver.board.board import Board
from tests.builders import board, buffer, device, facts, heap, memory, pipeline, placed, port, refusal
from tests.examples import board as shipped
from tests.property.firewall_ranges import stands

MAY = port(protected="allowed")
INSIDE = ["camera", "panel"]
SECRET = pipeline(frame=buffer(protected=True))


def wall(*memories: str, **facts_of: Any) -> Any:
    return heap(*memories, **{"via": "tee", "cpu": "none", "access": INSIDE, **facts_of})


def two(tz: Any, other: Any, parts: dict[str, Any] | None = None) -> Platform:
    places = {"tz": memory("1MiB", inside="dram", base=0x1000000), **(parts or {})}
    devices = {"camera": device("camera", capture=MAY), "panel": device("display", scanout=MAY)}
    data = board(memory=places, devices=devices)
    # Past the check of addresses, which refuses some of these boards altogether.
    sections = {"heaps": {"tz": tz, "other": other}}
    return Platform.model_validate({**data.model_dump(by_alias=True), **sections})


def relied_on(platform: Platform) -> bool:
    """Whether nothing is said against the firewall of `tz`; all three agree."""
    seen = Board(platform).heaps["tz"]
    judged = JudgedPlatform(platform).heaps["tz"]
    assert (seen.disputed is None) == (judged.disputed is None) == stands(platform, "tz")
    assert (seen.access is not None) == (seen.disputed is None)
    return seen.disputed is None


CUT = {"part": memory("64KiB", inside="tz")}
ACROSS = {"wide": memory("2MiB", base=0x1080000)}
BESIDE = {"next": memory("1MiB", inside="dram", base=0x1100000)}
AROUND = {"low": memory("64MiB", base=0x1000000), "spot": memory("64KiB", inside="low")}


@pytest.mark.parametrize(
    ("tz", "other", "parts", "sound"),
    [
        pytest.param(wall("tz"), heap("tz"), {}, False, id="an ordinary heap in the range"),
        pytest.param(wall("tz"), wall("tz"), {}, True, id="two names of one pool"),
        pytest.param(wall("tz"), wall("tz", firewall="static"), {}, True, id="static, said and unsaid"),
        pytest.param(wall("tz"), wall("tz", access=INSIDE[::-1]), {}, True, id="the order says nothing"),
        pytest.param(wall("tz"), wall("tz", access=["camera"]), {}, False, id="two lists"),
        pytest.param(wall("tz"), wall("tz", access="unknown"), {}, False, id="an unknown list"),
        pytest.param(wall("tz"), wall("tz", firewall="per-buffer"), {}, False, id="two sorts of firewall"),
        pytest.param(wall("tz"), heap("dram", "tz"), {}, False, id="one of several memories"),
        pytest.param(wall("tz"), heap("dram"), {}, True, id="the memory around it"),
        pytest.param(wall("tz"), heap("part"), CUT, False, id="a part of it"),
        pytest.param(wall("part"), wall("tz", access=["camera"]), CUT, False, id="a part of another range"),
        pytest.param(wall("part"), heap("tz"), CUT, True, id="a part of ordinary memory"),
        pytest.param(wall("tz"), heap("wide"), ACROSS, False, id="overlapping addresses"),
        pytest.param(wall("tz"), heap("spot"), AROUND, False, id="around somewhere, across the range"),
        pytest.param(wall("tz"), heap("next"), BESIDE, True, id="right behind it"),
        pytest.param(
            wall("tz"), heap("dram", locks={"from": "tz", "size": 65536}), {}, False, id="locks of it"
        ),
        pytest.param(
            wall("tz", locks={"from": "tz", "size": 65536}),
            heap("tz"),
            {},
            True,
            id="a block of ordinary memory",
        ),
        pytest.param(
            wall("tz", locks={"from": "dram", "size": 4096}), heap("tz"), {}, False, id="a block of elsewhere"
        ),
        pytest.param(wall("tz", firewall="per-buffer"), heap("tz"), {}, True, id="lent buffer by buffer"),
        pytest.param(
            wall("tz", firewall="per-buffer"),
            wall("tz", firewall="per-buffer", access=["camera"]),
            {},
            True,
            id="lent to different members",
        ),
        pytest.param(
            wall("tz"), heap("unknown") | {"memory": "unknown"}, {}, False, id="from nobody knows where"
        ),
        pytest.param(wall("tz"), heap("tz", since="6.13"), {}, True, id="not on this kernel yet"),
        pytest.param(wall("tz"), heap("tz", until="6.13"), {}, False, id="still on this kernel"),
    ],
)
def test_one_range_has_one_access_list(tz: Any, other: Any, parts: dict[str, Any], sound: bool) -> None:
    platform = two(tz, other, parts)
    assert relied_on(platform) == sound
    if sound:
        assert placed(platform, SECRET, pins=["frame:heap=tz"]).heap == "tz"
    else:
        answer = refusal(platform, SECRET, pins=["frame:heap=tz"])
        assert facts(answer) == [("protected-needs-firewall", "tz")]


def test_the_refusal_names_the_other_heap_and_the_memory() -> None:
    ordinary = refusal(two(wall("tz"), heap("tz")), SECRET)
    assert [reason.text for reason in ordinary.conflict] == [
        "frame is protected, and other has no known firewall",
        "frame is protected, and tz has no known firewall: other allocates from tz too and has none",
    ]
    narrower = refusal(two(wall("tz"), wall("tz", access=["camera"])), SECRET)
    assert [reason.text for reason in narrower.conflict] == [
        "frame is protected, and other has no known firewall: tz allocates from tz too and admits others",
        "frame is protected, and tz has no known firewall: other allocates from tz too and admits others",
    ]


def test_where_a_buffer_moves_to_there_must_be_a_firewall_that_stands() -> None:
    places = {
        "tz": memory("1MiB", inside="dram"),
        "vram": memory("1MiB", local="camera"),
    }
    heaps = {
        "card": wall("vram", moves_to="tz"),
        "tz": wall("tz"),
        "plain": heap("tz"),
    }
    devices = {"camera": device("camera", capture=MAY), "panel": device("display", scanout=MAY)}
    answer = refusal(board(memory=places, heaps=heaps, devices=devices), SECRET, pins=["frame:heap=card"])
    assert facts(answer) == [("outside-firewall", "frame→camera")]


def test_every_firewall_of_our_boards_can_be_relied_on() -> None:
    walled = 0
    for name in board_names():
        platform = shipped(name)
        assert list(disputes(platform)) == [], name
        for each in (n for n, h in platform.heaps.items() if isinstance(h.access, tuple)):
            walled += 1
            assert stands(platform, each), (name, each)
            assert Board(platform).heaps[each].access == frozenset(platform.heaps[each].access or ())
            assert JudgedPlatform(platform).heaps[each].disputed is None
    assert walled >= 9


# What `platforms check` says

PROFILE = """\
schema: heapwright/platform/1
name: shared
kernel: "6.18"
memory: {dram: {base: 0x40000000, size: 1GiB, source: s}, tz: {base: 0x30000000, size: 8MiB, source: s}}
heaps:
  a: {via: tee, memory: [tz], cpu: none, access: [dec, pan], firewall: static, source: s}
  b: OTHER
devices:
  dec: {kind: video-decoder, dma: {bits: 32}, source: s}
  pan: {kind: display, dma: {bits: 32}, source: s}
"""


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            "{via: dma-heap, memory: [tz], cpu: cached, source: s}",
            ["6: heaps.a.access: a admits dec, pan (static), but b allocates from tz too and has no firewall; "
             "one range has one access list, so nothing protected is put there"],
        ),
        (
            "{via: tee, memory: [tz], cpu: none, access: [dec], source: s}",
            ["6: heaps.a.access: a admits dec, pan (static), but b allocates from tz too and admits dec (static); "
             "one range has one access list, so nothing protected is put there",
             "7: heaps.b.access: b admits dec (static), but a allocates from tz too and admits dec, pan (static); "
             "one range has one access list, so nothing protected is put there"],
        ),
        ("{via: dma-heap, memory: unknown, cpu: cached, source: s}",
         ["6: heaps.a.access: a admits dec, pan (static), but b may allocate from the same memory and has no firewall; "
          "one range has one access list, so nothing protected is put there"]),
        ("{via: tee, memory: [tz], cpu: none, access: [pan, dec], source: s}", []),
        ("{via: dma-heap, memory: [dram], cpu: cached, source: s}", []),
    ],
)  # fmt: skip
def test_a_doubt_names_heaps_memory_and_line(other: str, said: list[str], tmp_path: Path) -> None:
    file = tmp_path / "shared.yaml"
    file.write_text(PROFILE.replace("OTHER", other))
    assert [str(each) for each in doubts(file)] == [f"{file}:{each}" for each in said]


@pytest.mark.parametrize(("life", "doubted"), [("until: '6.12'", False), ("until: '6.13'", True)])
def test_heaps_that_no_kernel_has_together_share_nothing(life: str, doubted: bool, tmp_path: Path) -> None:
    file = tmp_path / "shared.yaml"
    text = PROFILE.replace("OTHER", "{via: dma-heap, memory: [tz], cpu: cached, LIFE, source: s}")
    file.write_text(text.replace("firewall: static", "since: '6.12'").replace("LIFE", life))
    assert bool(doubts(file)) == doubted


# Boards of all sorts


def drawn(seed: int) -> Platform:
    """Memories in each other and across each other, and heaps of every sort in them."""
    random = Random(f"ranges/{seed}")
    names = [f"m{n}" for n in range(random.randint(2, 6))]
    places: dict[str, Any] = {}
    for name in names:
        fact: dict[str, Any] = {"size": random.choice([4096, 16384, "4096..32768", "unknown"])}
        if places and random.random() < 0.6:
            fact["inside"] = random.choice(sorted(places))
        if "inside" not in fact or random.random() < 0.5:
            fact["base"] = random.choice([0, 4096, 8192, 16384, 65536, "unknown", "0x0..0x8000"])
        places[name] = {**fact, "source": "made up"}
    heaps: dict[str, Any] = {}
    for number in range(random.randint(1, 4)):
        memories = random.sample(names, random.choice([1, 1, 1, 2]))
        fact = {"memory": "unknown" if random.random() < 0.05 else memories, "via": "tee", "cpu": "none"}
        if random.random() < 0.75:
            fact["access"] = random.choice([["d"], ["d"], ["d", "e"], ["e"], "unknown", []])
        if random.random() < 0.5:
            fact["firewall"] = random.choice(["static", "per-buffer"])
        if random.random() < 0.3:
            fact["locks"] = {"from": random.choice([memories[0], *names]), "size": 4096}
        if random.random() < 0.2:
            fact[random.choice(["since", "until"])] = random.choice(["6.10", "6.12.0", "6.14"])
        heaps[f"h{number}"] = {**fact, "source": "made up"}
    kinds = {"d": "gpu", "e": "npu"}
    devices = {name: {"kind": kind, "dma": {"bits": 32}, "source": "made up"} for name, kind in kinds.items()}
    return Platform.model_validate(
        {
            "schema": "heapwright/platform/1",
            "name": "drawn",
            "kernel": random.choice(["6.12", "unknown"]),
            "memory": places,
            "heaps": heaps,
            "devices": devices,
        }
    )


def test_board_judge_and_tables_read_ranges_alike() -> None:
    standing = fallen = 0
    for seed in range(3000):
        platform = drawn(seed)
        seen, judged = Board(platform).heaps, JudgedPlatform(platform).heaps
        assert seen.keys() == judged.keys()
        for name in (n for n in seen if isinstance(platform.heaps[n].access, tuple)):
            expected = stands(platform, name)
            assert (seen[name].access is not None) == expected, (seed, name)
            assert (judged[name].disputed is None) == expected, (seed, name)
            standing += expected
            fallen += not expected
    assert standing > 500 and fallen > 500
