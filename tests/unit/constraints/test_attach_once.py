"""attach-once: IIO refuses to attach a dma-buf that is attached already (-EBUSY)."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, pipeline, placed, raw_port, refusal, said

BOTH_WAYS = pipeline(frame=buffer(bytes=4096, written_by="fpga.write", read_by="fpga.read"))


def with_fpga(*, once: bool) -> Platform:
    return board(devices={"pl": device("fpga", once=once, read=raw_port(), write=raw_port())})


def test_attaching_twice_is_normal() -> None:
    assert placed(with_fpga(once=False), BOTH_WAYS).heap == "system"


def test_a_second_attachment_is_refused() -> None:
    answer = refusal(with_fpga(once=True), BOTH_WAYS)
    assert facts(answer) == [("attach-once", "frame→pl")]
    assert said(answer, "attach-once") == "pl attaches a buffer once, and frame is attached to it 2 times"


def test_one_attachment_to_each_buffer_is_fine() -> None:
    question = pipeline(
        request=buffer(bytes=4096, written_by="camera.capture", read_by="fpga.read"),
        reply=buffer(bytes=4096, written_by="fpga.write", read_by="display.scanout"),
    )
    assert placed(with_fpga(once=True), question, buffer="reply").heap == "system"
