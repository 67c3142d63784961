"""POST /v1/plans and the platforms: answers, and refusals that say what was expected."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

import heapwright
from heapwright.api.service.app import application
from heapwright.api.service.limits import ServiceLimits
from heapwright.platforms.catalog import board_names
from heapwright.solver.answer.plan import Undecided
from tests.api.questions import QUESTION, RECORD, problem

JSON = {"content-type": "application/json"}


def test_a_plan_by_the_name_of_a_board(client: TestClient) -> None:
    response = client.post("/v1/plans", json=QUESTION)
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "optimal"
    assert answer["placements"][0]["heap"] == "cma"
    assert answer["alternatives"] == []


def test_infeasible_is_an_answer(client: TestClient) -> None:
    small = {
        "schema": "heapwright/platform/1",
        "name": "small",
        "extends": "acme-one",
        "memory": {"cma": {"size": "16MiB"}},
    }
    response = client.post("/v1/plans", json=QUESTION | {"platform": small})
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "infeasible"
    assert {"change": "memory.cma.size", "to": 20971520} in [
        {key: remedy[key] for key in ("change", "to")} for remedy in answer["remedies"]
    ]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"options": {"why_not": "frame:0"}}, "options.why_not"),
        ({"options": {"why_not": "frame:heap=vram"}}, "options.why_not"),
        ({"options": {"pins": ["frame:heap=vram"]}}, "options.pins"),
        ({"live": [1]}, "live[0]"),
        ({"live": [{"heap": 1}]}, "live[0].heap"),
    ],
)
def test_a_fault_is_reported_where_it_stands_in_the_body(
    client: TestClient, asked: dict[str, Any], path: str
) -> None:
    response = client.post("/v1/plans", json=QUESTION | asked)
    assert response.status_code == 422
    assert path in [error["path"] for error in response.json()["errors"]]


def test_undecided_is_an_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Undecided(platform="acme-one", pipelines=("record-and-preview",), text="the limit came first")
    monkeypatch.setattr(heapwright, "solve", lambda *_, **__: answer)
    response = client.post("/v1/plans", json=QUESTION)
    assert (response.status_code, response.json()["status"]) == (200, "undecided")


def test_options_reach_the_solver(client: TestClient) -> None:
    asked = QUESTION | {"options": {"pins": ["frame:stride=5888"], "alternatives": 1}}
    answer = client.post("/v1/plans", json=asked).json()
    assert answer["placements"][0]["planes"][0]["stride"] == 5888
    assert len(answer["alternatives"]) <= 1


def test_why_not_answers_that_question(client: TestClient) -> None:
    answer = client.post("/v1/plans", json=QUESTION | {"options": {"why_not": "frame:system"}}).json()
    assert answer["status"] == "infeasible"
    assert "contiguous-memory" in [reason["kind"] for reason in answer["conflict"]]


def test_what_an_answer_says_of_attachments_comes_back_with_it(client: TestClient) -> None:
    # Read often 120 frames a second move, rarely 63.75; dram carries 150: two of these, not one of each.
    frame = 5632 * 768
    narrow = {
        "schema": "heapwright/platform/1",
        "name": "narrow",
        "extends": "acme-one",
        "memory": {"dram": {"bandwidth": {"peak": 150 * frame, "source": "made up"}}},
    }
    shown: dict[str, Any] = {"size": "1366x768", "written_by": "gpu.render", "formats": ["XR24"], "count": 2}
    rarely = shown | {"read_by": {"port": "display.scanout", "how_often": "rarely"}}

    def asked(name: str, **more: Any) -> Any:
        pipeline = {"schema": "heapwright/pipeline/1", "name": name, "buffers": {"frame": rarely}}
        return client.post("/v1/plans", json={"platform": narrow, "pipelines": [pipeline], **more}).json()

    placements = asked("first")["placements"]
    assert [each.get("how_often") for each in placements[0]["attachments"]] == [None, "rarely"]
    assert asked("second", live=placements)["status"] == "optimal"
    for each in placements[0]["attachments"]:
        each.pop("how_often", None)
    assert asked("second", live=placements)["status"] == "infeasible"


def test_an_answer_can_be_given_back_as_live(client: TestClient) -> None:
    placements = client.post("/v1/plans", json=QUESTION).json()["placements"]
    second = RECORD | {"name": "second"}
    assert (
        client.post("/v1/plans", json=QUESTION | {"pipelines": [second], "live": placements}).json()["status"]
        == "optimal"
    )
    # Three times 20 MiB are 60 of 64; a fourth does not fit.
    more = [p | {"pipeline": f"p{n}"} for n in range(3) for p in placements]
    assert client.post("/v1/plans", json=QUESTION | {"live": more}).json()["status"] == "infeasible"


def test_a_default_limit_is_set_and_a_long_one_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def solve(*_: Any, options: Any, **__: Any) -> Undecided:
        seen.append((options.time_limit, options.work_limit))
        return Undecided(platform="a", pipelines=("b",), text="c")

    monkeypatch.setattr(heapwright, "solve", solve)
    client.post("/v1/plans", json=QUESTION)
    client.post("/v1/plans", json=QUESTION | {"options": {"time_limit": 2, "work_limit": 3}})
    assert seen == [(10.0, None), (2.0, 3.0)]
    for name in ("time_limit", "work_limit"):
        for most in (3600, -1):
            problem(client.post("/v1/plans", json=QUESTION | {"options": {name: most}}), 422)


def test_what_ended_an_answer_is_said(client: TestClient) -> None:
    answer = client.post("/v1/plans", json=QUESTION | {"options": {"time_limit": 0}}).json()
    assert (answer["status"], answer["limited_by"]) == ("undecided", "wall")
    assert "limited_by" not in client.post("/v1/plans", json=QUESTION).json()


def test_an_unknown_board_is_404(client: TestClient) -> None:
    found = problem(client.post("/v1/plans", json=QUESTION | {"platform": "acme-two"}), 404)
    assert "no board 'acme-two'" in found["detail"]
    problem(client.get("/v1/platforms/acme-two"), 404)


@pytest.mark.parametrize(
    "name", ["../acme-one", "/etc/passwd", "acme-one.yaml", "profiles/acme-one", "pyproject.toml", "-"]
)
def test_no_name_is_taken_for_a_file(client: TestClient, name: str) -> None:
    assert client.post("/v1/plans", json=QUESTION | {"platform": name}).status_code in (404, 422)
    for field in ({"extends": name}, {"extends": "acme-one", "devices": {"panel": {"rules": name}}}):
        profile = {"schema": "heapwright/platform/1", "name": "mine", **field}
        problem(client.post("/v1/plans", json=QUESTION | {"platform": profile}), 422)


def test_everything_wrong_is_told_at_once(client: TestClient) -> None:
    pipeline = {
        "schema": "heapwright/pipeline/1",
        "name": "a",
        "buffers": {"f": {"size": "0x4", "written_by": "toaster"}},
    }
    profile = {"schema": "heapwright/platform/1", "name": "b", "heaps": {"h": {"via": "dma-heap"}}}
    found = problem(client.post("/v1/plans", json={"platform": profile, "pipelines": [pipeline]}), 422)
    paths = [error["path"] for error in found["errors"]]
    assert "pipelines[0].buffers.f.size" in paths
    assert any(path.startswith("platform.heaps.h") for path in paths)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 20_000, 400),
        (b'{"a":' * 20_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"platform": "acme-one", "pipelines": NaN}', 422),
        (b'{"platform": "acme-one", "platform": "acme-one", "pipelines": []}', 422),
        (b'{"platform": 1e999, "pipelines": []}', 422),
        (b'{"platform": ' + b"9" * 5000 + b"}", 400),
        (b'{"platform": 9223372036854775808, "pipelines": [1]}', 422),
        (b'{"platform": "\\ud800", "pipelines": [1]}', 422),
        (b'{"platform": "a\\u0000b", "pipelines": [1]}', 422),
        (b"[" + b"0," * 300_000 + b"0]", 422),
        (b"x" * (2 << 20), 413),
    ],
    ids=lambda value: value[:12].decode("ascii", "replace") if isinstance(value, bytes) else str(value),
)
@pytest.mark.parametrize("path", ["/v1/plans", "/v1/allocations"])
def test_a_hostile_body_gets_a_clear_refusal(client: TestClient, path: str, body: bytes, status: int) -> None:
    problem(client.post(path, content=body, headers=JSON), status)


def test_a_body_must_be_declared_as_json(client: TestClient) -> None:
    problem(client.post("/v1/plans", content=b"{}", headers={"content-type": "text/plain"}), 415)
    problem(client.post("/v1/plans", content=b"{}"), 415)


def test_platforms_are_listed_and_shown(client: TestClient) -> None:
    listed = client.get("/v1/platforms").json()["platforms"]
    assert [board["name"] for board in listed] == list(board_names())
    profile = client.get("/v1/platforms/acme-one").json()
    assert profile["memory"]["cma"]["size"] == 64 << 20


def test_a_profile_that_was_served_can_be_sent_back(client: TestClient) -> None:
    profile = client.get("/v1/platforms/acme-one").json()
    by_name = client.post("/v1/plans", json=QUESTION).json()
    assert client.post("/v1/plans", json=QUESTION | {"platform": profile}).json() == by_name


def test_health_and_unknown_paths(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    problem(client.get("/v2"), 404)
    refused = client.put("/v1/plans")
    problem(refused, 405)
    assert refused.headers["allow"] == "POST"


def test_a_bug_is_a_problem_document_too(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(heapwright, "solve", broken)
    found = problem(client.post("/v1/plans", json=QUESTION), 500)
    assert "secret" not in str(found)


def test_a_question_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: Any, **__: Any) -> None:
        while True:
            time.sleep(0.001)

    with TestClient(application(ServiceLimits(at_once=1, deadline=0.1, longest_wait=0.5))) as client:
        with monkeypatch.context() as patched:
            patched.setattr(heapwright, "solve", endless)
            found = problem(client.post("/v1/plans", json=QUESTION), 503)
        assert "not done within 0.1 s" in found["detail"]
        # Its turn is free again.
        assert client.post("/v1/plans", json=QUESTION | {"platform": "acme-two"}).status_code == 404


def test_a_busy_service_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(*_: Any, **__: Any) -> Undecided:
        entered.set()
        leave.wait(10)
        return Undecided(platform="a", pipelines=("b",), text="c")

    monkeypatch.setattr(heapwright, "solve", slow)
    app = application(ServiceLimits(at_once=1, queue=1, longest_wait=0.05))
    with TestClient(app) as client, ThreadPoolExecutor() as others:
        first = others.submit(client.post, "/v1/plans", json=QUESTION)
        assert entered.wait(10)
        late = client.post("/v1/plans", json=QUESTION)
        assert client.get("/healthz").status_code == 200
        leave.set()
        assert first.result().status_code == 200
    problem(late, 503)
    assert int(late.headers["retry-after"]) >= 1


def test_a_board_is_judged_on_the_kernel_asked_for(client: TestClient) -> None:
    question = QUESTION | {"options": {"kernel": "6.12"}}
    names = client.post("/v1/plans", json=question).json()["placements"][0]["names"]
    assert names == ["linux,cma", "reserved"]
    shown = client.get("/v1/platforms/acme-one?kernel=6.12").json()
    assert shown["kernel"] == "6.12"
    assert shown["heaps"]["cma"]["names"] == names
    problem(client.get("/v1/platforms/acme-one?kernel=six"), 422)
    problem(client.post("/v1/plans", json=QUESTION | {"options": {"kernel": "six"}}), 422)
