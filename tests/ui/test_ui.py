# SPDX-License-Identifier: Apache-2.0
"""
What people see in Airflow's own pages, in a real browser: the connection form and its test, and what an export leaves behind.

``make test-ui`` runs it, and ``make screenshots`` also writes the pictures of the documentation. Both need Chromium.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_zendesk.emulator import ZendeskEmulator
from tests.client.raw import RawServer
from tests.system.running import Airflow, wait_for

if "ZENDESK_UI" not in os.environ:
    pytest.skip("make test-ui runs it", allow_module_level=True)

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

START, END = 1795132800, 1795219200  # 2026-11-20
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).parents[2] / "docs" / "images" / "ui"
SECONDS = 1000.0
DAG = """
from datetime import datetime, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

with DAG("zendesk", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    ZendeskIncrementalExportOperator(
        task_id="export", resource="tickets", path="file://{root}", start_time={start}, end_time={end}, emit_asset=True,
    )
"""

# With the summary of an export of a real account to a real store, of which neither is here.
LINKED = """
from datetime import datetime, timezone
from airflow.providers.common.compat.sdk import DAG
from airflow_provider_zendesk.operators.incremental_export import ZendeskIncrementalExportOperator

class Exported(ZendeskIncrementalExportOperator):
    def execute(self, context):
        return {"account": "acme.zendesk.com", "resource": "tickets", "path": "s3://lake/zendesk"}

with DAG("linked", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)):
    Exported(task_id="export", resource="tickets", path="s3://lake/zendesk")
"""


@pytest.fixture(scope="module")
def zendesk() -> Iterator[ZendeskEmulator]:
    with ZendeskEmulator(now=END + 7200) as zendesk:
        zendesk.account.populate(START, END, tickets=500)
        yield zendesk


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, zendesk: ZendeskEmulator) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    with Airflow(home, zendesk.airflow_connection(), AIRFLOW__CORE__TEST_CONNECTION="Enabled") as airflow:
        yield airflow


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30 * SECONDS)
        yield page
        browser.close()


def picture(page: Page, name: str) -> None:
    if "ZENDESK_SCREENSHOTS" in os.environ:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(SECONDS)  # for what moves
        page.screenshot(path=PICTURES / f"{name}.png")


def test_the_form_has_our_fields_and_says_which_are_best(airflow: Airflow, page: Page) -> None:
    page.goto(f"{airflow.url}/connections")
    page.get_by_role("button", name="Add Connection").click()
    page.get_by_role("combobox").last.focus()
    page.keyboard.type("Zendesk (incremental")
    page.wait_for_timeout(SECONDS)
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    for text in ("Subdomain or host", "E-mail", "Description", "Scheme"):
        expect(form.get_by_text(text, exact=True)).to_be_visible()
    host = form.locator("input[name=host]")
    expect(host).to_have_attribute("placeholder", "acme or acme.zendesk.com, without https://")
    expect(form.locator("input[name=login]")).to_have_attribute(
        "placeholder", re.compile("better: an OAuth client")
    )
    picture(page, "form")
    form.get_by_text("Extra Fields", exact=True).click()
    expect(form.get_by_text("Recommended: an admin makes a confidential OAuth client")).to_be_visible()
    expect(form.get_by_text("Zendesk ends API tokens on 2027-04-30")).to_be_visible()
    for secret in ("client_secret", "oauth_token", "token"):
        expect(form.locator(f"input[name=element_{secret}]")).to_have_attribute("type", "password")
    picture(page, "extra-fields")


def connection(zendesk: ZendeskEmulator, **fields: Any) -> dict[str, Any]:
    extra = {"client_id": zendesk.client_id, "client_secret": zendesk.client_secret}
    port = int(zendesk.url.rpartition(":")[2])
    return {"host": "127.0.0.1", "schema": "http", "port": port, "extra": json.dumps(extra), **fields}


def press_test(airflow: Airflow, page: Page, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Save a connection, press its test, and return the answer."""
    body = {"connection_id": name, "conn_type": "zendesk_api", **fields}
    assert airflow.call("POST", "connections", body)["connection_id"] == name
    page.goto(f"{airflow.url}/connections")
    row = page.get_by_role("row").filter(has=page.get_by_text(name, exact=True))
    button = row.get_by_role("button", name="Test Connection")
    with page.expect_response(
        lambda response: "connections/test" in response.url, timeout=10 * SECONDS
    ) as answer:
        button.click()
    told: dict[str, Any] = answer.value.json()
    return told


def test_a_good_connection_passes_its_test(airflow: Airflow, zendesk: ZendeskEmulator, page: Page) -> None:
    assert press_test(airflow, page, "good", connection(zendesk)) == {
        "status": True,
        "message": "Ada Admin is an admin of 127.0.0.1 and can read its exports",
    }


BAD = [
    (
        "wrong-secret",
        {"extra": '{"client_id": "airflow", "client_secret": "wrong"}'},
        "check client_id and client_secret",
    ),
    (
        "agent",
        {"extra": json.dumps({"oauth_token": ZendeskEmulator.agent_oauth_token})},
        "exports need an admin",
    ),
    (
        "wrong-host",
        {"host": "no-such-account.invalid", "schema": None, "port": 443},
        "is unknown here; check",
    ),
    (
        "wrong-port",
        {"port": 9},
        "nothing listens at http://127.0.0.1:9; check the connection's host and port",
    ),
    ("https-for-http", {"schema": "https"}, "does not speak TLS as it should"),
]


@pytest.mark.parametrize(("name", "fields", "says"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_one_says_within_ten_seconds_what_to_change(
    airflow: Airflow, zendesk: ZendeskEmulator, page: Page, name: str, fields: dict[str, Any], says: str
) -> None:
    told = press_test(airflow, page, name, connection(zendesk, **fields))
    assert says in str(told)
    expect(page.get_by_text(says)).to_be_visible()
    if name == "wrong-secret":
        picture(page, "test-failed")


def test_http_where_tls_is_spoken_is_told_too(airflow: Airflow, zendesk: ZendeskEmulator, page: Page) -> None:
    with RawServer(lambda: [b"\x15\x03\x01\x00\x02\x02\x46"]) as tls:
        port = int(tls.url.rpartition(":")[2])
        press_test(airflow, page, "http-for-https", connection(zendesk, port=port))
        expect(page.get_by_text("if the server speaks TLS, give an https:// host")).to_be_visible()


def test_what_an_export_leaves_on_its_pages(airflow: Airflow, page: Page) -> None:
    root = airflow.home / "lake"
    run = airflow.run("zendesk", DAG.format(root=root, start=START, end=END))
    wait_for(lambda: airflow.task("zendesk", run).get("state") == "success", 120)
    task = f"{airflow.url}/dags/zendesk/runs/{run}/tasks/export"
    page.goto(task)
    expect(
        page.get_by_text("the window is [2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z)").first
    ).to_be_visible()
    picture(page, "log")
    page.goto(f"{task}/xcom")
    for key in ("return_value", "files", "manifests"):
        expect(page.get_by_role("cell", name=key, exact=True)).to_be_visible()
    page.get_by_label("Expand").first.click()
    expect(page.get_by_text('"20261120T000000Z').or_(page.get_by_text("records")).first).to_be_visible()
    picture(page, "xcom")
    page.get_by_text("Task State Store").click()
    expect(page.get_by_text("progress").first).to_be_visible()
    picture(page, "progress")
    page.goto(f"{task}/asset_events")
    expect(page.get_by_text(f"file://{root}/tickets").first).to_be_visible()


def test_the_links_of_a_task_lead_to_its_files_and_to_its_account(airflow: Airflow, page: Page) -> None:
    run = airflow.run("linked", LINKED)
    wait_for(lambda: airflow.task("linked", run).get("state") == "success", 120)
    page.goto(f"{airflow.url}/dags/linked/runs/{run}/tasks/export/details")
    for name, url in (
        (
            "Exported files",
            "https://s3.console.aws.amazon.com/s3/buckets/lake?prefix=zendesk/tickets/",
        ),
        ("Zendesk", "https://acme.zendesk.com/agent"),
    ):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("href", url)
    picture(page, "links")
