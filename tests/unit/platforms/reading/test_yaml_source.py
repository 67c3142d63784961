"""Reading YAML and JSON: values of the core schema, lines, and what is collected rather than fatal."""

from __future__ import annotations

import contextlib
import io
import json
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from heapwright.platforms.errors import InputError, UnparsableInput
from heapwright.platforms.reading import yaml_source
from heapwright.platforms.reading.documents import document_from
from heapwright.platforms.reading.yaml_source import MAX_BYTES, read_file, read_text
from tests import hostile
from tests.call_counts import calls


@pytest.fixture(params=["C", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """ruamel.yaml's two parsers: we do not know which one a user has."""
    if request.param == "pure":
        monkeypatch.setattr(yaml_source, "_events", lambda text: YAML(typ="safe", pure=True).parse(text))
    elif not YAML(typ="safe").Parser.__module__.endswith("_ruamel_yaml"):
        pytest.skip("ruamel.yaml.clib is not installed")
    return str(request.param)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("-7", -7),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("on", "on"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("'10'", "10"),
        ('"~"', "~"),
        ("2001-01-01", "2001-01-01"),
        ("64MiB", "64MiB"),
        ("! 12", "12"),
        ("0xffffffffffffffff", 2**64 - 1),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    document = read_text(f"a: {text}\n", "x.yaml")
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)
    assert document.problems == ()


TEXT = """\
# a comment
memory:
  dram:
    size: 2GiB   # two
    names: [a,
            b]
  cma: {size: 1,
        base: 2}
list:
- x
-
  y: 1
"""


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("memory",), 2),
        (("memory", "dram"), 3),
        (("memory", "dram", "size"), 4),
        (("memory", "dram", "names"), 5),
        (("memory", "dram", "names", 1), 6),
        (("memory", "cma", "base"), 8),
        (("list", 0), 10),
        (("list", 1, "y"), 12),
        (("memory", "dram", "missing"), 3),
        (("nowhere", 3), 2),
    ],
)
def test_every_value_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert read_text(TEXT, "x.yaml").where(path) == ("x.yaml", line)


@pytest.mark.usefixtures("parser")
def test_problems_that_leave_the_rest_readable_are_collected() -> None:
    document = read_text("a: 1\nb: {c: 1, c: {d: [.nan]}}\na: 3\n7: x\ne: [1, 1e999]\n", "x.yaml")
    assert [str(problem) for problem in document.problems] == [
        "x.yaml:2: b: duplicate key 'c' (first on line 2)",
        "x.yaml:2: b.c.d[0]: expected a number, got nan",
        "x.yaml:3: duplicate key 'a' (first on line 1)",
        "x.yaml:4: the key '7' is not text; put it in quotes",
        "x.yaml:5: e[1]: expected a number, got inf",
    ]
    assert document.data == {"a": 1, "b": {"c": 1}, "e": [1, None]}


@pytest.mark.parametrize("case", hostile.TEXTS, ids=lambda case: case.name.replace(" ", "-"))
def test_no_text_breaks_a_parser(case: hostile.Case, parser: str) -> None:
    start = time.monotonic()
    with contextlib.suppress(UnparsableInput):
        read_text(case.text, "x.yaml")
    # The parser in Python is slow, but must not be slower than its text is long.
    assert time.monotonic() - start < (5 if parser == "C" else 60)


def test_both_parsers_read_our_own_files_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = resources.files("heapwright.platforms") / "profiles"
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    usual = [read_text(text, "x.yaml") for text in texts]
    monkeypatch.setattr(yaml_source, "_events", lambda text: YAML(typ="safe", pure=True).parse(text))
    assert [read_text(text, "x.yaml") for text in texts] == usual


def test_json_is_read_with_lines_where_a_problem_needs_them() -> None:
    document = read_text('{"a": 1,\n "b": {"c":\n 2}}\n', "x.json", as_json=True)
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.where(("b", "c")) == ("x.json", 2)


def test_json_is_known_by_its_first_character() -> None:
    assert read_text('{"a": [1, "x\\ny"]}', "<stdin>").data == {"a": [1, "x\ny"]}


def test_a_mapping_in_braces_that_is_no_json_is_yaml() -> None:
    assert read_text("{a: 1}", "<stdin>").data == {"a": 1}


def test_a_duplicate_key_of_json_has_its_line() -> None:
    document = read_text('{"a": 1,\n"a": 2}', "x.json", as_json=True)
    assert [str(problem) for problem in document.problems] == [
        "x.json:2: duplicate key 'a' (first on line 1)"
    ]


def test_every_duplicate_key_of_json_is_told() -> None:
    document = read_text('{"a": 1,\n"a": 2,\n"b": {"c": 1,\n"c": 2}}', "x.json", as_json=True)
    assert [str(problem) for problem in document.problems] == [
        "x.json:2: duplicate key 'a' (first on line 1)",
        "x.json:4: b: duplicate key 'c' (first on line 3)",
    ]


def test_duplicate_keys_of_json_are_found_in_linear_time() -> None:
    def steps(keys: int) -> int:
        text = json.dumps({f"key{number}": number for number in range(keys)})
        repeated = f'{text[:-1]}, "key{keys - 1}": 0}}'
        return calls(lambda: read_text(repeated, f"{keys}.json", as_json=True))

    # Four times as many keys: four times the steps, where comparing each with all before makes sixteen.
    assert steps(2000) < 5 * steps(500)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert read_text(b"\xef\xbb\xbfa: 1\n", "x.yaml").data == {"a": 1}


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    line = "# " + "x" * 1021 + "\n"  # 1024 characters
    file.write_text("a: 1\n" + line * (MAX_BYTES // 1024 - 1))
    assert read_file(file).data == {"a": 1}
    file.write_text("a: 1\n" + line * (MAX_BYTES // 1024))
    with pytest.raises(UnparsableInput, match=rf"more than {MAX_BYTES} bytes"):
        read_file(file)


def test_standard_input_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"a: [\n")

    monkeypatch.setattr("sys.stdin", Stdin())
    with pytest.raises(UnparsableInput, match=r"^<stdin>:\d"):
        read_file("-")


def test_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(UnparsableInput, match=r"nowhere\.yaml: cannot be read: No such file"):
        read_file("nowhere.yaml")


def _cycle() -> Any:
    data: dict[str, Any] = {}
    data["a"] = data
    return data


@pytest.mark.parametrize("data", [_cycle(), [list(range(1000))] * 1000], ids=["a cycle", "too many"])
def test_data_of_python_is_bounded(data: Any) -> None:
    with pytest.raises(InputError, match=r"deep|values"):
        document_from(data, "platform")


def test_data_of_python_is_held_to_the_same_rules() -> None:
    document = document_from(
        {"a": float("nan"), "b": {1: "x"}, "c": "\x1b[31m", "d": 2**64, "e": {"\n": 1}}, "platform"
    )
    assert sorted(str(problem) for problem in document.problems) == [
        "platform: a: expected a number, got nan",
        "platform: b: the key '1' is not text; put it in quotes",
        "platform: c: the text '?[31m' has a control character",
        "platform: d: the number is beyond 64 bits",
        "platform: e: the key '?' has a control character",
    ]


def test_reading_takes_as_long_as_the_text_is() -> None:
    line = "  k{}: {{dma: {{bits: 32}}, source: 'drivers/gpu/x.c', formats: [XR24, NV12]}}\n"

    def spent(lines: int) -> float:
        text = "a:\n" + "".join(line.format(number) for number in range(lines))
        start = time.process_time()
        read_text(text, "x.yaml")
        return time.process_time() - start

    spent(400)
    # Four times the text: four times the work; sixteen if every line looked at all others.
    assert min(spent(1600) for _ in range(3)) < 9 * min(spent(400) for _ in range(3))


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: [camera:left.capture, gpu.render]\n", 1, "camera:left.capture"),
        ("a:\n- {port: camera:left.capture}\n", 2, "camera:left.capture"),
        ("a: [gpu.render,\r\n  gpu#2:draw]\r\n", 2, "gpu#2:draw"),
        ("é: [é, camera:links.ä]\n", 1, "camera:links.ä"),
        ("a: {camera:left: 1}\n", 1, "camera:left"),
        ("b: 1\ra: [camera:left]\n", 2, "camera:left"),
    ],
)
def test_a_word_with_a_colon_is_quoted_within_brackets(text: str, line: int, word: str) -> None:
    # YAML 1.2 would take it, the parser in C does not, so a file is not one of ours without quotes.
    with pytest.raises(UnparsableInput) as refused:
        read_text(text, "a.yaml")
    assert str(refused.value) == f"a.yaml:{line}: not YAML: '{word}' needs quotes within [] or {{}}"
    quoted = read_text(text.replace(word, f'"{word}"'), "a.yaml")
    assert quoted.problems == ()
    assert word in str(quoted.data)


def test_outside_of_brackets_a_colon_needs_no_quotes() -> None:
    assert read_text("a: camera:left.capture\nb:\n- gpu:draw.render\n", "a.yaml").data == {
        "a": "camera:left.capture",
        "b": ["gpu:draw.render"],
    }
