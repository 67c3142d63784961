"""picture: what formats lose of what there is to show, and what there is to show."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.allocator.judge.cost import cost
from heapwright.allocator.judge.question.shown import ShownImage, shown_images
from heapwright.allocator.judge.question.shown import picture_loss as judged_loss
from heapwright.platforms.fourcc.formats import pixel_formats
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Plan
from heapwright.solver.question.content import CHROMA, ImageContent, contents, picture_loss
from heapwright.solver.question.pipeline import Pipeline
from heapwright.solver.question.terms import Options
from tests.builders import board, buffer, device, image, pipeline, plan, port

TERM = "picture"
EVERY = ("NV12", "P010", "YUYV", "RG16", "XR24", "AR24", "XR30", "R8")


def offering(*fourccs: str, kind: str = "gpu", **ports: Any) -> Platform:
    """A board whose devices all take these."""
    both = port(image(*fourccs))
    writer = {"gpu": "render", "camera": "capture", "cpu": "write"}[kind]
    return board(
        devices={"w": device(kind, **{writer: both}), "panel": device("display", scanout=both, **ports)}
    )


def taken(platform: Platform, question: Pipeline) -> str | None:
    return plan(platform, question).placements[0].format


@pytest.mark.parametrize(
    ("writer", "format_"), [("gpu.render", "XR24"), ("cpu.write", "XR24"), ("camera.capture", "NV12")]
)
def test_what_a_writer_gives_is_kept_and_nothing_more(writer: str, format_: str) -> None:
    platform = offering(*EVERY, kind=writer.partition(".")[0])
    assert taken(platform, pipeline(frame=buffer(written_by=writer))) == format_


@pytest.mark.parametrize(
    ("picture", "format_"),
    [
        ({"depth": 10}, "XR30"),
        ({"chroma": 420}, "NV12"),
        ({"chroma": 422}, "YUYV"),
        ({"chroma": 420, "depth": 10}, "P010"),
        ({"alpha": True}, "AR24"),
        ({"chroma": 400}, "R8"),
    ],
)
def test_what_the_file_states_of_a_picture_is_kept(picture: dict[str, Any], format_: str) -> None:
    question = pipeline(frame=buffer(written_by="gpu.render", picture=picture))
    assert taken(offering(*EVERY), question) == format_


def test_a_stage_may_say_that_it_writes_more_bits() -> None:
    question = pipeline(frame=buffer(written_by={"port": "camera.capture", "depth": 10}))
    assert taken(offering(*EVERY, kind="camera"), question) == "P010"


@pytest.mark.parametrize(
    "reader",
    [{"port": "display.scanout", "blend": "coverage"}, {"port": "display.scanout", "blend": "premultiplied"}],
)
def test_what_is_blended_has_transparency(reader: dict[str, Any]) -> None:
    question = pipeline(frame=buffer(written_by="gpu.render", read_by=reader))
    assert taken(offering(*EVERY), question) == "AR24"


def test_a_cursor_has_transparency() -> None:
    question = pipeline(frame=buffer(written_by="gpu.render", read_by="display.cursor"))
    platform = offering("XR24", "AR24", cursor=port(image("XR24", "AR24")))
    assert taken(platform, question) == "AR24"


def test_a_file_that_prefers_a_format_gets_it() -> None:
    question = pipeline(frame=buffer(written_by="gpu.render", formats=["RG16", "XR24"]))
    assert taken(offering(*EVERY), question) == "RG16"


def test_a_stage_hands_on_the_best_that_it_reads_however_long_the_chain() -> None:
    names = [f"b{n:04}" for n in range(3000)]
    buffers = {
        name: buffer(written_by=f"2d:{name}.target", read_by=f"2d:{after}.source")
        for name, after in zip(names, [*names[1:], names[1]], strict=True)
    }
    buffers[names[0]]["written_by"] = {"port": "camera.capture", "depth": 12}
    found = contents(pipeline(**buffers))
    assert set(found.values()) == {ImageContent(12, CHROMA[420], alpha=False)}


def test_of_what_nobody_knows_all_formats_are_as_good() -> None:
    assert contents(pipeline(frame=buffer(written_by="npu.output"))) == {"frame": None}
    assert {picture_loss(None, fourcc) for fourcc in pixel_formats()} == {0}


def test_raw_data_has_no_picture() -> None:
    assert contents(pipeline(frame=buffer(bytes=4096))) == {"frame": None}


@pytest.mark.parametrize("depth", [1, 8, 10, 16])
@pytest.mark.parametrize("chroma", [400, 410, 411, 420, 422, 444])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("rgb", [False, True])
def test_the_judge_reckons_the_same_loss_of_every_format(
    depth: int, chroma: int, alpha: bool, rgb: bool
) -> None:
    content = ImageContent(depth, CHROMA[chroma], alpha, rgb)
    found = {fourcc: picture_loss(content, fourcc) for fourcc in pixel_formats()}
    shown = ShownImage(depth, CHROMA[chroma], alpha, rgb)
    assert found == {fourcc: judged_loss(shown, fourcc) for fourcc in pixel_formats()}
    assert all(loss >= 0 for loss in found.values())


def test_the_judge_reads_the_same_from_a_file() -> None:
    question = pipeline(
        a=buffer(
            written_by="camera.capture",
            read_by=["2d.source", {"port": "display.scanout", "blend": "coverage"}],
        ),
        b=buffer(written_by="2d.target", read_by="display.scanout"),
        c=buffer(written_by="gpu.render", picture={"depth": 6}, read_by="2d.source"),
        d=buffer(written_by="dsp.output", picture={"alpha": True}),
    )
    found = shown_images(question)
    solver = contents(question)
    assert solver["b"] == ImageContent(8, CHROMA[444], alpha=True, painted=True)
    for name, content in solver.items():
        assert content is not None
        for fourcc in pixel_formats():
            assert judged_loss(found[name], fourcc) == picture_loss(content, fourcc)


def test_what_is_painted_loses_a_bit_of_each_channel_in_yuv() -> None:
    painted = ImageContent(8, CHROMA[444], alpha=False, painted=True)
    assert picture_loss(painted, "YU24") == 32 * 16 * 3
    assert picture_loss(painted, "Y410") == 2 + 1, "nothing, but two bits and transparency beyond"
    assert picture_loss(painted._replace(painted=False), "YU24") == 0
    assert taken(offering("YU24", "XR24"), pipeline(frame=buffer(written_by="gpu.render"))) == "XR24"


def test_a_picture_of_less_chroma_is_not_painted() -> None:
    stated = pipeline(frame=buffer(written_by="gpu.render", picture={"chroma": 420}))
    assert contents(stated)["frame"] == ImageContent(8, CHROMA[420], alpha=False)


def test_nothing_goes_grey_on_its_way_through_a_converter() -> None:
    # R8 would be a byte a pixel where XR24 has four: 2 x 1.5 bytes instead of 5.5 to NV12.
    edge = {"from": "source", "to": "target", "may_change": ["format", "stride"], "lossless": False}
    platform = board(
        devices={
            "gpu": device("gpu", render=port(image("R8", "XR24"))),
            "rga": device(
                "2d", source=port(image("R8", "XR24")), target=port(image("NV12")), converts=[edge]
            ),
            "panel": device("display", scanout=port(image("NV12"))),
        }
    )
    question = pipeline(frame=buffer(written_by="gpu.render", conversions="allow"))
    for engine in ("all", "cpsat"):
        answer = plan(platform, question, options=Options(engine=engine))
        assert [placement.format for placement in answer.placements] == ["XR24", "NV12"]
        levels = {level.term: level.value for level in answer.levels}
        # Of 16 pixels NV12 loses a bit of luma each, and keeps 4 samples of each chroma, of 7 bits.
        assert levels["converted-picture"] == 16 + 2 * (16 * 8 - 4 * 7)
        assert cost(platform, [question], answer) == tuple(levels.values())


def test_the_level_is_the_judge_s() -> None:
    platform, question = offering("RG16", "NV12"), pipeline(frame=buffer(written_by="gpu.render"))
    answer = solve(platform, [question])
    assert isinstance(answer, Plan)
    level = next(level.value for level in answer.levels if level.term == TERM)
    # RG16 loses 3 + 2 + 3 bits of each of 16 pixels, NV12 three quarters of 2 × 8.
    assert (answer.placements[0].format, level) == ("RG16", 32 * 16 * 8)
    assert cost(platform, [question], answer) == tuple(each.value for each in answer.levels)
