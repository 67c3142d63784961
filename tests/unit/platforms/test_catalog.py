"""Boards by name and by file: what extends what, driver rules, and where problems are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heapwright.platforms.catalog import board_names, check_profile, load_platform, notes, platform_from
from heapwright.platforms.errors import InputError, UnknownPlatform
from heapwright.platforms.reading.yaml_source import read_text
from heapwright.platforms.schema import AlignBySize, Platform

HEAD = "schema: heapwright/platform/1\nname: {}\n"


def write(folder: Path, name: str, text: str, head: str = HEAD) -> Path:
    file = folder / f"{name}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(head.format(name) + text)
    return file


def refused(file: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_platform(file)
    return [
        f"{Path(problem.file).name}:{problem.line}: {problem.message}" for problem in caught.value.problems
    ]


def test_acme_one_is_the_board_of_the_design() -> None:
    board = load_platform("acme-one")
    assert (board.name, board.kernel, board.page) == ("acme-one", "6.12", 4096)
    assert board.memory["cma"].base == 0xB0000000
    assert board.heaps["cma"].align == AlignBySize(by_size_up_to=1 << 20)
    assert board.heaps["cma"].names == ("default_cma_region", "linux,cma", "reserved")
    assert board.heaps["video-protected"].access == ("decoder", "panel")
    assert board.devices["panel"].dma.iommu == "mmu0"
    assert board.devices["gpu0"].ports["render"].images[0].stride.multiple == 256
    assert board.devices["encoder"].dma.mmu is False
    assert sorted(board.devices) == ["cpu0", "decoder", "encoder", "gpu0", "panel"]


def test_an_unknown_board_is_an_error_that_lists_the_boards() -> None:
    with pytest.raises(
        UnknownPlatform, match=r"no board 'acme-tow'; did you mean 'acme-one'\? Boards are acme-one, "
    ):
        load_platform("acme-tow")


def test_a_part_is_said_to_be_one() -> None:
    with pytest.raises(
        UnknownPlatform, match=r"^part-uvc is a part, no board; a board combines it by extends: "
    ):
        load_platform("part-uvc")


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json"])
def test_what_is_extended_goes_without_suffix(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, "base", "extends: acme-one\n")
    assert refused(write(tmp_path, "top", f"extends: base{suffix}\n")) == [
        f"top.yaml:3: expected the name of a board or part without suffix: 'base', not 'base{suffix}'"
    ]


def test_a_modifier_that_nobody_knows_is_noted_where_it_stands(tmp_path: Path) -> None:
    text = """extends: acme-one
devices:
  panel:
    ports:
      scanout:
        images:
          - formats: [XR24]
            modifiers:
              - LINEAR
              - LINER
              - 0x0900000000000077
"""
    file = write(tmp_path, "x", text)
    assert load_platform(file).devices["panel"].ports["scanout"].images[0].modifiers[1] == "LINER"
    assert [str(note).replace(f"{tmp_path}/", "") for note in notes(file)] == [
        "x.yaml:12: note: no modifier 'LINER' is known; it is carried opaquely (did you mean LINEAR?)"
    ]


def test_a_display_that_does_not_count_its_planes_is_noted(tmp_path: Path) -> None:
    text = """\
extends: acme-one
devices:
  panel:
    ports:
      scanout:
        how_many: null
      cursor: {access: read, images: [{formats: [AR24]}], source: a test}
"""
    file = write(tmp_path, "x", text)
    assert load_platform(file).devices["panel"].ports["scanout"].how_many is None
    said = "does not say how_many planes it has, so any number of buffers is taken, and listed as unknown"
    assert [str(note).replace(f"{tmp_path}/", "") for note in notes(file)] == [
        f"x.yaml:7: note: panel.scanout {said}",
        f"x.yaml:9: note: panel.cursor {said}",
    ]
    stated = text.replace("how_many: null", "how_many: unknown").replace(
        "access: read,", "access: read, how_many: 1,"
    )
    assert notes(write(tmp_path, "y", stated)) == ()


@pytest.mark.parametrize("name", board_names())
def test_our_boards_have_nothing_to_note(name: str) -> None:
    assert notes(name) == ()


def test_boards_come_in_order() -> None:
    assert list(board_names()) == sorted(board_names())
    assert "acme-one" in board_names()


def test_a_variant_states_only_what_differs(tmp_path: Path) -> None:
    text = "extends: acme-one\nmemory:\n  cma: {size: 16MiB}\nheaps: {video-protected: null}\n"
    board, variant = load_platform("acme-one"), load_platform(write(tmp_path, "small", text))
    assert variant.name == "small"
    assert variant.title == board.title
    assert variant.memory["cma"].size == 16 << 20
    assert variant.memory["cma"].base == board.memory["cma"].base
    assert "video-protected" not in variant.heaps
    assert variant.devices == board.devices


def test_an_http_body_may_extend_a_board() -> None:
    body = {
        "schema": "heapwright/platform/1",
        "name": "x",
        "extends": "acme-one",
        "memory": {"cma": {"size": "1MiB"}},
    }
    assert platform_from(body).memory["cma"].size == 1 << 20


def test_an_http_body_reaches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "secret", "")
    monkeypatch.chdir(tmp_path)
    body = {"schema": "heapwright/platform/1", "name": "x", "extends": "secret"}
    with pytest.raises(InputError, match="no board or part 'secret'"):
        platform_from(body)


PART = """\
part: true
memory: {{vram: {{size: 4GiB, local: gpu1, source: a manual}}}}
devices: {{gpu1: {{kind: gpu, dma: {{bits: 44, mmu: true}}, source: a manual}}}}
heaps: {{vram: {{via: drm, memory: [vram], exporter: gpu1, access: [{access}], cpu: none, source: a manual}}}}
"""


def test_a_part_makes_sense_only_on_a_board(tmp_path: Path) -> None:
    write(tmp_path, "board", "extends: acme-one\ntitle: A board\n")
    part = write(tmp_path, "card", "title: A card\n" + PART.format(access="panel"))
    both = load_platform(write(tmp_path, "both", "extends: [board, card]\n"))
    assert (both.name, both.title) == ("both", "A board")
    assert {"cma", "vram"} <= set(both.heaps)
    assert check_profile(part) is None
    assert refused(part) == ["card.yaml:4: this is a part; a board combines it by extends: [BOARD, PART]"]


def test_a_part_may_dangle_until_combined(tmp_path: Path) -> None:
    write(tmp_path, "card", PART.format(access="nobody"))
    assert check_profile(tmp_path / "card.yaml") is None
    assert refused(write(tmp_path, "both", "extends: [acme-one, card]\n")) == [
        "card.yaml:6: no device 'nobody'"
    ]


def test_a_part_is_held_to_what_it_states(tmp_path: Path) -> None:
    part = write(tmp_path, "card", "part: true\nmemory: {vram: {size: 4GB}}\ndevices: {gpu1: {knd: gpu}}\n")
    with pytest.raises(InputError) as caught:
        check_profile(part)
    assert [problem.line for problem in caught.value.problems] == [4, 5]


def test_a_later_layer_wins(tmp_path: Path) -> None:
    write(tmp_path, "one", "part: true\nmemory: {cma: {size: 1MiB, held: 1KiB}}\n")
    write(tmp_path, "two", "part: true\nmemory: {cma: {size: 2MiB}}\n")
    board = load_platform(
        write(tmp_path, "both", "extends: [acme-one, one, two]\nmemory: {cma: {step: 4KiB}}\n")
    )
    assert (board.memory["cma"].size, board.memory["cma"].held, board.memory["cma"].step) == (
        2 << 20,
        1 << 10,
        4096,
    )


def test_a_file_may_extend_the_board_of_its_own_name(tmp_path: Path) -> None:
    file = write(tmp_path, "acme-one", "extends: acme-one\npage: 16KiB\n")
    assert load_platform(file).page == 16384


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "b", "extends: c\n")
    write(tmp_path, "c", "extends: b\n")
    assert refused(write(tmp_path, "a", "extends: b\n")) == ["c.yaml:3: extends itself: b → c → b"]


def test_a_chain_of_files_is_bounded(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, f"b{number}", f"extends: b{number + 1}\n")
    assert "more than 32 files on top of each other" in refused(tmp_path / "b0.yaml")[0]


def test_null_must_remove_something(tmp_path: Path) -> None:
    file = write(tmp_path, "x", "extends: acme-one\nheaps: {cmaa: null}\nmemory: {cma: {size: 1GB}}\n")
    assert refused(file) == [
        "x.yaml:4: null removes nothing: what this extends has no such name",
        "x.yaml:5: expected bytes such as 64MiB or 4096, or unknown, got '1GB'",
    ]


def test_a_problem_is_found_in_the_file_where_it_stands(tmp_path: Path) -> None:
    write(
        tmp_path, "base", "extends: acme-one\nmemory:\n  odd: {size: 1MiB, inside: drum, source: a manual}\n"
    )
    file = write(tmp_path, "top", "extends: base\n\nheaps: {cma: {memory: [cmaa]}}\n")
    assert refused(file) == [
        "base.yaml:5: no memory 'drum'; did you mean 'dram'?",
        "top.yaml:5: no memory 'cmaa'; did you mean 'cma'?",
    ]


def test_a_profile_in_json_has_lines_too(tmp_path: Path) -> None:
    data = {
        "schema": "heapwright/platform/1",
        "name": "x",
        "extends": "acme-one",
        "memory": {"cma": {"size": "1GB"}},
    }
    file = tmp_path / "x.json"
    file.write_text(json.dumps(data, indent=1))
    assert refused(file) == ["x.json:7: expected bytes such as 64MiB or 4096, or unknown, got '1GB'"]


RULES = """\
schema: heapwright/driver/1
source: the driver
coherent: true
dma: {bits: 32, segments: 4}
ports:
  scanout:
    access: read
    images: [{formats: [XR24], stride: {multiple: 64}}]
    source: the driver's planes
  writeback: {access: write, source: the driver's writeback}
"""
DEVICE = "devices:\n  panel:\n    kind: display\n    rules: acme-drm\n"


def test_a_device_starts_from_its_driver_rules(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES, head="")
    text = DEVICE + "    dma: {bits: 40}\n    ports: {writeback: null, scanout: {holds: 3}}\n"
    panel = load_platform(write(tmp_path, "x", text)).devices["panel"]
    assert (panel.dma.bits, panel.dma.segments, panel.dma.mmu) == (40, 4, False)
    assert panel.coherent is True
    assert panel.source == "the driver"
    assert list(panel.ports) == ["scanout"]
    assert panel.ports["scanout"].holds == 3
    assert panel.ports["scanout"].images[0].formats == ("XR24",)


def test_a_variant_overrides_rules_through_its_board(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES, head="")
    write(tmp_path, "board", DEVICE)
    text = "extends: board\ndevices: {panel: {coherent: false, ports: {writeback: null}}}\n"
    panel = load_platform(write(tmp_path, "x", text)).devices["panel"]
    assert panel.coherent is False
    assert list(panel.ports) == ["scanout"]


def test_a_variant_may_take_other_rules(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES, head="")
    write(
        tmp_path / "drivers",
        "simple",
        "schema: heapwright/driver/1\nsource: simple\ndma: {bits: 64}\n",
        head="",
    )
    write(tmp_path, "board", DEVICE)
    panel = load_platform(
        write(tmp_path, "x", "extends: board\ndevices: {panel: {rules: simple}}\n")
    ).devices["panel"]
    assert (panel.source, dict(panel.ports)) == ("simple", {})


def test_rules_may_be_a_list_the_later_wins(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES, head="")
    write(
        tmp_path / "drivers", "wide", "schema: heapwright/driver/1\nsource: wide\ndma: {bits: 64}\n", head=""
    )
    text = DEVICE.replace("rules: acme-drm", "rules: [acme-drm, wide]")
    panel = load_platform(write(tmp_path, "x", text)).devices["panel"]
    assert (panel.dma.bits, panel.dma.segments) == (64, 4)


def test_problems_of_rules_are_found_in_the_rules(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES.replace("XR24", "XRGB8888") + "portz: {}\n", head="")
    assert refused(write(tmp_path, "x", DEVICE)) == [
        "acme-drm.yaml:8: no DRM fourcc 'XRGB8888' in the table of pixel formats; write XR24",
        "acme-drm.yaml:11: unknown key 'portz'; did you mean 'ports'?",
    ]


def test_a_missing_or_newer_file_of_rules_is_no_reason_to_stop(tmp_path: Path) -> None:
    write(tmp_path / "drivers", "acme-drm", RULES.replace("driver/1", "driver/2"), head="")
    text = (
        DEVICE
        + "  other: {kind: 2d, rules: nothing, dma: {bits: 32}, source: a manual}\nmemory: {m: {size: 1GB}}\n"
    )
    found = "\n".join(refused(write(tmp_path, "x", text)))
    assert "this file is for a newer heapwright: its schema is heapwright/driver/2" in found
    assert "no driver rules 'nothing' and no file" in found
    assert "expected bytes such as 64MiB" in found


def test_check_gives_the_platform_of_a_sound_profile(tmp_path: Path) -> None:
    assert isinstance(check_profile(write(tmp_path, "x", "extends: acme-one\n")), Platform)


def test_an_unquoted_modifier_value_is_a_modifier() -> None:
    text = HEAD.format("x") + (
        "devices:\n  g:\n    kind: gpu\n    dma: {bits: 32}\n    source: s\n    ports:\n"
        "      render: {access: write, source: s, images: [{formats: [XR24], modifiers: [0x0800000000000051, 'ARM_AFBC(YTR,16x16)']}]}\n"
    )
    rule = platform_from(read_text(text, "x")).devices["g"].ports["render"].images[0]
    assert rule.modifiers == ("ARM_AFBC(16x16,SPARSE,YTR)", "ARM_AFBC(16x16,YTR)")
