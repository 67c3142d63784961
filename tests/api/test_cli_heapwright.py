"""The umbrella: platforms, schema, version."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from heapwright.platforms.catalog import board_names, load_platform
from heapwright.platforms.importers.records import Machine
from tests.api.questions import RECORD, Command
from tests.examples import ROOT


def test_platforms_list_is_one_board_a_line_name_first(heapwright: Command) -> None:
    said = heapwright("platforms", "list")
    assert said.code == 0
    assert [line.split("\t")[0] for line in said.out.splitlines()] == list(board_names())


def test_platforms_list_as_json(heapwright: Command) -> None:
    assert {"name": "acme-one", "title": "Acme One (the thread's board)", "kernel": "6.12"} in heapwright(
        "platforms", "list", "--json"
    ).json


def test_platforms_show_is_for_people(heapwright: Command) -> None:
    said = heapwright("platforms", "show", "acme-one")
    assert said.code == 0
    assert "  cma  64 MiB  0xb0000000" in said.out


@pytest.mark.parametrize("name", board_names())
def test_a_profile_that_was_shown_can_be_handed_back(heapwright: Command, name: str, tmp_path: Path) -> None:
    shown = heapwright("platforms", "show", name, "--json")
    again = tmp_path / f"{name}.json"
    again.write_text(shown.out)
    assert load_platform(again) == load_platform(name)


def test_platforms_check_says_what_is_wrong_where(
    heapwright: Command, tmp_path: Path, small_cma: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema: heapwright/platform/1\nname: bad\nmemory:\n  dram: {size: 1GiB}\n")
    said = heapwright("platforms", "check", small_cma, str(bad))
    assert said.code == 2
    assert "small is sound" in said.out
    assert f"{bad}:4: memory.dram: 'source' is missing" in said.err


def test_platforms_check_doubts_a_firewall_whose_memory_others_use(
    heapwright: Command, tmp_path: Path
) -> None:
    file = tmp_path / "my.yaml"
    other = (
        "{via: dma-heap, names: [mine], memory: [sdp], run: whole, align: 4KiB, cpu: cached, source: a test}"
    )
    header = "schema: heapwright/platform/1\nname: my\nextends: tee-protected\n"
    file.write_text(f"{header}heaps:\n  mine: {other}\n  secure-video:\n    access: [decoder, panel]\n")
    said = heapwright("platforms", "check", str(file))
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"{file}:7: heaps.secure-video.access: secure-video admits decoder, panel (static), but mine allocates from "
        "sdp too and has no firewall; one range has one access list, so nothing protected is put there\n"
    )


def test_platforms_check_notes_a_modifier_that_nobody_knows(heapwright: Command, tmp_path: Path) -> None:
    text = "devices: {panel: {ports: {scanout: {images: [{formats: [XR24], modifiers: [LINER]}]}}}}"
    file = tmp_path / "my.yaml"
    file.write_text(f"schema: heapwright/platform/1\nname: my\nextends: acme-one\n{text}\n")
    said = heapwright("platforms", "check", str(file))
    assert said.code == 0 and "my is sound" in said.out
    assert said.err == (
        f"{file}:4: note: no modifier 'LINER' is known; it is carried opaquely (did you mean LINEAR?)\n"
    )


SOUND_PART = "this part is sound by itself; what it leaves to a board is checked with one that extends it"
PARTS = sorted((ROOT / "platforms/profiles").glob("part-*.yaml"))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.stem)
def test_platforms_check_takes_our_parts_by_name_and_by_file(heapwright: Command, part: Path) -> None:
    said = heapwright("platforms", "check", part.stem, str(part))
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{part.stem}: {SOUND_PART}\n{part}: {SOUND_PART}\n"


def test_platforms_check_takes_a_part_of_ones_own(heapwright: Command, tmp_path: Path) -> None:
    head = "schema: heapwright/platform/1\nname: card\npart: true\n"
    port = "{access: read, images: [{formats: [XR24], modifiers: [LINER]}], source: a manual}"
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(
        f"{head}devices: {{card: {{kind: display, source: a manual, ports: {{scanout: {port}}}}}}}\n"
    )
    bad.write_text(f"{head}memory: {{vram: {{size: 4GB}}}}\n")
    said = heapwright("platforms", "check", str(good), str(bad))
    assert said.code == 2
    assert said.out == f"{good}: {SOUND_PART}\n"
    assert f"{good}:4: note: no modifier 'LINER' is known" in said.err
    assert f"{bad}:4: memory.vram.size: " in said.err


def test_a_part_is_no_board_to_solve_for(heapwright: Command) -> None:
    said = heapwright("platforms", "show", "part-uvc")
    assert said.code == 2
    assert "part-uvc is a part, no board; a board combines it by extends: [BOARD, part-uvc]" in said.err


def test_where_there_is_nothing_to_try_discover_and_verify_say_so(
    heapwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "heapwright.allocator.linux.discover.machine", lambda: Machine("a server", "6.12", 4096)
    )
    monkeypatch.setattr("heapwright.api.cli.commands.discover.can_be_verified", lambda: False)
    monkeypatch.setattr("heapwright.api.cli.commands.verify.can_be_verified", lambda: False)
    file = tmp_path / "d.yaml"
    found = heapwright("discover", "-o", str(file))
    assert found.code == 0
    assert (
        "this machine has no heap, card or video node: its profile is the processor and memory" in found.err
    )
    said = heapwright("verify", str(file))
    assert said.code == 2
    assert said.err.endswith(
        "no device has a node, and this machine has no heap, card or video node: nothing can be tried here\n"
    )


def test_a_board_is_not_verified_on_another_machine(
    heapwright: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heapwright.api.cli.commands.verify.can_be_verified", lambda: True)
    said = heapwright("verify", "acme-one")
    assert said.code == 2
    assert "no device has a node: it is the profile of a board, or was made from files" in said.err


@pytest.mark.parametrize("document", ["pipeline", "platform", "answer"])
def test_schemas_are_json_schemas(heapwright: Command, document: str) -> None:
    said = heapwright("schema", document)
    assert said.json == heapwright("schema").json[document]
    jsonschema_rs.validator_for(said.json)


def test_documents_fit_their_schemas(heapwright: Command, solve: Command, record: str) -> None:
    jsonschema_rs.validate(heapwright("schema", "pipeline").json, RECORD)
    profile = heapwright("platforms", "show", "acme-one", "--json").json
    jsonschema_rs.validate(heapwright("schema", "platform").json, profile)
    answer = json.loads(solve(record, "-p", "acme-one", "--json").out)
    jsonschema_rs.validate(heapwright("schema", "answer").json, answer)


def test_a_fourcc_may_be_a_number_in_what_is_read_and_is_a_name_in_what_is_printed(
    heapwright: Command, solve: Command, tmp_path: Path
) -> None:
    frame = {**RECORD["buffers"]["frame"], "formats": [0x34325258]}  # XR24
    numbered = {**RECORD, "buffers": {"frame": frame}}
    jsonschema_rs.validate(heapwright("schema", "pipeline").json, numbered)
    path = tmp_path / "numbered.json"
    path.write_text(json.dumps(numbered))
    [placement] = solve(str(path), "-p", "acme-one", "--json").json["placements"]
    assert placement["format"] == "XR24"
    profile = heapwright("platforms", "show", "acme-one", "--json").json
    [image] = profile["devices"]["panel"]["ports"]["scanout"]["images"]
    image["formats"] = [0x34325258]
    jsonschema_rs.validate(heapwright("schema", "platform").json, profile)


def test_version_is_one_line(heapwright: Command, solve: Command) -> None:
    assert heapwright("--version").out == solve("--version").out
    assert solve("--version").out.startswith("heapwright ")
