# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import re
import socket
import subprocess
import sys
import threading
from email.utils import parsedate_to_datetime

import pytest
import requests

from airflow_provider_zendesk.emulator import ZendeskEmulator

NOW = 1795262400
TICKETS = "/api/v2/incremental/tickets/cursor?start_time=0"


def test_it_compresses_when_the_client_admits_it(zendesk_emulator, session):
    zendesk_emulator.account.burst(NOW - 100, 10)
    url = zendesk_emulator.url + TICKETS
    packed = session.get(url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10)
    plain = session.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.content
    assert plain.headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_date_is_the_emulators(zendesk_emulator, get):
    zendesk_emulator.clock.set(1_000_000_000.9)
    assert get(start_time=0).headers["Date"] == "Sun, 09 Sep 2001 01:46:40 GMT"


def test_every_answer_has_its_own_request_id(get):
    """x-request-id is on every recorded response."""
    first, second = get(start_time=0), get()
    assert re.fullmatch(r"[0-9a-f-]{36}", first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_rows_do_not_depend_on_the_port():
    rows = []
    for _ in range(2):
        with ZendeskEmulator(now=NOW, speed=0) as zendesk:
            zendesk.account.create(NOW - 100)
            rows.append(zendesk.truth(0, NOW))
    assert rows[0] == rows[1]


def test_it_leaves_no_thread_and_no_socket_even_with_a_connection_open():
    before = threading.enumerate()
    with ZendeskEmulator() as zendesk, requests.Session() as session:
        session.get(zendesk.url + "/api/v2/users/me", timeout=10)
        port = int(zendesk.url.rsplit(":", 1)[1])
        zendesk.stop()
        assert threading.enumerate() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    with ZendeskEmulator(port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}"


def test_a_taken_port_is_an_error(zendesk_emulator):
    with pytest.raises(OSError, match="in use"):
        ZendeskEmulator(port=int(zendesk_emulator.url.rsplit(":", 1)[1])).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com", ""])  # noqa: S104
def test_it_is_for_loopback_only(host):
    with pytest.raises(ValueError, match="not a loopback address; use 127.0.0.1"):
        ZendeskEmulator(host=host)


def test_time_stands_still_runs_or_flies():
    with ZendeskEmulator(now=NOW, speed=0) as zendesk:
        clock = zendesk.clock
        assert clock.now() == clock.now() == NOW
        clock.advance(1.5)
        assert clock.now() == NOW + 1.5
        clock.speed = 1_000_000
        assert clock.now() > NOW + 1.5
        clock.set(5)
        assert clock.now() >= 5
    with ZendeskEmulator() as zendesk:
        response = requests.get(zendesk.url, timeout=10)
        assert abs(parsedate_to_datetime(response.headers["Date"]).timestamp() - zendesk.clock.now()) < 5


def test_the_fixture_is_switched_on_with_pytest_plugins(tmp_path):
    (tmp_path / "conftest.py").write_text(
        'pytest_plugins = ["airflow_provider_zendesk.emulator.pytest_plugin"]\n'
    )
    (tmp_path / "test_it.py").write_text(
        "def test_it(zendesk_emulator):\n"
        "    assert zendesk_emulator.url.startswith('http://127.0.0.1:')\n"
        f"    assert zendesk_emulator.clock.now() == {NOW}\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in result.stdout, result.stdout


def test_it_needs_no_airflow():
    """The kill tests start hundreds of children: importing Airflow would cost seconds in each."""
    code = (
        "import sys, airflow_provider_zendesk.emulator.__main__\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'airflow']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
