"""coded-size: a codec writes whole blocks; readers crop."""

from __future__ import annotations

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, image, pipeline, placed, port, refusal, said


def coding(*multiples: str, panel: str | None = None) -> Platform:
    """Writers that code whole blocks of these sizes, and perhaps a reader that states one."""
    writers = {
        f"decoder{number}": device("video-decoder", frame=port(image(coded={"multiple": multiple})))
        for number, multiple in enumerate(multiples)
    }
    rule = image(**({} if panel is None else {"coded": {"multiple": panel}}))
    return board(devices={**writers, "panel": device("display", scanout=port(rule))})


def test_the_visible_size_stays() -> None:
    # rkvdec: 64x16 blocks; 100x40 becomes 128x48, rows of 512 bytes.
    placement = placed(
        coding("64x16"), pipeline(frame=buffer(size="100x40", written_by="video-decoder.frame"))
    )
    assert (placement.width, placement.height) == (100, 40)
    assert (placement.coded_width, placement.coded_height) == (128, 48)
    assert (placement.planes[0].stride, placement.size) == (512, 512 * 48)


def test_a_whole_number_of_blocks_is_not_padded() -> None:
    placement = placed(
        coding("64x16"), pipeline(frame=buffer(size="128x48", written_by="video-decoder.frame"))
    )
    assert (placement.coded_width, placement.coded_height) == (128, 48)


def test_several_writers_meet_at_the_least_common_block() -> None:
    question = pipeline(
        frame=buffer(size="10x10", written_by=["video-decoder.frame", "video-decoder#2.frame"])
    )
    placement = placed(coding("16x8", "24x16"), question)
    assert (placement.coded_width, placement.coded_height) == (48, 16)


def test_readers_state_none() -> None:
    placement = placed(
        coding("16x16", panel="64x64"), pipeline(frame=buffer(size="16x16", written_by="video-decoder.frame"))
    )
    assert (placement.coded_width, placement.coded_height) == (16, 16)


def test_a_stride_too_short_for_the_blocks() -> None:
    decoder = device("video-decoder", frame=port(image(coded={"multiple": "64x16"})))
    panel = device("display", scanout=port(image(stride={"max": 448})))
    question = pipeline(frame=buffer(size="100x40", written_by="video-decoder.frame"))
    # 100 × 4 = 400 would fit in 448, 128 × 4 = 512 does not.
    answer = refusal(board(devices={"decoder": decoder, "panel": panel}), question)
    assert facts(answer) == [("stride-range", "frame→panel"), ("coded-size", "frame→decoder")]
    assert said(answer, "coded-size") == "decoder.frame writes whole blocks of 64x16 into frame"
