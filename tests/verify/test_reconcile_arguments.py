# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_zendesk import reconcile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["groups", "ticket_comments"])
def test_only_what_is_exported_can_be_reconciled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    period = ["--start", "2025-11-20", "--end", "2025-11-21"]
    with pytest.raises(SystemExit) as exit_:
        reconcile.main([str(tmp_path), "--resource", name, *period])
    assert exit_.value.code == 2
    assert f"unknown resource '{name}'; choose one of: tickets" in capsys.readouterr().err
