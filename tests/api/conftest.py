"""Both interfaces, ready for requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from heapwright.api.cli import app, options
from heapwright.api.service.app import application
from heapwright.api.service.limits import ServiceLimits
from tests.api.questions import RECORD, Command, Said


@pytest.fixture
def record(tmp_path: Path) -> str:
    """The pipeline as a file."""
    path = tmp_path / "record.yaml"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    return str(path)


@pytest.fixture
def small_cma(tmp_path: Path) -> str:
    """acme-one with 16 MiB of CMA: 4 buffers of 5 MiB do not fit."""
    path = tmp_path / "small.yaml"
    path.write_text(
        "schema: heapwright/platform/1\nname: small\nextends: acme-one\nmemory: {cma: {size: 16MiB}}\n"
    )
    return str(path)


@pytest.fixture
def solve(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command `solve`, in this process."""
    monkeypatch.delenv(options.PLATFORM_VARIABLE, raising=False)

    def run(*arguments: str) -> Said:
        code = app.run(app.solve_app(), "solve", arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def heapwright(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command `heapwright`, in this process."""

    def run(*arguments: str) -> Said:
        code = app.run(app.heapwright_app(), "heapwright", arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The service, with errors as responses and a small body limit."""
    with TestClient(application(ServiceLimits(body=1 << 20)), raise_server_exceptions=False) as found:
        yield found
