"""`solve` from a person's side: what it prints and how it ends."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from functools import partial
from pathlib import Path

import pytest

import heapwright
from heapwright.allocator.kernel.board import SimulatedBoard
from heapwright.api.allocate import simulated
from heapwright.solver.answer.plan import Undecided
from tests.api.questions import RECORD, Command


def test_a_plan_is_a_table_with_reasons(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("record-and-preview on acme-one: optimal plan\n")
    # 1366 × 4 = 5464 bytes, to the GPU's 256: 5632; × 768 rows = 4325376; 5 MiB in CMA, four times.
    assert "frame   cma   XR24    1366x768  5632    4325376      4  4 × 5 MiB = 20 MiB" in said.out
    assert "encoder" in said.out and "not system" in said.out


def test_json_is_the_answer_and_nothing_else(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--json")
    assert said.code == 0
    answer = said.json
    assert answer["schema"] == "heapwright/answer/1"
    [placement] = answer["placements"]
    assert (placement["heap"], placement["planes"][0]["stride"], placement["allocated"]) == (
        "cma",
        5632,
        5242880,
    )


def test_the_same_question_gives_the_same_bytes(solve: Command, record: str) -> None:
    asked = (record, "-p", "acme-one", "--json")
    assert solve(*asked).out == solve(*asked).out


def test_infeasible_exits_1_with_conflict_and_ways_out(solve: Command, record: str, small_cma: str) -> None:
    said = solve(record, "-p", small_cma)
    assert said.code == 1
    assert "record-and-preview on small: infeasible" in said.out
    assert "Ways out, cheapest first" in said.out
    assert "enlarge cma to 20 MiB (memory.cma.size, now 16 MiB)" in said.out


def test_undecided_exits_3(solve: Command, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Undecided(platform="acme-one", pipelines=("record-and-preview",), text="the limit came first")
    monkeypatch.setattr(heapwright, "solve", lambda *_, **__: answer)
    said = solve(record, "-p", "acme-one")
    assert said.code == 3
    assert "the limit came first" in said.out


@pytest.mark.parametrize(
    ("given", "seconds", "work"),
    [
        ((), 30.0, None),
        (("--time-limit", "3"), 3.0, None),
        (("--work-limit", "2"), None, 2.0),
        (("--time-limit", "3", "--work-limit", "2"), 3.0, 2.0),
    ],
)
def test_seconds_are_limited_unless_work_is(
    solve: Command,
    record: str,
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[str, ...],
    seconds: float | None,
    work: float | None,
) -> None:
    seen: list[heapwright.Options] = []

    def undecided(*_: object, options: heapwright.Options, **__: object) -> Undecided:
        seen.append(options)
        return Undecided(platform="acme-one", pipelines=("record-and-preview",), text="the limit came first")

    monkeypatch.setattr(heapwright, "solve", undecided)
    solve(record, "-p", "acme-one", *given)
    assert [(options.time_limit, options.work_limit) for options in seen] == [(seconds, work)]


def test_no_time_at_all_is_undecided_and_little_work_may_leave_a_plan(
    solve: Command, record: str, small_cma: str
) -> None:
    said = solve(record, "-p", "acme-one", "--time-limit", "0", "--json")
    assert (said.code, said.json["status"], said.json["limited_by"]) == (3, "undecided", "wall")
    assert solve(record, "-p", "acme-one", "--work-limit", "0").code == 0
    assert solve(record, "-p", small_cma, "--work-limit", "0").code == 1


def test_the_platform_may_come_from_the_environment(
    solve: Command, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEAPWRIGHT_PLATFORM", "acme-one")
    assert solve(record).code == 0


def test_without_a_platform_the_boards_are_listed(solve: Command, record: str) -> None:
    said = solve(record)
    assert said.code == 2
    assert "HEAPWRIGHT_PLATFORM" in said.err and "acme-one" in said.err


def test_an_unknown_board_is_bad_input(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-two")
    assert said.code == 2
    assert "no board 'acme-two'" in said.err and "did you mean 'acme-one'?" in said.err


def test_problems_of_every_file_come_at_once(solve: Command, tmp_path: Path) -> None:
    pipeline, platform = tmp_path / "a.yaml", tmp_path / "b.yaml"
    pipeline.write_text("schema: heapwright/pipeline/1\nname: a\nbufers: {}\n")
    platform.write_text("schema: heapwright/platform/1\nname: b\nheapz: {}\n")
    said = solve(str(pipeline), "-p", str(platform))
    assert said.code == 2
    assert f"{pipeline}:3: " in said.err and f"{platform}:3: " in said.err


def test_a_pipeline_may_come_from_standard_input(solve: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(RECORD).encode())))
    assert solve("-", "-p", "acme-one").code == 0


def test_a_pin_is_obeyed(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--pin", "frame:stride=5888", "--json")
    assert said.json["placements"][0]["planes"][0]["stride"] == 5888  # 23 × 256


def test_a_modifier_that_nobody_knows_is_noted(solve: Command, tmp_path: Path) -> None:
    frame = RECORD["buffers"]["frame"] | {"modifiers": ["linear", "LINEAR"]}
    file = tmp_path / "record.json"
    file.write_text(json.dumps(RECORD | {"buffers": {"frame": frame}}))
    said = solve(str(file), "-p", "acme-one")
    assert said.code == 0
    sentence = "no modifier 'linear' is known; it is carried opaquely (did you mean LINEAR?)"
    assert said.err == f"solve: note: record-and-preview: buffer 'frame': {sentence}\n"
    pinned = solve(str(file), "-p", "acme-one", "--pin", "frame:modifier=LINAER")
    assert "note: pin of 'frame': no modifier 'LINAER' is known" in pinned.err


def test_a_bad_question_is_reported_as_the_option_it_came_from(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--why-not", "frame:0")
    assert (said.code, said.err) == (2, "solve: why-not: 'frame:0': expected a positive number, got '0'\n")


def test_a_malformed_pin_is_bad_input(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--pin", "frame=cma")
    assert said.code == 2
    assert "frame:heap=cma" in said.err


def test_why_not_names_the_fact_in_the_way(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--why-not", "frame:system")
    assert said.code == 1
    assert said.out.startswith("record-and-preview on acme-one: frame:system cannot be")
    assert "contiguous-memory" in said.out and "encoder" in said.out


def test_why_not_of_something_possible_tells_the_difference(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--why-not", "frame:5888")
    assert said.code == 0
    assert "frame:5888 is possible, but more" in said.out


def test_alternatives_follow_the_plan(solve: Command, tmp_path: Path) -> None:
    playback = tmp_path / "playback.yaml"
    frame = {
        "size": "1280x720",
        "count": 3,
        "written_by": "video-decoder.frame",
        "read_by": "display.scanout",
    }
    playback.write_text(json.dumps(RECORD | {"name": "playback", "buffers": {"frame": frame}}))
    said = solve(str(playback), "-p", "acme-one", "--alternatives", "2", "--json")
    # Both behind an MMU, so the frame may lie in system, at a smaller share of its memory than in cma.
    assert said.json["placements"][0]["heap"] == "system"
    assert [plan["placements"][0]["heap"] for plan in said.json["alternatives"]] == ["cma"]
    assert "Alternative 1: more load by " in solve(str(playback), "-p", "acme-one", "--alternatives", "1").out


def test_no_alternative_is_said(solve: Command, record: str) -> None:
    assert (
        "Alternatives: 0 of 1: there are no more plans"
        in solve(record, "-p", "acme-one", "--alternatives", "1").out
    )


def test_what_exists_already_is_charged(solve: Command, record: str, tmp_path: Path) -> None:
    first = tmp_path / "first.json"
    assert solve(record, "-p", "acme-one", "--json", "-o", str(first)).code == 0
    second = tmp_path / "second.yaml"
    second.write_text(json.dumps(RECORD | {"name": "second"}))
    said = solve(str(second), "-p", "acme-one", "--live", str(first))
    assert said.code == 0  # 64 MiB hold 20 + 20
    third = tmp_path / "third.yaml"
    third.write_text(
        json.dumps(
            RECORD | {"name": "third", "buffers": {"frame": RECORD["buffers"]["frame"] | {"count": 9}}}
        )
    )
    assert solve(str(third), "-p", "acme-one", "--live", str(first)).code == 1  # 20 + 45 > 64


def test_stats_go_to_standard_error(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--stats", "--json")
    assert said.json["status"] == "optimal"
    assert isinstance(json.loads(said.err), dict)


def test_output_replaces_the_file_and_keeps_its_mode(solve: Command, record: str, tmp_path: Path) -> None:
    to = tmp_path / "plan.txt"
    to.write_text("old")
    to.chmod(0o600)
    said = solve(record, "-p", "acme-one", "-o", str(to))
    assert (said.code, said.out) == (0, "")
    assert to.read_text().startswith("record-and-preview on acme-one")
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_output_follows_a_link_and_does_not_replace_a_device(
    solve: Command, record: str, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    assert solve(record, "-p", "acme-one", "--json", "-o", str(link)).code == 0
    assert link.is_symlink() and json.loads(real.read_text())["status"] == "optimal"
    assert solve(record, "-p", "acme-one", "-o", os.devnull).code == 0
    assert not Path(os.devnull).is_file()


def test_output_that_cannot_be_written_is_said(solve: Command, record: str, tmp_path: Path) -> None:
    said = solve(record, "-p", "acme-one", "-o", str(tmp_path / "no" / "such.json"))
    assert said.code == 2
    assert "cannot be written" in said.err


@pytest.mark.parametrize(
    "options",
    [
        ("--markdown",),
        ("-p", "all", "--why-not", "frame:system"),
        ("-p", "all", "--alternatives", "2"),
        ("-p", "all", "--live", "x.json"),
        ("-p", "all", "--allocate", "simulated"),
        ("-p", "all", "--markdown", "--json"),
        ("--why-not", "frame:system", "--alternatives", "1"),
        ("--gap", "nan"),
        ("--gap", "-1"),
        ("--time-limit", "inf"),
        ("--time-limit", "-1"),
        ("--work-limit", "inf"),
        ("--work-limit", "-1"),
        ("--alternatives", "-1"),
        ("--allocate", "toaster"),
        ("--allocate", "simulated", "--hold"),
        ("--hold",),
        ("--bogus",),
    ],
)
def test_options_that_make_no_sense_are_bad_input(
    solve: Command, record: str, options: tuple[str, ...]
) -> None:
    platform = () if "-p" in options else ("-p", "acme-one")
    said = solve(record, *platform, *options)
    assert (said.code, said.out) == (2, "")
    assert "Error: " in said.err


def test_a_board_that_this_machine_is_not_cannot_be_allocated(solve: Command, record: str) -> None:
    # Its heaps may be here under the same names; its devices have no node.
    said = solve(record, "-p", "acme-one", "--allocate", "linux", "--json")
    assert said.code == 4
    allocation = said.json["allocation"]
    assert (allocation["backend"], allocation["buffers"]) == ("linux", [])
    assert allocation["faults"]


def test_a_bug_of_ours_is_one_line(solve: Command, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(heapwright, "solve", broken)
    said = solve(record, "-p", "acme-one")
    assert said.code == 70
    assert said.err.startswith("solve: a bug of ours: RuntimeError: two lines")
    assert said.err.count("\n") == 1


def test_an_allocation_that_fails_exits_4(
    solve: Command, record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = partial(SimulatedBoard, used={"cma": 60 << 20})
    monkeypatch.setattr(simulated, "SimulatedBoard", full)
    said = solve(record, "-p", "acme-one", "--allocate", "simulated")
    assert said.code == 4
    assert "Allocation failed in the simulator" in said.out
    assert said.err.startswith("solve: buffer 'frame': ENOMEM: cma: no room for 4325376 bytes")
    assert solve(record, "-p", "acme-one", "--allocate", "simulated", "--json").json["allocation"]["faults"]


def test_what_exists_already_is_there_in_the_simulator_too(
    solve: Command, record: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.yaml"
    solve(record, "-p", "acme-one", "--json", "-o", str(first))
    second.write_text(json.dumps(RECORD | {"name": "second"}))
    said = solve(str(second), "-p", "acme-one", "--live", str(first), "--allocate", "simulated", "--json")
    assert said.code == 0
    addresses = [buffer["dmabufs"][0]["address"] for buffer in said.json["allocation"]["buffers"]]
    # first-fit in cma at 0xb0000000: four slots of 5 MiB are taken
    assert addresses[0] == f"{0xB0000000 + 4 * (5 << 20):#x}"


def test_allocating_in_the_simulator_is_reported(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--allocate", "simulated")
    assert said.code == 0
    assert "Allocated in the simulator" in said.out


@pytest.mark.parametrize(
    ("kernel", "names"),
    [("6.12", ["linux,cma", "reserved"]), ("7.2", ["default_cma_region", "linux,cma", "reserved"])],
)
def test_a_kernel_has_its_own_names(solve: Command, record: str, kernel: str, names: list[str]) -> None:
    said = solve(record, "-p", "acme-one", "--kernel", kernel, "--json")
    assert said.code == 0
    assert said.json["placements"][0]["names"] == names
    assert ("other facts of acme-one were read from 6.12" in said.err) == (kernel != "6.12")


def test_what_is_no_kernel_is_bad_input(solve: Command, record: str) -> None:
    said = solve(record, "-p", "acme-one", "--kernel", "six")
    assert said.code == 2
    assert "expected a kernel version such as 6.12, got 'six'" in said.err
