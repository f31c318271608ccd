# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
import requests

COMMAND = [sys.executable, "-m", "airflow_provider_zendesk.emulator"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_told_to_end(number):
    arguments = ["--port", "0", "--tickets", "50", "--start", "2026-11-01", "--end", "now"]
    arguments += ["--now", "2026-11-21T12:00:00Z", "--speed", "0", "--exports-per-minute", "10"]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            title, export = process.stdout.readline(), process.stdout.readline()
            name, _, value = export.strip().removeprefix("export ").partition("=")
            assert name == "AIRFLOW_CONN_ZENDESK_DEFAULT"
            connection = json.loads(value.strip("'"))
            assert connection["host"] in title
            token = requests.post(
                connection["host"] + "/oauth/tokens",
                json={"grant_type": "client_credentials", "scope": "read", **connection["extra"]},
                timeout=10,
            ).json()["access_token"]
            page = requests.get(
                connection["host"] + "/api/v2/incremental/tickets/cursor",
                params={"start_time": 0, "support_type_scope": "all"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
            assert len(page.json()["tickets"]) == 50
            assert "total=10; remaining=9" in page.headers["zendesk-ratelimit-incremental-exports"]
            process.send_signal(number)
            assert process.wait(10) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()  # else a failure would wait for it for ever


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--host", "192.168.1.1"],
            "host '192.168.1.1' is not a loopback address; use 127.0.0.1, ::1 or localhost",
        ),
        (["--start", "then"], "'then' is neither ISO 8601 nor epoch seconds nor 'now'"),
        (["--start", "2026-11-02", "--end", "2026-11-01"], "must lie before --end (2026-11-01T00:00:00Z)"),
    ],
)
def test_it_says_in_one_line_what_it_cannot_do(arguments, complaint):
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert complaint in result.stderr.splitlines()[-1]


def test_a_taken_port_is_said_plainly(zendesk_emulator):
    port = zendesk_emulator.url.rsplit(":", 1)[1]
    result = subprocess.run(
        [*COMMAND, "--port", port, "--tickets", "1"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == f"cannot listen on 127.0.0.1 port {port}: Address already in use\n"
