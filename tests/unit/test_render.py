"""Answers as text: what a person reads, and what must never reach a terminal."""

from __future__ import annotations

import io
from typing import Any

from heapwright.solver.answer import render
from heapwright.solver.answer.plan import Infeasible, Plan, Undecided

FRAME: dict[str, Any] = {
    "pipeline": "record",
    "buffer": "frame",
    "heap": "cma",
    "names": ["default_cma_region", "reserved"],
    "format": "XR24",
    "modifier": "LINEAR",
    "modifier_value": "0x0",
    "width": 1366,
    "height": 768,
    "coded_width": 1366,
    "coded_height": 768,
    "planes": [{"offset": 0, "stride": 5632, "size": 4325376}],
    "size": 4325376,
    "sizes": [4325376],
    "allocated": 5242880,
    "count": 4,
    "attachments": [
        {"device": "gpu0", "port": "render", "access": "write"},
        {"device": "encoder", "port": "frame", "access": "read"},
    ],
    "reasons": [
        {
            "decides": "heap",
            "kind": "contiguous-memory",
            "subject": "frame→encoder",
            "text": "encoder has no IOMMU, so frame must be one physical run",
            "source": "acme.dts: encoder",
        }
    ],
    "rejected": [
        {
            "heap": "system",
            "reasons": [
                {
                    "kind": "contiguous-memory",
                    "subject": "frame→encoder",
                    "text": "system guarantees runs of 4 KiB",
                    "source": "system_heap.c",
                }
            ],
        }
    ],
}


def plan(placement: dict[str, Any] | None = None, **fields: Any) -> Plan:
    """A plan of one buffer, changed as a test needs it."""
    stated = {
        "status": "optimal",
        "platform": "acme",
        "pipelines": ["record"],
        "placements": [FRAME | (placement or {})],
    }
    return Plan.model_validate(stated | fields)


def test_a_plan_reads_as_table_then_reasons_then_what_was_rejected() -> None:
    # 4 buffers of 5242880 bytes (4325376 rounded up to 1 MiB) are 20 MiB.
    assert render.text(
        plan(levels=[{"term": "bytes", "value": 20971520, "bound": 20971520, "gap": 0.0}])
    ) == (
        "record on acme: optimal plan\n"
        "\n"
        "buffer  heap  format  image     stride    bytes  count  takes\n"
        "frame   cma   XR24    1366x768  5632    4325376      4  4 × 5 MiB = 20 MiB\n"
        "\n"
        "frame\n"
        "  touched by   gpu0.render (writes), encoder.frame (reads)\n"
        "  allocate as  default_cma_region, else reserved\n"
        "  heap         encoder has no IOMMU, so frame must be one physical run\n"
        "               [acme.dts: encoder]\n"
        "  not system   system guarantees runs of 4 KiB\n"
        "               [system_heap.c]\n"
        "\n"
        "Cost\n"
        "term      value\n"
        "bytes  20971520  20.0 MiB\n"
    )


def test_infeasible_names_the_facts_and_then_the_ways_out() -> None:
    conflict = [{"kind": "capacity", "subject": "cma", "text": "cma has 16 MiB free", "source": "acme.dts"}]
    remedies = [
        {"change": "buffers.frame.count", "to": 3, "text": "ask for 3 buffers", "rank": 2},
        {"change": "memory.cma.size", "to": 20971520, "text": "enlarge cma to 20 MiB", "rank": 1},
    ]
    answer = Infeasible.model_validate(
        {"platform": "acme", "pipelines": ["record"], "conflict": conflict, "remedies": remedies}
    )
    assert render.text(answer) == (
        "record on acme: infeasible\n"
        "\n"
        "This fact rules out every plan\n"
        "  capacity  cma has 16 MiB free\n"
        "            [acme.dts]\n"
        "\n"
        "Ways out, cheapest first\n"
        "  1  enlarge cma to 20 MiB\n"
        "  2  ask for 3 buffers\n"
    )


def test_undecided_says_which_limit() -> None:
    answer = Undecided(platform="acme", pipelines=("record",), text="the limit of 1 s was reached")
    assert render.text(answer) == "record on acme: undecided\n\n  the limit of 1 s was reached\n"


def test_planes_are_listed_when_there_are_several() -> None:
    planes = [{"offset": 0, "stride": 64, "size": 4096}, {"offset": 4096, "stride": 64, "size": 2048}]
    shown = render.text(plan({"format": "NV12", "planes": planes}))
    assert "plane 1      offset 4096, stride 64, 2048 bytes\n" in shown
    assert "  64, 64  " in shown


def test_two_pipelines_get_a_column_of_their_own() -> None:
    shown = render.text(plan(pipelines=["record", "play"]))
    assert "pipeline  buffer" in shown
    assert "\nrecord: frame\n" in shown


def test_a_feasible_plan_tells_its_gap() -> None:
    levels = [{"term": "conversion-bytes", "value": 200, "bound": 150, "gap": 0.25}]
    shown = render.text(plan(status="feasible", levels=levels))
    assert "feasible plan; conversion-bytes is 200 bytes/s, and no plan has less than 150 bytes/s\n" in shown
    assert "conversion-bytes    200  bytes/s    150  25.00%" in shown


def test_what_is_not_promised_dropped_or_warned_of_is_said() -> None:
    unknown = [{"subject": "panel", "field": "stride.multiple", "text": "nobody has read it"}]
    dropped = [{"buffer": "frame", "pipeline": "record", "wish": 6, "granted": 4, "text": "4 of 6 buffers"}]
    shown = render.text(plan(unknown_facts=unknown, dropped=dropped, warnings=["the heap is shared"]))
    assert (
        "Not promised, because the profile does not know\n  panel stride.multiple  nobody has read it\n"
        in shown
    )
    assert "Dropped wishes\n  frame  4 of 6 buffers\n" in shown
    assert "Warnings\n  the heap is shared\n" in shown


def test_why_not_says_what_a_possible_choice_costs_more() -> None:
    best = plan(levels=[{"term": "conversion-bytes", "value": 100, "bound": 100, "gap": 0.0}])
    other = plan(levels=[{"term": "conversion-bytes", "value": 160, "bound": 160, "gap": 0.0}])
    shown = render.plain(render.why_not("frame:system", other, best))
    assert shown.startswith(
        "record on acme: frame:system is possible, but more conversion-bytes by 60 bytes/s (160 instead of 100)"
    )


def test_why_not_of_the_impossible_is_the_conflict() -> None:
    conflict = [
        {"kind": "contiguous-memory", "subject": "frame→encoder", "text": "no IOMMU", "source": "acme.dts"}
    ]
    answer = Infeasible.model_validate({"platform": "acme", "pipelines": ["record"], "conflict": conflict})
    assert render.plain(render.why_not("frame:system", answer)) == (
        "record on acme: frame:system cannot be\n"
        "\n"
        "This fact rules out every plan\n"
        "  contiguous-memory  no IOMMU\n"
        "                     [acme.dts]\n"
        "\n"
        "No single change was found that makes a plan\n"
    )


def test_why_not_may_be_undecided_or_cost_nothing() -> None:
    undecided = Undecided(platform="acme", pipelines=("record",), text="the limit came first")
    assert "frame:system: undecided" in render.plain(render.why_not("frame:system", undecided))
    assert "is possible, at the same cost" in render.plain(render.why_not("frame:cma", plan(), plan()))


def test_an_alternative_is_told_by_what_it_costs() -> None:
    levels = [{"term": "conversion-bytes", "value": 0, "bound": 0, "gap": 0.0}]
    best = plan(levels=[*levels, {"term": "fine-load", "value": 500000, "bound": 500000, "gap": 0.0}])
    other = plan(
        {"heap": "carveout"},
        levels=[*levels, {"term": "fine-load", "value": 400000, "bound": 1, "gap": 0.0}],
    )
    shown = render.plain(render.alternative(1, best, other))
    assert shown.startswith(
        "Alternative 1: less fine-load by 100000 ppm (10.00 %) (400000 instead of 500000)\n"
    )
    assert "carveout" in shown
    assert render.plain(render.alternative(2, best, best)).startswith("Alternative 2: equal in cost\n")


def test_raw_data_has_neither_image_nor_stride() -> None:
    raw = {"format": None, "modifier": None, "modifier_value": None, "width": 0, "height": 0, "count": 1}
    raw |= {
        "planes": [{"offset": 0, "stride": 0, "size": 4096}],
        "size": 4096,
        "allocated": 4096,
        "names": [],
    }
    shown = render.text(plan(raw))
    assert "buffer  heap  format  image  stride  bytes  count  takes\n" in shown
    assert "frame   cma   raw                     4096      1  4 KiB\n" in shown
    assert "allocate as" not in shown


def test_what_is_not_plain_about_a_layout_is_told() -> None:
    planes = [
        {"offset": 0, "stride": 1920, "size": 2088960, "dmabuf": 0},
        {"offset": 0, "stride": 1920, "size": 1044480, "dmabuf": 1},
    ]
    tiled = {
        "format": "NV12",
        "modifier": "MTK_16L_32S_TILE",
        "coded_width": 1920,
        "coded_height": 1088,
        "planes": planes,
    }
    rejected = [{"heap": "carveout", "reasons": []}]
    shown = render.text(plan(tiled | {"colour": "BT.709", "rejected": rejected}))
    assert "NV12 MTK_16L_32S_TILE BT.709" in shown
    assert "coded size    1920x1088\n" in shown
    assert "plane 1       offset 0 in dma-buf 1, stride 1920, 1044480 bytes\n" in shown
    assert "not carveout  costs more\n" in shown


def test_conversions_are_listed() -> None:
    step = {
        "pipeline": "film",
        "buffer": "frame",
        "reads": "frame",
        "writes": "frame>1",
        "device": "scaler",
        "from": "source",
        "to": "target",
        "changes": ["format"],
        "lossless": False,
        "bytes_per_second": 60,
        "text": "scaler turns frame into NV12",
        "source": "made up",
    }
    assert "Conversions\n  frame>1  scaler turns frame into NV12\n" in render.text(plan(conversions=[step]))


def test_text_of_others_cannot_steer_the_terminal() -> None:
    reason = FRAME["reasons"][0] | {"text": "a\x1b[2Jb\nc\u202ed", "source": "x\x07"}
    shown = render.text(plan({"reasons": [reason], "names": ["\x1b]0;title\x07"]}))
    assert not {c for c in shown if not c.isprintable()} - {"\n"}
    assert "a?[2Jb c?d" in shown


def test_markdown_escapes_the_bars_of_its_cells() -> None:
    grid = render.Grid(("board", "n"), (("a|b", "1"),), frozenset({1}))
    assert render.markdown(grid) == "| board | n |\n| --- | ---: |\n| a\\|b | 1 |\n"


def test_a_terminal_gets_the_same_words() -> None:
    from rich.console import Console

    from heapwright.api.cli.output.terminal import draw

    drawn = io.StringIO()
    draw(render.blocks(plan()), Console(file=drawn, width=200, force_terminal=True, highlight=False))
    for said in (
        "optimal plan",
        "1366x768",
        "encoder has no IOMMU, so frame must be one physical run",
        "[acme.dts: encoder]",
    ):
        assert said in drawn.getvalue()
