"""The service keeps what its OpenAPI description promises, whatever is thrown at it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from heapwright.api.service.app import application
from heapwright.api.service.limits import ServiceLimits
from heapwright.platforms.catalog import board_names
from tests.api.questions import QUESTION

APP = application(ServiceLimits(deadline=5.0, longest_wait=5.0))
# The schemas of a body have thousands of boundary values; trying each takes minutes.
QUICK = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": False}}})
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP, config=QUICK)


def requests(number: int) -> settings:
    return settings(
        max_examples=number, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )


@SCHEMA.parametrize()
@requests(8)
def test_no_request_breaks_the_description(case: schemathesis.Case) -> None:
    # What fits the schema may still name a port that does not exist, so 422 is no surprise.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.long
@SCHEMA.parametrize()
@requests(20)
def test_no_request_breaks_the_description_for_long(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize(
    ("platform", "options"),
    [
        ("acme-one", {}),
        ("acme-one", {"alternatives": 3}),
        ("acme-one", {"why_not": "frame:system"}),
        ("acme-one", {"why_not": "frame:cma"}),
        ("rk3588", {}),
        ("mt8195", {"strict": True}),
    ],
    ids=str,
)
def test_answers_are_as_described(client: TestClient, platform: str, options: dict[str, Any]) -> None:
    response = client.post("/v1/plans", json=QUESTION | {"platform": platform, "options": options})
    assert response.status_code == 200
    SCHEMA["/v1/plans"]["POST"].validate_response(response)


@pytest.mark.parametrize("name", board_names())
def test_every_profile_is_as_described(client: TestClient, name: str) -> None:
    SCHEMA["/v1/platforms/{name}"]["GET"].validate_response(client.get(f"/v1/platforms/{name}"))


def test_allocations_are_as_described(client: TestClient) -> None:
    held = client.post("/v1/allocations", json=QUESTION)
    SCHEMA["/v1/allocations"]["POST"].validate_response(held)
    freed = client.delete(f"/v1/allocations/{held.json()['id']}")
    SCHEMA["/v1/allocations/{id}"]["DELETE"].validate_response(freed)


def test_the_description_is_whole(client: TestClient) -> None:
    described: dict[str, Any] = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        "/v1/plans",
        "/v1/platforms",
        "/v1/platforms/{name}",
        "/v1/allocations",
        "/v1/allocations/{id}",
        "/healthz",
    }
    text = str(described)
    schemas = described["components"]["schemas"]
    missing = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]} - set(schemas)
    assert missing == set()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, method, status)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_description_can_be_read(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200
