"""The laws of merging: by name, the later wins, null removes, and every value keeps its place."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from heapwright.platforms.layers.merge import idle_nulls, merged, without_nulls
from heapwright.platforms.reading.documents import Location, document_from
from heapwright.platforms.reading.yaml_source import read_text

NAMES = st.sampled_from("abcd")
DATA = st.recursive(
    st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(NAMES, DATA, max_size=4)


def on_top(*layers: Any) -> Any:
    """The layers, lowest first, merged."""
    whole = document_from(layers[0], "0")
    for index, layer in enumerate(layers[1:], 1):
        whole = merged(whole, document_from(layer, str(index)))
    return whole.data


def test_the_later_wins_and_null_removes() -> None:
    assert without_nulls(on_top({"a": {"x": 1, "y": 2}}, {"a": {"y": None, "z": 3}})) == {
        "a": {"x": 1, "z": 3}
    }


def test_lists_are_replaced_as_a_whole() -> None:
    assert on_top({"a": [1, 2, 3]}, {"a": [4]}) == {"a": [4]}


def test_a_value_takes_the_place_of_a_mapping_and_back() -> None:
    assert on_top({"align": {"by_size_up_to": 1}}, {"align": 4096}) == {"align": 4096}
    assert on_top({"align": 4096}, {"align": {"by_size_up_to": 1}}) == {"align": {"by_size_up_to": 1}}


@given(MAPPINGS)
def test_nothing_on_top_or_below_changes_nothing(data: dict[str, Any]) -> None:
    assert on_top(data, {}) == on_top({}, data) == data


@given(MAPPINGS)
def test_a_layer_twice_is_a_layer_once(data: dict[str, Any]) -> None:
    assert on_top(data, data) == data


@given(MAPPINGS, MAPPINGS)
def test_what_a_layer_states_holds(below: dict[str, Any], above: dict[str, Any]) -> None:
    def holds(stated: Any, whole: Any) -> bool:
        if not isinstance(stated, dict):
            return bool(stated == whole)
        return isinstance(whole, dict) and all(
            key in whole and holds(stated[key], whole[key]) for key in stated
        )

    assert holds(above, on_top(below, above))


@given(MAPPINGS, MAPPINGS)
def test_layers_that_share_no_name_commute(below: dict[str, Any], above: dict[str, Any]) -> None:
    apart = {f"{key}'": value for key, value in above.items()}
    assert on_top(below, apart) == on_top(apart, below)


@given(MAPPINGS, MAPPINGS)
def test_merging_leaves_its_layers_as_they_were(below: dict[str, Any], above: dict[str, Any]) -> None:
    before = repr((below, above))
    on_top(below, above)
    assert repr((below, above)) == before


def test_every_value_keeps_its_file_and_line() -> None:
    board = read_text("memory:\n  dram:\n    size: 1\n    base: 2\n", "board")
    variant = read_text("memory:\n\n\n  dram: {size: 3}\n  cma: {size: 4}\n", "variant")
    whole = merged(board, variant)
    assert whole.where(("memory", "dram", "base")) == Location("board", 4)
    assert whole.where(("memory", "dram", "size")) == Location("variant", 4)
    assert whole.where(("memory", "cma", "size")) == Location("variant", 5)
    assert whole.where(("memory", "dram", "missing")) == Location("variant", 4)


def test_problems_of_both_layers_stay() -> None:
    board, variant = read_text("a: 1\na: 2\n", "board"), read_text("b: 1\nb: 2\n", "variant")
    assert [problem.file for problem in merged(board, variant).problems] == ["board", "variant"]


def test_data_without_text_on_a_board_has_its_own_name_as_place() -> None:
    board = read_text("memory:\n  dram: {size: 1}\n", "board")
    whole = merged(board, document_from({"memory": {"dram": {"held": 2}}}, "request"))
    assert whole.where(("memory", "dram", "size")) == Location("board", 2)
    assert whole.where(("memory", "dram", "held")) == Location("request", None)


def test_a_null_for_a_name_that_is_not_there_is_idle() -> None:
    below = {"heaps": {"cma": {}}, "devices": {"panel": {"codecs": []}}}
    above = {"heaps": {"cma": None, "dma": None}, "devices": {"panel": {"imports": None}}, "title": None}
    assert idle_nulls(below, above) == [("heaps", "dma")]
