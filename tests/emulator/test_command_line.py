# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
import requests

# An export of each family beside tickets, and the key of its rows.
OTHERS = {
    "/api/v2/incremental/users/cursor": "users",
    "/api/v2/incremental/organizations": "organizations",
    "/api/v2/help_center/incremental/articles": "articles",
    "/api/v2/channels/voice/stats/incremental/legs": "legs",
    "/api/v2/incremental/routing/instance_values": "instance_values",
    "/api/v2/incremental/custom_objects/vehicle/cursor": "custom_object_records",
    "/api/v2/tickets/side_conversations/events": "events",
    "/api/v2/engagements": "agent_engagement_data",
}
RESOURCES = {
    "instance_values": "routing/instance_values",
    "events": "side_conversation_events",
    "agent_engagement_data": "engagements",
}

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
            assert "2026-11-01T00:00:00Z to 2026-11-21T12:00:00Z, 50 tickets, 150 ticket_events, " in title
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
            for path, key in OTHERS.items():
                query = {"start_time": 0, "page_size": 100}
                page = requests.get(
                    connection["host"] + path, query, headers=page.request.headers, timeout=10
                )
                resource = (
                    "custom_objects/vehicle" if key == "custom_object_records" else RESOURCES.get(key, key)
                )
                assert f", {len(page.json()[key])} {resource}" in title
            process.send_signal(number)
            assert process.wait(10) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()  # else a failure would wait for it for ever


def test_limits_and_faults_can_be_tried():
    arguments = ["--port", "0", "--tickets", "1", "--now", "2026-11-21T12:00:00Z", "--speed", "0"]
    arguments += ["--exports-per-minute", "1000", "--minute", "600", "--header-spelling", "2023"]
    arguments += ["--fault-rate", "0.5"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[3].rstrip(":")
            headers = {"Authorization": "Bearer admin-oauth-token"}
            answers, broken = [], 0
            for _ in range(40):
                try:
                    path = "/api/v2/incremental/tickets/cursor?start_time=0"
                    answers.append(requests.get(url + path, headers=headers, timeout=10))
                except requests.RequestException:
                    broken += 1
            statuses = {answer.status_code for answer in answers}
            assert 5 < [answer.status_code for answer in answers].count(200) < 35
            assert statuses & {409, 429, 500, 502, 503, 504, 520, 524}
            assert broken
            told = {answer.headers.get("zendesk-rate-limit-incremental-exports") for answer in answers}
            assert any(text and text.endswith("resets=600") for text in told)
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--host", "192.168.1.1"],
            "host '192.168.1.1' is not a loopback address; use 127.0.0.1, ::1 or localhost",
        ),
        (["--start", "then"], "'then' is not ISO 8601, epoch seconds or 'now'"),
        (["--minute", "0"], "'0' must be more than 0"),
        (["--minute", "soon"], "'soon' is not a number"),
        (["--fault-rate", "1.5"], "'1.5' must be between 0 and 1"),
        (["--header-spelling", "2019"], "invalid choice: '2019'"),
        (["--start", "2026-11-02", "--end", "2026-11-01"], "must be before --end (2026-11-01T00:00:00Z)"),
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
