"""`platforms show`: a board on one page, at the width there is."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from heapwright.api.cli.output.terminal import draw
from heapwright.api.drawing.memory import ASCII, UNICODE
from heapwright.api.drawing.page import page
from heapwright.api.drawing.reach import PortVerdict, verdicts
from heapwright.api.drawing.scale import Scale
from heapwright.api.drawing.unknowns import unknowns
from heapwright.platforms.catalog import board_names, load_platform, platform_from
from heapwright.solver.answer.render import plain
from tests.api.questions import Command
from tests.examples import board as shipped


def shown(name: str, width: int = 80, kernel: str | None = None) -> str:
    return plain(page(load_platform(name, kernel=kernel), width))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["acme-one", "rpi4-bcm2711"])
def test_a_board_is_drawn(name: str, width: int, snapshot: SnapshotAssertion) -> None:
    assert shown(name, width) == snapshot


@pytest.mark.parametrize("name", board_names())
def test_every_memory_heap_device_port_iommu_and_link_appears(name: str) -> None:
    board, text = shipped(name), shown(name)
    labels = {line.split()[0] for line in text.splitlines() if line.strip()}
    assert labels >= {*board.memory, *board.heaps, *board.devices, *board.iommus, *board.links}
    for device in board.devices.values():
        assert all(f"· {port} (" in text for port in device.ports)
    assert all(one.subject in text for one in unknowns(board))


def test_what_carries_bytes_is_drawn_with_how_many() -> None:
    words = " ".join(shown("intel-arc-dgpu", 120).split())
    assert "lmem local to gt, display" in words
    assert "carries 512 GB/s" in words
    assert "gt-slot pcie to gt, display; 31.51 GB/s in each direction" in words
    assert "behind gt-slot; moves at most 50 GB/s" in words


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", board_names())
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    heading, *lines = shown(name, width).splitlines()
    assert heading.startswith(name)
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("name", ["acme-one", "amd-dgpu-desktop"])
def test_a_terminal_shows_the_same_words_in_colour(name: str) -> None:
    screen = io.StringIO()
    draw(page(shipped(name), 80), Console(file=screen, width=80, force_terminal=True, highlight=False))
    assert "\x1b[" in screen.getvalue()
    bare = io.StringIO()
    draw(page(shipped(name), 80), Console(file=bare, width=80, highlight=False))
    assert bare.getvalue().split() == shown(name).split()


def bars(name: str, width: int = 100) -> dict[str, str]:
    lines = shown(name, width).split("Heaps\n")[0].splitlines()[3:]
    words = [line.split() for line in lines if line]
    return {found[0]: found[-1] for found in words if len(found) > 2 and found[-1][0] in UNICODE}


def test_memory_is_drawn_to_scale() -> None:
    # acme-one: cma is 64 MiB of the 2080 MiB from 0x40000000 to 0xc2000000, at 1792 MiB.
    drawn = bars("acme-one")
    columns = len(drawn["dram"])
    assert drawn["dram"].count("█") == -(-2048 * columns // 2080)
    assert drawn["cma"].index("█") == 1792 * columns // 2080
    assert drawn["tz"].endswith("█") and drawn["tz"].count("█") <= 2


def test_what_counts_instead_of_an_unknown_is_said_whether_it_is_written_or_left_out() -> None:
    plane = {"access": "read", "images": [{"formats": ["XR24"]}], "source": "s"}
    board = platform_from(
        {
            "schema": "heapwright/platform/1",
            "name": "vague",
            "kernel": "6.12",
            "memory": {"dram": {"size": "1GiB", "base": 0, "source": "s"}},
            "iommus": {"mmu": {"bits": 32, "iova": "unknown", "source": "s"}},
            "heaps": {
                "cma": {
                    "via": "dma-heap",
                    "memory": ["dram"],
                    "cpu": "cached",
                    "align": "unknown",
                    "source": "s",
                }
            },
            "devices": {
                "panel": {
                    "kind": "display",
                    "dma": {"bits": 32, "iommu": "mmu"},
                    "source": "s",
                    "ports": {"scanout": {**plane, "how_many": "unknown"}, "cursor": plane},
                }
            },
        }
    )
    assert {(one.subject, one.text) for one in unknowns(board)} == {
        ("mmu", "iova: counted as dma-iommu, and a page is all that is promised"),
        ("cma", "align: a page is all that is promised"),
        ("panel.scanout", "how_many: not imposed, and answers say so"),
        ("panel.cursor", "how_many: not imposed, and answers say so"),
    }


def test_memory_of_unknown_place_is_shaded_where_it_may_lie() -> None:
    # rpi4: 64 MiB of CMA anywhere in the low GiB of at most 8.
    drawn = bars("rpi4-bcm2711")
    assert "█" not in drawn["cma"]
    assert drawn["cma"].count("▒") == drawn["low"].count("█") == -(-len(drawn["low"]) // 8)


def test_a_cards_memory_has_its_own_scale_and_shows_its_window() -> None:
    # amd-dgpu-desktop: 256 MiB of 16 GiB are visible: one column of 64.
    drawn = bars("amd-dgpu-desktop")
    assert drawn["vram"].count("█") == -(-len(drawn["vram"]) // 64)
    assert "▒" not in drawn["vram"] and "░" in drawn["vram"]


def test_empty_addresses_between_memories_take_one_column() -> None:
    scale = Scale([(0, 100), (1 << 40, (1 << 40) + 300)], 41)
    assert (
        scale.bar([((0, 100), "a"), ((1 << 40, (1 << 40) + 300), "b")], ".", "|") == "a" * 10 + "|" + "b" * 30
    )
    assert scale.ruler().startswith("0x0")


def test_a_sliver_still_has_a_column() -> None:
    assert Scale([(0, 1 << 40)], 10).bar([((5, 6), "x")], ".", "|") == "x........."


def of(name: str, device: str, heap: str) -> PortVerdict:
    return next(v for v in verdicts(shipped(name)) if (v.device, v.heap) == (device, heap))


@pytest.mark.parametrize(
    ("board", "device", "heap", "state", "kind"),
    [
        ("acme-one", "encoder", "system", "no", "contiguous-memory"),
        ("acme-one", "panel", "system", "yes", ""),
        ("acme-one", "gpu0", "video-protected", "no", "outside-firewall"),
        ("rpi4-bcm2711", "hvs5", "system", "no", "address-reach"),
        ("rpi4-bcm2711", "hvs5", "cma", "yes", ""),
        ("rpi4-bcm2711", "v3d-4.2", "cma", "unknown", "address-reach"),
        ("amd-dgpu-desktop", "dcn", "amdgpu-gtt", "no", "local-only"),
        ("hybrid-laptop", "igpu", "radeon-vram", "yes", ""),
        ("imx8mp-evk-optee", "cpu0", "video-protected", "no", "cpu-access"),
    ],
)
def test_who_reaches_what(board: str, device: str, heap: str, state: str, kind: str) -> None:
    found = of(board, device, heap)
    assert (found.state, found.kind) == (state, kind)
    assert bool(found.text) == (state != "yes")


def test_an_importer_without_peer_to_peer_moves_the_buffer() -> None:
    assert of("hybrid-laptop", "igpu", "radeon-vram").moves_to == "radeon-gtt"
    assert of("hybrid-laptop", "dgpu", "radeon-vram").moves_to == ""


def test_more_heaps_than_fit_are_shown_below_each_other() -> None:
    profile = json.loads(
        json.dumps({"schema": "heapwright/platform/1", "name": "many", "extends": "acme-one"})
    )
    heap = {"via": "udmabuf", "memory": ["dram"], "cpu": "cached", "source": "-"}
    profile["heaps"] = {f"a-heap-of-long-name-{n}": heap for n in range(12)}
    text = plain(page(platform_from(profile), 80))
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("\nencoder ") >= 4


def test_a_heap_the_kernel_lacks_is_shown_and_reaches_nobody() -> None:
    text = shown("tee-protected", kernel="6.12")
    assert "absent from this kernel (since 6.18)" in text
    assert not [
        v for v in verdicts(load_platform("tee-protected", kernel="6.12")) if v.heap == "secure-video"
    ]


def test_another_kernel_is_told_with_the_one_the_facts_are_from(heapwright: Command) -> None:
    said = heapwright("platforms", "show", "rpi4-bcm2711", "--kernel", "6.12")
    assert "(kernel 6.12; facts read from 7.2)" in said.out.splitlines()[0]
    assert "opened as linux,cma, else vidbuf_cached" in said.out


def test_sources_are_told_when_asked_for(heapwright: Command) -> None:
    assert "[" not in heapwright("platforms", "show", "acme-one").out.split("Sources")[0]
    said = " ".join(heapwright("platforms", "show", "acme-one", "--sources").out.split())
    for part in shipped("acme-one").heaps.values():
        assert part.source in said


def test_the_width_of_the_terminal_counts(heapwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert max(map(len, heapwright("platforms", "show", "rpi4-bcm2711").out.splitlines())) > 100
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, heapwright("platforms", "show", "acme-one").out.splitlines()[1:])) <= 80


def test_reach_is_data_too(heapwright: Command) -> None:
    said = heapwright("platforms", "show", "acme-one", "--reach", "--json").json
    assert said["schema"] == "heapwright/reach/1"
    forbidden = {(v["device"], v["heap"]) for v in said["reach"] if v["state"] == "no"}
    assert ("encoder", "system") in forbidden
    assert ("encoder", "cma") not in forbidden
    assert heapwright("platforms", "show", "acme-one", "--reach").code == 2


def test_without_unicode_bars_are_ascii() -> None:
    text = plain(page(shipped("rpi4-bcm2711"), 80, ascii_only=True)).split("Heaps")[0]
    assert text.isascii()
    assert ASCII.solid in text and ASCII.maybe in text
