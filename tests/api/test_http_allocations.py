"""POST and DELETE /v1/allocations: buffers held in the simulator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from heapwright.api.service.app import application
from heapwright.api.service.limits import ServiceLimits
from tests.api.questions import QUESTION, RECORD, problem


def test_a_question_is_solved_allocated_and_freed(client: TestClient) -> None:
    response = client.post("/v1/allocations", json=QUESTION)
    assert response.status_code == 201
    held = response.json()
    assert held["platform"] == "acme-one"
    assert held["plan"]["placements"][0]["heap"] == "cma"
    freed = client.delete(f"/v1/allocations/{held['id']}")
    assert (freed.status_code, freed.content) == (204, b"")
    problem(client.delete(f"/v1/allocations/{held['id']}"), 404)


def test_an_earlier_plan_can_be_allocated(client: TestClient) -> None:
    plan = client.post("/v1/plans", json=QUESTION).json()
    held = client.post("/v1/allocations", json=QUESTION | {"plan": plan})
    assert held.status_code == 201
    del plan["alternatives"]
    assert held.json()["plan"] == plan


def test_allocations_of_one_board_share_its_memory(client: TestClient) -> None:
    # 20 MiB each: three fit the 64 MiB of cma, a fourth does not until one is freed.
    ids = [client.post("/v1/allocations", json=QUESTION).json()["id"] for _ in range(3)]
    full = problem(client.post("/v1/allocations", json=QUESTION), 409)
    assert "ENOMEM" in full["errors"][0]["message"]
    client.delete(f"/v1/allocations/{ids[1]}")
    assert client.post("/v1/allocations", json=QUESTION).status_code == 201


def test_no_plan_is_a_conflict_with_its_facts(client: TestClient) -> None:
    small = {
        "schema": "heapwright/platform/1",
        "name": "small",
        "extends": "acme-one",
        "memory": {"cma": {"size": "16MiB"}},
    }
    found = problem(client.post("/v1/allocations", json=QUESTION | {"platform": small}), 409)
    assert "infeasible" in found["detail"]
    assert "cma" in [error["path"] for error in found["errors"]]


def _changed(plan: Any, **fields: Any) -> Any:
    [placement] = plan["placements"]
    return plan | {"placements": [placement | fields]}


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"heap": "system", "names": ["system"], "allocated": 4325376}, 409, "EFAULT"),
        ({"heap": "nowhere"}, 422, "has no heap 'nowhere'"),
        ({"buffer": "other"}, 422, "asks for no buffer 'other'"),
        ({"planes": [{"offset": 0, "stride": 5504, "size": 4227072}]}, 409, "corrupt-read-back"),
        (
            {"attachments": [{"device": "ghost", "port": "render", "access": "write"}]},
            422,
            "no device 'ghost'",
        ),
        ({"count": 2**62}, 422, "at most"),
        ({"sizes": [2**62]}, 422, "at most"),
        ({"sizes": [4325375]}, 422, "plan.placements[0].size"),
        ({"allocated": 4325376}, 422, "cma takes 5242880 bytes for it, not 4325376"),
        ({"count": 3}, 422, "plan.placements[0]"),
        ({"planes": []}, 422, "0 planes; XR24 in LINEAR has 1"),
        ({"attachments": []}, 422, "nobody is attached who was asked for"),
        ({"count": -1}, 422, ""),
        ({"count": "4"}, 422, ""),
    ],
    ids=str,
)
def test_a_plan_made_by_hand_is_refused_with_its_reason(
    client: TestClient, fields: dict[str, Any], status: int, says: str
) -> None:
    plan = _changed(client.post("/v1/plans", json=QUESTION).json(), **fields)
    response = client.post("/v1/allocations", json=QUESTION | {"plan": plan})
    assert says in str(problem(response, status))
    # Nothing of it stays: three good ones still fit.
    assert [client.post("/v1/allocations", json=QUESTION).status_code for _ in range(3)] == [201] * 3


def test_allocations_are_capped() -> None:
    one = RECORD["buffers"]["frame"] | {"count": 3}
    small = QUESTION | {"pipelines": [RECORD | {"buffers": {"frame": one}}]}
    with TestClient(application(ServiceLimits(allocations=2))) as client:
        held = [client.post("/v1/allocations", json=small) for _ in range(3)]
        assert [response.status_code for response in held] == [201, 201, 429]
        problem(held[2], 429)
        assert client.delete(f"/v1/allocations/{held[0].json()['id']}").status_code == 204
        assert client.post("/v1/allocations", json=small).status_code == 201


def test_many_at_once_leave_nothing_behind(client: TestClient) -> None:
    def once(_: int) -> int:
        made = client.post("/v1/allocations", json=QUESTION)
        if made.status_code == 201:
            assert client.delete(f"/v1/allocations/{made.json()['id']}").status_code == 204
        return made.status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(once, range(24))) <= {201, 409, 503}
    store = client.app.state.service.allocations  # type: ignore[attr-defined]
    assert (store._stored, store._boards) == ({}, {})


@pytest.mark.parametrize("key", ["x", "0" * 65, "..%2f", "ABCDEF"])
def test_an_id_of_another_form_is_refused(client: TestClient, key: str) -> None:
    assert client.delete(f"/v1/allocations/{key}").status_code in (404, 422)


FILM: dict[str, Any] = {
    "schema": "heapwright/pipeline/1",
    "name": "film",
    "buffers": {
        "frame": {
            "size": "1280x720",
            "protected": True,
            "written_by": "video-decoder.frame",
            "read_by": "display.scanout",
        }
    },
}
SHOWN = {"platform": "acme-one", "pipelines": [FILM]}
OPEN = {"heap": "cma", "names": ["default_cma_region", "linux,cma", "reserved"], "allocated": 2 << 20}


def _on(**board: Any) -> dict[str, Any]:
    return {"schema": "heapwright/platform/1", "name": "acme-one", "extends": "acme-one", **board}


@pytest.mark.parametrize(
    ("board", "fields", "says"),
    [
        # Open memory for protected content: the decoder's write is blocked.
        ({}, OPEN, "device 'decoder': writing protected content to cma, which is open, is blocked"),
        # Open memory for a port that needs the other sort.
        (
            {"devices": {"panel": {"ports": {"scanout": {"protected": "required"}}}}},
            OPEN,
            "device 'panel': scanout faults on memory of cma, which is open",
        ),
        # Protected memory whose firewall knows nothing of the panel.
        (
            {"heaps": {"video-protected": {"access": ["decoder"]}}},
            {},
            "device 'panel': video-protected: access from outside the firewall",
        ),
    ],
    ids=["protected content in open memory", "open memory for a protected port", "an outsider"],
)
def test_the_wrong_memory_is_an_incident_in_words_and_the_service_lives_on(
    client: TestClient, board: dict[str, Any], fields: dict[str, Any], says: str
) -> None:
    plan = _changed(client.post("/v1/plans", json=SHOWN).json(), **fields)
    asked = SHOWN | {"platform": _on(**board), "plan": plan}
    found = problem(client.post("/v1/allocations", json=asked), 409)
    assert found["detail"] == "the simulated board refuses the plan"
    assert any(says in error["message"] for error in found["errors"]), found["errors"]
    assert client.get("/healthz").status_code == 200
    assert client.post("/v1/allocations", json=SHOWN).status_code == 201


def test_a_cpu_map_of_protected_memory_is_an_incident(client: TestClient) -> None:
    plan = client.post("/v1/plans", json=SHOWN).json()
    [placement] = plan["placements"]
    attached = [*placement["attachments"], {"device": "cpu0", "port": "read", "access": "read"}]
    seen = FILM["buffers"]["frame"] | {"read_by": ["display.scanout", "cpu.read"]}
    asked = SHOWN | {"pipelines": [FILM | {"buffers": {"frame": seen}}]}
    bent = _changed(plan, attachments=attached, count=3)  # the processor holds one more
    found = client.post("/v1/allocations", json=asked | {"plan": bent})
    assert "buffers of video-protected cannot be mapped" in str(problem(found, 409)["errors"])
    assert client.post("/v1/allocations", json=SHOWN).status_code == 201


@pytest.mark.parametrize(
    ("conversions", "status", "says"),
    [
        ([{"buffer": "frame"}], 422, "conversions"),
        (
            [
                {
                    "pipeline": "record-and-preview",
                    "buffer": "frame",
                    "reads": "frame",
                    "writes": "frame>1",
                    "device": "gpu0",
                    "from": "sample",
                    "to": "render",
                    "changes": [],
                    "lossless": True,
                    "bytes_per_second": 0,
                    "text": "out of thin air",
                    "source": "nobody",
                }
            ],
            422,
            "buffer 'frame>1' of 'record-and-preview' has no placement",
        ),
    ],
    ids=["malformed", "of nothing"],
)
def test_a_conversion_made_by_hand_is_refused(
    client: TestClient, conversions: list[Any], status: int, says: str
) -> None:
    plan = client.post("/v1/plans", json=QUESTION).json() | {"conversions": conversions}
    found = client.post("/v1/allocations", json=QUESTION | {"plan": plan})
    assert says in str(problem(found, status))
    assert client.post("/v1/allocations", json=QUESTION).status_code == 201
