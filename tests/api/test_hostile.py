"""Every hostile input through every interface: a clear refusal, quickly, without a traceback."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from heapwright.platforms.errors import InputError
from heapwright.platforms.reading.yaml_source import read_text
from tests import hostile
from tests.api.questions import QUESTION, RECORD, Command, Said, problem

TEXTS = [(case.name, case.text.encode("utf-8", "surrogatepass")) for case in hostile.TEXTS] + list(
    hostile.BYTES
)
PLATFORMS = TEXTS + [(case.name, case.text.encode()) for case in hostile.PLATFORMS]
PIPELINES = TEXTS + [(case.name, case.text.encode()) for case in hostile.PIPELINES]


def refused(said: Said) -> None:
    """Exit 2, nothing on standard output, and a message that is safe to print."""
    assert (said.code, said.out) == (2, ""), said
    assert said.err.startswith("solve: ")
    assert "Traceback" not in said.err
    assert not {letter for letter in said.err if not letter.isprintable()} - {"\n"}
    assert len(said.err) < 100_000


@pytest.mark.timeout(10)
@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in PLATFORMS])
def test_a_hostile_platform_file_is_refused(
    solve: Command, record: str, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "board.yaml"
    path.write_bytes(content)
    refused(solve(record, "-p", str(path)))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in PIPELINES])
def test_a_hostile_pipeline_file_is_refused(solve: Command, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(content)
    refused(solve(str(path), "-p", "acme-one"))


@pytest.mark.parametrize(
    "arguments",
    [
        (".", "-p", "acme-one"),
        ("no/such/file.yaml", "-p", "acme-one"),
        ("/dev/null", "-p", "acme-one"),
        ("a\x1b[31m.yaml", "-p", "acme-one"),
        ("\udcff.yaml", "-p", "acme-one"),
        ("RECORD", "-p", "no\x1b[31mboard"),
        ("RECORD", "-p", "x" * 5000),
        ("RECORD", "-p", "."),
        ("RECORD", "RECORD", "-p", "acme-one"),
        ("RECORD", "-p", "acme-one", "--pin", "x" * 5000),
        ("RECORD", "-p", "acme-one", "--pin", "frame:heap=\x1b[31m"),
        ("RECORD", "-p", "acme-one", "--pin", "frame:stride=99999999999999999999"),
        ("RECORD", "-p", "acme-one", "--pin", "frame:count=-1"),
        ("RECORD", "-p", "acme-one", "--pin", "frame:stride=٣"),
        ("RECORD", "-p", "acme-one", "--why-not", "frame"),
        ("RECORD", "-p", "acme-one", "--why-not", "frame:"),
        ("RECORD", "-p", "acme-one", "--why-not", "ghost:system"),
        ("RECORD", "-p", "acme-one", "--live", "RECORD"),
        ("RECORD", "-p", "acme-one", "--live", "/dev/null"),
    ],
    ids=ascii,
)
def test_hostile_arguments_are_refused(solve: Command, record: str, arguments: tuple[str, ...]) -> None:
    refused(solve(*(record if argument == "RECORD" else argument for argument in arguments)))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("path", ["/v1/plans", "/v1/allocations"])
@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in hostile.BODIES])
def test_a_hostile_body_is_refused(client: TestClient, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 404, 413, 422)
    problem(response, response.status_code)


@cache
def _as_data(content: bytes) -> object:
    """What a hostile file says, if YAML can say it; None if nothing is left of it."""
    try:
        document = read_text(content, "file")
    except InputError:
        return None
    return None if document.problems else document.data


DOCUMENTS = [
    pytest.param(field, data, id=f"{field}: {name}")
    for field, cases in (("platform", PLATFORMS), ("pipelines", PIPELINES))
    for name, content in cases
    if (data := _as_data(content)) is not None
]


@pytest.mark.parametrize(("field", "data"), DOCUMENTS)
def test_a_hostile_document_in_a_body_is_refused(client: TestClient, field: str, data: object) -> None:
    asked = QUESTION | {field: [data] if field == "pipelines" else data}
    response = client.post(
        "/v1/plans", content=json.dumps(asked), headers={"content-type": "application/json"}
    )
    assert response.status_code in (400, 404, 413, 422), response.text
    problem(response, response.status_code)


def test_the_question_itself_is_sound(client: TestClient) -> None:
    assert RECORD["schema"] and client.post("/v1/plans", json=QUESTION).status_code == 200
