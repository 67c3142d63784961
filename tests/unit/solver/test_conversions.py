"""Buffers that no single placement suits: copies, chains, what is shared, who may, and at what price."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible, Plan
from heapwright.solver.question.limits import LimitReached, Limits
from tests.builders import SOURCE, Json, board, buffer, device, heap, image, memory, peak, pipeline, port

EVERYTHING = ["format", "modifier", "memory", "stride"]


def edge(from_: str, to: str, *changes: str, lossless: bool = False) -> Json:
    kinds = list(changes) or EVERYTHING
    return {"from": from_, "to": to, "may_change": kinds, "lossless": lossless, "source": SOURCE}


def rga(reads: tuple[str, ...], writes: tuple[str, ...], *changes: str, **facts: Any) -> Json:
    made = edge("source", "target", *changes, lossless=facts.pop("lossless", False))
    source, target = facts.pop("source", {}), facts.pop("target", {})
    return device(
        "2d",
        source=port(image(*reads), **source),
        target=port(image(*writes), **target),
        converts=[made],
        **facts,
    )


def planned(platform: Platform, **buffers: Json) -> Plan:
    made = {name: {"conversions": "allow", **spec} for name, spec in buffers.items()}
    found = solve(platform, [pipeline(**made)])
    assert isinstance(found, Plan), [reason.text for reason in getattr(found, "conflict", ())]
    return found


def steps(plan: Plan) -> list[tuple[str, str, str]]:
    return [(step.reads, step.device, step.writes) for step in plan.conversions]


def level(plan: Plan, term: str) -> int:
    return next(each.value for each in plan.levels if each.term == term)


def test_nothing_is_converted_where_one_placement_suits_all() -> None:
    plan = planned(board(devices={"rga": rga(("XR24",), ("XR24",))}), frame=buffer())
    assert plan.conversions == ()
    assert level(plan, "conversion-bytes") == 0


def test_a_copy_takes_a_frame_from_one_memory_to_another() -> None:
    platform = board(
        memory={"vram": memory("1GiB", local="panel")},
        heaps={"system": heap("dram"), "vram": heap("vram")},
        devices={
            "panel": device("display", scanout=port(memory=["vram"])),
            "blitter": rga(("XR24",), ("XR24",), "memory", lossless=True, dma={"mmu": True, "p2p": "static"}),
        },
    )
    platform = platform.model_copy(
        update={
            "memory": {
                **platform.memory,
                "vram": platform.memory["vram"].model_copy(update={"reached_by": ("blitter",)}),
            }
        }
    )
    plan = planned(platform, frame=buffer())
    assert [(p.buffer, p.heap) for p in plan.placements] == [("frame", "system"), ("frame>1", "vram")]
    assert plan.conversions[0].changes == ("memory",)
    assert level(plan, "lossy-conversions") == 0
    # 1024 bytes read and 1024 written, 60 times a second
    assert level(plan, "conversion-bytes") == 2 * 1024 * 60 == plan.conversions[0].bytes_per_second


def prime(link: int = 20_000_000, **facts: Any) -> Platform:
    """A card that renders in its own memory or in that of the chip, which alone the panel shows; 1024 bytes, 60 times a second."""
    gpu = device(
        "gpu",
        render=port(),
        sample=port(),
        link="slot",
        converts=[{**edge("sample", "render", "memory", lossless=True), **facts}],
    )
    return board(
        memory={
            "vram": memory("1GiB", local="gpu", bandwidth=peak(10**9)),
            "dram": memory(bandwidth=peak(10**9)),
        },
        heaps={"system": heap("dram"), "vram": heap("vram", exporter="gpu")},
        devices={"gpu": gpu, "panel": device("display", scanout=port(takes_from=["system"]))},
        links={"slot": {"type": "pcie", "bandwidth": link, "source": SOURCE}},
    )


RENDERED = {"written_by": "gpu.render"}


def test_a_card_copies_what_a_panel_shows_where_the_link_would_carry_more_without() -> None:
    plan = planned(prime(), frame=buffer(**RENDERED))
    assert [(p.buffer, p.heap) for p in plan.placements] == [("frame", "vram"), ("frame>1", "system")]
    assert level(plan, "conversion-bytes") == 0
    # 61440 bytes/s: once over 16 MB/s, and four times to or from 700 MB/s, each rounded up to whole ppm.
    [load] = [each for each in plan.levels if each.term == "load"]
    assert load.parts is not None
    assert load.parts.traffic == 3840 + 3 * 88
    assert (
        "panel has no peer-to-peer way there: gpu copies it from vram to system" in plan.conversions[0].text
    )


def test_it_does_not_copy_where_nothing_is_won() -> None:
    # A link that carries more than the memory at its end: a copy would only come on top.
    assert planned(prime(link=10**12), frame=buffer(**RENDERED)).conversions == ()
    assert planned(prime(lossless=False), frame=buffer(**RENDERED)).conversions == ()
    assert planned(prime(), frame=buffer(conversions="forbid", **RENDERED)).conversions == ()


def test_a_limit_while_copies_are_looked_for_leaves_the_plan_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def check(limits: Limits) -> None:
        if limits.phase == "conversions were looked for":
            limits.stop()
            raise LimitReached

    monkeypatch.setattr(Limits, "check", check)
    plan = planned(prime(), frame=buffer(**RENDERED))
    assert (plan.status, plan.limited_by, plan.conversions) == ("feasible", "wall", ())
    assert [each.bound for each in plan.levels[:3]] == [0, 0, 0]
    assert next(each for each in plan.levels if each.term == "load").bound == 0, "nothing is certain"


def test_readers_that_want_the_same_share_one_conversion() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "encoder": device("video-encoder", frame=port(image("XR24"))),
            "rga": rga(("YUYV",), ("XR24",)),
        }
    )
    plan = planned(platform, frame=buffer(read_by=["display.scanout", "video-encoder.frame"]))
    assert steps(plan) == [("frame", "rga", "frame>1")]
    assert {a.device for a in plan.placements[1].attachments} == {"rga", "panel", "encoder"}


def test_conversions_follow_each_other() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "a": rga(("YUYV",), ("NV12",)),
            "b": rga(("NV12",), ("NV16",)),
            "c": rga(("NV16",), ("XR24",)),
        }
    )
    plan = planned(platform, frame=buffer())
    assert steps(plan) == [
        ("frame", "a", "frame>1"),
        ("frame>1", "b", "frame>2"),
        ("frame>2", "c", "frame>3"),
    ]
    assert level(plan, "lossy-conversions") == 3


def test_the_cpu_converts_only_where_no_chain_of_others_does() -> None:
    edge = {"from": "read", "to": "write", "may_change": ["format", "memory", "stride"]}
    chain = {"a": rga(("YUYV",), ("NV12",)), "b": rga(("NV12",), ("NV16",)), "c": rga(("NV16",), ("XR24",))}
    devices = {
        "camera": device("camera", capture=port(image("YUYV"))),
        "cpu0": device("cpu", read=port(image("YUYV")), write=port(image("XR24")), converts=[edge]),
    }
    plan = planned(board(devices=devices | chain), frame=buffer())
    assert [device for _, device, _ in steps(plan)] == ["a", "b", "c"]
    alone = planned(board(devices=devices), frame=buffer())
    assert [device for _, device, _ in steps(alone)] == ["cpu0"]
    assert level(alone, "lossy-conversions") == 4


def test_four_in_a_row_are_too_many() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "a": rga(("YUYV",), ("NV12",)),
            "b": rga(("NV12",), ("NV16",)),
            "c": rga(("NV16",), ("NV24",)),
            "d": rga(("NV24",), ("XR24",)),
        }
    )
    assert isinstance(solve(platform, [pipeline(frame=buffer(conversions="allow"))]), Infeasible)


def test_the_picture_does_not_go_grey_to_save_bytes() -> None:
    # XR24 over R8 to NV12 would move fewest bytes; AR24 keeps the colours.
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("XR24"))),
            "panel": device("display", scanout=port(image("NV12"))),
            "gpu": rga(("XR24",), ("AR24", "R8", "RG16")),
            "mdp": rga(("AR24", "R8", "RG16"), ("NV12",)),
        }
    )
    plan = planned(platform, frame=buffer())
    assert [p.format for p in plan.placements] == ["XR24", "AR24", "NV12"]


def test_a_lossless_way_is_taken_however_long() -> None:
    platform = board(
        devices={
            "camera": device("camera", capture=port(image("YUYV"))),
            "lossy": rga(("YUYV",), ("XR24",)),
            "a": rga(("YUYV",), ("NV24",), lossless=True),
            "b": rga(("NV24",), ("XR24",), lossless=True),
        }
    )
    plan = planned(platform, frame=buffer())
    assert [device for _, device, _ in steps(plan)] == ["a", "b"]


def test_the_cpu_converts_where_nobody_else_can() -> None:
    cpu = device("cpu", read=port(image("YUYV")), write=port(image("XR24")), converts=[edge("read", "write")])
    camera = device("camera", capture=port(image("YUYV")))
    alone = planned(board(devices={"camera": camera, "cpu0": cpu}), frame=buffer())
    assert steps(alone) == [("frame", "cpu0", "frame>1")]
    helped = planned(
        board(devices={"camera": camera, "cpu0": cpu, "rga": rga(("YUYV",), ("XR24",))}), frame=buffer()
    )
    assert steps(helped) == [("frame", "rga", "frame>1")]
    # a byte that the CPU moves counts 64-fold: (512 read + 1024 written) x 60 x 64
    assert level(alone, "conversion-bytes") == 64 * level(helped, "conversion-bytes") == 1536 * 60 * 64


def protected_board(converter: str) -> Platform:
    behind = ["camera", "panel", converter]
    allowed = {"protected": "allowed"}
    inside: Json = {"source": allowed, "target": allowed}
    return board(
        heaps={"system": heap("dram"), "tz": heap("tz", via="tee", cpu="none", access=[*behind])},
        devices={
            "camera": device("camera", capture=port(image("YUYV"), protected="allowed")),
            "panel": device("display", scanout=port(protected="allowed")),
            "inside": rga(("YUYV",), ("XR24",), **inside),
            "outside": rga(("YUYV",), ("XR24",)),
        },
    )


def test_protected_content_is_converted_behind_the_firewall() -> None:
    plan = planned(protected_board("inside"), frame=buffer(protected=True))
    assert steps(plan) == [("frame", "inside", "frame>1")]
    assert {p.heap for p in plan.placements} == {"tz"}


def test_it_is_not_handed_to_a_converter_that_refuses_it() -> None:
    question = pipeline(frame=buffer(protected=True, conversions="allow"))
    assert isinstance(solve(protected_board("outside"), [question]), Infeasible)


def test_the_way_out_names_the_edge_that_would_be_needed() -> None:
    bare = rga(("YUYV",), ("XR24",)) | {"converts": []}
    platform = board(devices={"camera": device("camera", capture=port(image("YUYV"))), "rga": bare})
    answer = solve(platform, [pipeline(frame=buffer(conversions="allow"))])
    assert isinstance(answer, Infeasible)
    assert "devices.rga.converts" in {remedy.change for remedy in answer.remedies}


def test_two_buffers_share_what_a_converter_has() -> None:
    # One instance of the port: the second frame finds it taken.
    one = rga(("YUYV",), ("XR24",), source={"how_many": 1})
    platform = board(devices={"camera": device("camera", capture=port(image("YUYV"))), "rga": one})
    both = {"first": buffer(conversions="allow"), "second": buffer(conversions="allow")}
    assert planned(platform, first=both["first"]).conversions
    assert isinstance(solve(platform, [pipeline(**both)]), Infeasible)


def test_a_pin_binds_the_buffer_and_not_its_copies() -> None:
    platform = board(
        heaps={"system": heap("dram"), "other": heap("dram")},
        devices={"camera": device("camera", capture=port(image("YUYV"))), "rga": rga(("YUYV",), ("XR24",))},
    )
    found = solve(platform, [pipeline(frame=buffer(conversions="allow"))], pins=["frame:heap=system"])
    assert isinstance(found, Plan)
    assert found.placements[0].heap == "system"


def test_an_answer_with_copies_can_be_live() -> None:
    platform = board(
        devices={"camera": device("camera", capture=port(image("YUYV"))), "rga": rga(("YUYV",), ("XR24",))}
    )
    first = planned(platform, frame=buffer())
    again = solve(platform, [pipeline("more", frame=buffer(conversions="allow"))], live=first.placements)
    assert isinstance(again, Plan)


def looking(rows: int) -> Json:
    """A port that looks for chroma after its height rounded up to so many rows."""
    return port(image("NV12", implied_offset={"rows": {"multiple": rows}}))


def test_a_copy_says_what_two_layouts_cannot_have_at_once() -> None:
    # 20 rows: chroma lies after 24 for the one, after 32 for the other.
    devices = {
        "camera": device("camera", capture=looking(8)),
        "panel": device("display", scanout=looking(16)),
    }
    rga2 = rga(("NV12",), ("NV12",), "stride", lossless=True)
    plan = planned(board(devices={**devices, "rga": rga2}), frame=buffer(size="16x20"))
    assert steps(plan) == [("frame", "rga", "frame>1")]
    told = "is told no plane offsets: it looks for chroma of frame after its height rounded up to"
    assert plan.conversions[0].text == (
        f"camera.capture {told} 8 rows; panel.scanout {told} 16 rows; "
        "camera.capture takes frame in 1 dma-buf(s) only: rga makes a copy (lossless)"
    )


def test_a_copy_says_which_memories_have_no_room_for_what_all_share() -> None:
    # Camera, panel and encoder hold 1 + 1 + 2 buffers of 4 KiB, and each memory has room for three:
    # camera, panel and rga share three in one, rga and encoder three in the other.
    platform = board(
        memory={"left": memory("12KiB", base=0x80000000), "right": memory("12KiB", base=0x90000000)},
        heaps={"left": heap("left"), "right": heap("right")},
        devices={
            "encoder": device("video-encoder", frame=port(holds=2)),
            "rga": rga(("XR24",), ("XR24",), "memory", lossless=True),
        },
    )
    plan = planned(platform, frame=buffer(size="32x32", read_by=["display.scanout", "video-encoder.frame"]))
    assert steps(plan) == [("frame", "rga", "frame>1")]
    assert plan.conversions[0].text == (
        "4 × frame need 16 KiB of left, which has 12 KiB free; "
        "4 × frame need 16 KiB of right, which has 12 KiB free; "
        "frame has as many buffers as its ports need; at least 4 are needed "
        "(held: camera.capture 1, panel.scanout 1, encoder.frame 2): "
        "rga copies it from left to right (lossless)"
    )
