"""The engine on this machine: says what it lacks, keeps its data, ends when told."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local import dynamodb_local
from tests.tables import make_client, make_table

pytestmark = pytest.mark.dynamodb


def test_tables_are_kept_between_runs(tmp_path: Path) -> None:
    for is_first in (True, False):
        server = dynamodb_local.start(tmp_path / "data")
        try:
            client = make_client(server.url)
            if is_first:
                make_table(client, "kept")
            assert client.list_tables()["TableNames"] == ["kept"]
        finally:
            server.stop()
        assert server.process.poll() is not None


def test_a_machine_without_java_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java" in dynamodb_local.why_not()
    with pytest.raises(RuntimeError, match="default-jre-headless"):
        dynamodb_local.start()
