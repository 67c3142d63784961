"""pins: `frame:heap=cma` fixes a decision; `frame:system` asks why not."""

from __future__ import annotations

import pytest

from heapwright.platforms.errors import InputError, NotOnBoard
from heapwright.solver.question.pins import Pin, parse_pin, parse_question
from tests.builders import board, buffer, heap, pipeline

BOARD = board(heaps={"system": heap("dram"), "cma": heap("dram", names=["linux,cma", "reserved"])})
ONE = [pipeline("one", frame=buffer(), stream=buffer(bytes=4096))]
TWO = [*ONE, pipeline("two", frame=buffer())]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("frame:heap=cma", "heap", "cma"),
        ("frame:heap=linux,cma", "heap", "cma"),
        ("frame:heap=reserved", "heap", "cma"),
        ("frame:format=NV12", "format", "NV12"),
        ("frame:format=0x3231564e", "format", "NV12"),
        ("frame:format=842094158", "format", "NV12"),
        ("frame:modifier=0x0", "modifier", "LINEAR"),
        ("frame:modifier=0", "modifier", "LINEAR"),
        # Intel's vendor 1 in the top byte, X tiles 1 below.
        ("frame:modifier=72057594037927937", "modifier", "I915_X_TILED"),
        ("frame:modifier=VIVANTE_TILED", "modifier", "VIVANTE_TILED"),
        ("frame:stride=5632", "stride", 5632),
        ("frame:count=3", "count", 3),
        ("frame:device=panel", "device", "panel"),
    ],
)
def test_a_pin_names_a_field_and_a_value(text: str, field: str, value: str | int) -> None:
    assert parse_pin(text, BOARD, ONE) == Pin("one", "frame", field, value)


def test_a_pipeline_tells_two_buffers_of_one_name_apart() -> None:
    assert parse_pin("two/frame:heap=cma", BOARD, TWO) == Pin("two", "frame", "heap", "cma")
    assert str(parse_pin("two/frame:heap=cma", BOARD, TWO)) == "two/frame:heap=cma"


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("frame:system", "heap", "system"),
        ("frame:linux,cma", "heap", "cma"),
        ("frame:NV12", "format", "NV12"),
        ("frame:R8", "format", "R8"),
        ("frame:5632", "stride", 5632),
        ("frame:LINEAR", "modifier", "LINEAR"),
        ("frame:0x0", "modifier", "LINEAR"),
        ("frame:ARM_AFBC(16x16,YTR)", "modifier", "ARM_AFBC(16x16,YTR)"),
        ("frame:count=3", "count", 3),
        ("one/frame:system", "heap", "system"),
    ],
)
def test_a_question_is_understood_by_its_value(text: str, field: str, value: str | int) -> None:
    assert parse_question(text, BOARD, TWO[:1]) == Pin("one", "frame", field, value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame", "'frame': expected buffer:field=value such as frame:heap=cma"),
        ("frame:heap", "'frame:heap': expected buffer:field=value"),
        ("frame:colour=red", "no field 'colour'; fields are heap, format, modifier, stride, count, device"),
        ("fram:heap=cma", "no buffer 'fram'; buffers are frame, stream"),
        ("other/frame:heap=cma", "no buffer 'frame'; buffers are frame, stream"),
        ("frame:heap=vram", "no heap 'vram'; heaps are cma, system"),
        ("frame:device=gpu0", "no device 'gpu0'; devices are camera, panel"),
        ("frame:stride=0", "expected a positive number, got '0'"),
        ("frame:stride=-1", "expected a positive number, got '-1'"),
        ("frame:count=²", "expected a positive number, got '²'"),
        ("frame:count=99999999999", "expected a positive number, got '99999999999'"),
        ("frame:format=ZZZZ", "no DRM fourcc 'ZZZZ'"),
        ("frame:modifier=ARM_AFBC(9x9)", "ARM_AFBC has no '9x9'"),
        ("frame:modifier=18446744073709551616", "expected a modifier of 64 bits"),
    ],
)
def test_what_is_not_there_is_bad_input(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_pin(text, BOARD, ONE)
    assert message in str(error.value)
    assert str(error.value).startswith(f"pin: '{text}': ")


@pytest.mark.parametrize("text", ["frame:heap=vram", "frame:device=gpu0"])
def test_what_this_board_lacks_another_may_have(text: str) -> None:
    with pytest.raises(NotOnBoard):
        parse_pin(text, BOARD, ONE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("frame", "expected buffer:value such as frame:system"),
        ("frame:no-such-heap", "'no-such-heap' is no heap (cma, system), format, modifier or stride"),
        ("fram:system", "no buffer 'fram'"),
        ("frame:ARM_AFBC(9x9)", "ARM_AFBC has no '9x9'"),
        ("frame:ZZZZ", "no DRM fourcc 'ZZZZ'"),
        ("frame:0", "expected a positive number, got '0'"),
        ("frame:heap=vram", "no heap 'vram'; heaps are cma, system"),
    ],
)
def test_a_question_about_nothing_is_bad_input(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        parse_question(text, BOARD, ONE)
    assert message in str(error.value)
    assert str(error.value).startswith(f"why-not: '{text}': ")


def test_two_files_with_the_buffer_must_be_told_apart() -> None:
    with pytest.raises(InputError, match="several pipelines have a buffer 'frame'; say one/frame"):
        parse_pin("frame:heap=cma", BOARD, TWO)
