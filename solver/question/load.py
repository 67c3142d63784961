"""Pipelines and live placements from files: read, validated, and every problem told at once.

What the model alone cannot see is checked here: that each attachment names a
port of the right direction, that a stage has one codec, that a crop lies
within its image, and that no two pipelines have one name.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

from heapwright.platforms.errors import Diagnostic, InputError, Path, shown
from heapwright.platforms.fourcc.formats import no_such_format, pixel_format
from heapwright.platforms.reading.documents import Document, document_from
from heapwright.platforms.reading.validation import headed, validated
from heapwright.platforms.reading.yaml_source import read_file
from heapwright.solver.answer.plan import SCHEMA as ANSWER
from heapwright.solver.answer.plan import AttachedPort, Placement, Plane
from heapwright.solver.question.pipeline import SCHEMA, AnyOf, Buffer, Pipeline, Use, attachment_from

Item = TypeVar("Item")
Done = TypeVar("Done")

MAX_LIVE_BYTES: Final = 16 << 20
"""An earlier answer carries its reasons and may be larger than a file written by hand."""


def load_pipelines(paths: Iterable[str | FilePath]) -> tuple[Pipeline, ...]:
    """The pipelines in these files, in order; `-` is standard input.

    Raises:
        InputError: with the problems of all files.
    """
    return _distinct(_collected(lambda path: _pipeline(read_file(path)), paths))


def pipelines_from(sources: Iterable[Any]) -> tuple[Pipeline, ...]:
    """Pipelines from documents, or from plain data as HTTP and Python give it.

    Raises:
        InputError: with the problems of all of them.
    """

    return _distinct(
        _collected(lambda at: _pipeline(_document(at[1], f"pipelines[{at[0]}]")), enumerate(sources))
    )


def _document(source: Any, name: str) -> Document:
    """The document that something is, or from plain data."""
    return source if isinstance(source, Document) else document_from(source, name)


def _distinct(found: list[tuple[Pipeline, Document]]) -> tuple[Pipeline, ...]:
    """The pipelines, if no two have one name."""
    _refuse_second(
        (pipeline.name, f"two pipelines are called {shown(pipeline.name)}", (document, ("name",)))
        for pipeline, document in found
    )
    return tuple(pipeline for pipeline, _ in found)


def load_live(*paths: str | FilePath) -> tuple[Placement, ...]:
    """The placements of earlier answers, as buffers that already exist.

    Raises:
        InputError: a file is no answer, or has no placements, or two files place one buffer.
    """
    return _once(_collected(lambda path: _live(read_file(path, limit=MAX_LIVE_BYTES)), paths))


def live_from(source: Any) -> tuple[Placement, ...]:
    """Placements from an answer, or from a list of placements.

    Raises:
        InputError: it is neither.
    """
    return _once([_live(_document(source, "live"))])


Lived = tuple[list[Placement], Document, Path]
"""Placements, and where they stand."""


def _live(document: Document) -> Lived:
    data = document.data
    path: Path = ()
    pipelines: Any = ()
    if isinstance(data, dict):
        headed(document, ANSWER)
        path, pipelines, data = ("placements",), data.get("pipelines"), data.get("placements")
    if not isinstance(data, list):
        raise InputError([document.problem(path, "expected the placements of an earlier answer")])
    alone = pipelines[0] if isinstance(pipelines, list) and len(pipelines) == 1 else None
    placements = _collected(lambda at: _placement(at[1], alone, document, (*path, at[0])), enumerate(data))
    problems = [*document.problems, *_unknown_formats(placements, document, path)]
    if problems:
        raise InputError(problems)
    return placements, document, path


def _once(found: list[Lived]) -> tuple[Placement, ...]:
    """The placements, if none is of a buffer that another is of."""
    placed = [
        (placement, (document, (*path, index)))
        for placements, document, path in found
        for index, placement in enumerate(placements)
    ]
    _refuse_second(
        (
            (placement.pipeline, placement.buffer),
            f"buffer {shown(placement.buffer)} of {placement.pipeline} is placed twice",
            place,
        )
        for placement, place in placed
    )
    return tuple(placement for placement, _ in placed)


def _refuse_second(named: Iterable[tuple[Hashable, str, tuple[Document, Path]]]) -> None:
    """Refuse whatever has the key of something before it: what is said then, and where it stands.

    Raises:
        InputError: with all of them.
    """
    first: dict[Hashable, tuple[Document, Path]] = {}
    problems: list[Diagnostic] = []
    for key, said, (document, path) in named:
        if key in first:
            other, place = first[key]
            before = f" (the first in {other.where(place)})" if other is not document else ""
            problems.append(document.problem(path, f"{said}{before}"))
        first.setdefault(key, (document, path))
    if problems:
        raise InputError(problems)


def _collected(step: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """`step` of each item; the problems of all are raised together."""
    done: list[Done] = []
    failures: list[InputError] = []
    for item in items:
        try:
            done.append(step(item))
        except InputError as error:
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise InputError(problem for failure in failures for problem in failure.problems)
    return done


def _pipeline(document: Document) -> tuple[Pipeline, Document]:
    headed(document, SCHEMA)
    return validated(Pipeline, document, checks=_faults), document


def _faults(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    codecs: dict[tuple[str | None, ...], str] = {}
    for name, buffer in pipeline.buffers.items():
        path = ("buffers", name)
        for index, fourcc in enumerate(buffer.formats or ()):
            if fourcc in (buffer.formats or ())[:index]:
                yield (*path, "formats", index), f"{shown(fourcc)} is named twice"
        for place, use, access in _uses(buffer, path):
            try:
                attachment_from(use, "write" if access == "written_by" else "read")
            except ValueError as error:
                yield place, str(error)
            yield from _use_faults(use, buffer, place)
            if use.codec is not None:
                stage = (use.port.kind, use.port.label, use.port.connector, use.port.stage)
                before, said = codecs.setdefault(stage, use.codec), shown(str(use.port._replace(port=None)))
                if before != use.codec:
                    yield (
                        place,
                        f"stage {said} has codec {before} elsewhere; two jobs are told apart by :name",
                    )


def _uses(buffer: Buffer, path: Path) -> Iterator[tuple[Path, Use, str]]:
    for field in ("written_by", "read_by"):
        for index, user in enumerate(getattr(buffer, field)):
            place: Path = (*path, field, index)
            if isinstance(user, AnyOf):
                yield from (((*place, "any_of", at), use, field) for at, use in enumerate(user.any_of))
            else:
                yield place, user, field


def _use_faults(use: Use, buffer: Buffer, path: Path) -> Iterator[tuple[Path, str]]:
    if buffer.size is None:
        for field in ("rotate", "crop", "scale"):
            if getattr(use, field):
                yield path, f"raw data (bytes) has no {field}"
    elif use.crop is not None:
        crop, size = use.crop, buffer.size
        if crop.x + crop.width > size.width or crop.y + crop.height > size.height:
            yield (
                path,
                f"the crop {crop.width}x{crop.height}+{crop.x}+{crop.y} lies outside the image of {size}",
            )


def _placement(data: Any, pipeline: Any, document: Document, path: Path) -> Placement:
    """One placement; what a newer answer may have added, and what explains it, is left out.

    Raises:
        InputError: it is no placement.
    """
    if not isinstance(data, dict):
        raise InputError([document.problem(path, f"expected a placement, got {shown(data)}")])
    kept = _only(Placement, {key: data[key] for key in data if key not in ("reasons", "rejected")})
    for field, model in (("planes", Plane), ("attachments", AttachedPort)):
        if isinstance(kept.get(field), list):
            kept[field] = [_only(model, item) if isinstance(item, dict) else item for item in kept[field]]
    if pipeline is not None:
        kept.setdefault("pipeline", pipeline)
    planes = kept.get("planes")
    if isinstance(planes, list) and all(isinstance(p, dict) and not p.get("dmabuf") for p in planes):
        kept.setdefault("sizes", [kept.get("size")])
    return validated(Placement, document, data=kept, at=path)


def _only(model: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key in model.model_fields}


def _unknown_formats(placements: list[Placement], document: Document, path: Path) -> Iterator[Diagnostic]:
    for index, placement in enumerate(placements):
        if placement.format is not None and pixel_format(placement.format) is None:
            yield document.problem((*path, index, "format"), no_such_format(placement.format))
