# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import json
from importlib import metadata, resources

import jsonschema
import pytest

from airflow_provider_zendesk import __version__
from airflow_provider_zendesk.exceptions import ZendeskError
from airflow_provider_zendesk.get_provider_info import CONN_FIELDS, get_provider_info
from airflow_provider_zendesk.hooks.zendesk import ZendeskHook

DISTRIBUTION = "airflow-provider-zendesk"
INFO = get_provider_info()
(CONNECTION_TYPE,) = INFO["connection-types"]


def named(value: object, key: str) -> list[str]:
    """Everything found under a key, at any depth."""
    if isinstance(value, list):
        return [name for part in value for name in named(part, key)]
    if not isinstance(value, dict):
        return []
    here = value.get(key, [])
    return ([here] if isinstance(here, str) else here) + [
        n for part in value.values() for n in named(part, key)
    ]


def test_it_is_valid_by_airflows_own_schema():
    schema = json.loads((resources.files("airflow") / "provider_info.schema.json").read_text("utf-8"))
    assert "package-name" in schema["properties"]
    jsonschema.validate(INFO, schema)


def test_it_names_the_distribution_and_its_version():
    assert INFO["package-name"] == metadata.metadata(DISTRIBUTION)["Name"] == DISTRIBUTION
    assert INFO["versions"] == [__version__]


def test_airflow_finds_it_by_its_entry_point():
    points = metadata.entry_points(group="apache_airflow_provider")
    (point,) = [point for point in points if point.dist is not None and point.dist.name == DISTRIBUTION]
    assert point.load() is get_provider_info


@pytest.mark.filterwarnings("ignore:ProvidersManager.hooks is deprecated")  # since Airflow 3.2
def test_airflow_registers_the_connection_type():
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    assert manager.providers[DISTRIBUTION].version == __version__
    hook = manager.hooks[ZendeskHook.conn_type]
    assert hook is not None
    assert (hook.package_name, hook.connection_testable) == (DISTRIBUTION, True)


@pytest.mark.parametrize("module", named(INFO, "python-modules"))
def test_each_module_it_names_can_be_imported(module):
    assert importlib.import_module(module).__name__ == module


def test_every_module_that_airflow_loads_is_named():
    listed = set(named(INFO, "python-modules"))
    there = {
        f"airflow_provider_zendesk.{kind}.{file.name.removesuffix('.py')}"
        for kind in ("hooks", "operators", "sensors", "triggers")
        if (folder := resources.files("airflow_provider_zendesk") / kind).is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".py") and not file.name.startswith("_")
    }
    without_any = {"hooks.credentials", "operators.lineage", "operators.links"}  # no hook, no operator
    assert listed == there - {f"airflow_provider_zendesk.{name}" for name in without_any}


def test_the_connection_types_hook_is_that_class():
    module, _, name = CONNECTION_TYPE["hook-class-name"].rpartition(".")
    hook = getattr(importlib.import_module(module), name)
    assert hook is ZendeskHook
    assert CONNECTION_TYPE["connection-type"] == hook.conn_type == "zendesk_api"
    assert CONNECTION_TYPE["hook-name"] == hook.hook_name
    assert (hook.conn_name_attr, hook.default_conn_name) == ("zendesk_conn_id", "zendesk_default")


def test_the_form_has_exactly_the_extras_that_the_hook_reads(monkeypatch):
    read = set()

    class Extras(dict):
        def get(self, name, default=None):
            read.add(name)
            return super().get(name, default)

        def __getitem__(self, name):
            read.add(name)
            return super().__getitem__(name)

    class Connection:
        conn_id, host = "zendesk_default", "acme"
        schema = port = login = password = None

        def __init__(self, extras):
            self.extra_dejson = Extras(extras)

    # One extra at a time, so that no credential that is found keeps the hook from looking at the next.
    for extras in [{}, *({name: "x"} for name in CONN_FIELDS)]:
        monkeypatch.setattr(
            ZendeskHook, "get_connection", lambda self, conn_id, extras=extras: Connection(extras)
        )
        try:
            client = ZendeskHook().client
        except (ValueError, ZendeskError):
            continue
        client.session.close()
    assert read == set(CONN_FIELDS) == set(CONNECTION_TYPE["conn-fields"])


def test_every_secret_of_the_form_is_shown_as_one():
    secret = {name for name, field in CONN_FIELDS.items() if field["schema"].get("format") == "password"}
    assert secret == {"client_secret", "oauth_token", "token"}


def test_the_form_of_airflow_2_shows_the_standard_fields_alike():
    behaviour = ZendeskHook.get_ui_field_behaviour()
    assert set(behaviour) == {"hidden_fields", "relabeling", "placeholders"}
    declared = CONNECTION_TYPE["ui-field-behaviour"]
    assert behaviour == {name.replace("-", "_"): value for name, value in declared.items()}
    standard = {"description", "host", "port", "login", "password", "schema", "extra"}
    for fields in declared.values():
        assert set(fields) <= standard | set(CONN_FIELDS)


def test_the_form_of_airflow_2_has_the_same_extras():
    pytest.importorskip("flask_appbuilder", reason="Airflow 2's form")
    assert set(ZendeskHook.get_connection_form_widgets()) == set(CONN_FIELDS)
