# SPDX-License-Identifier: Apache-2.0
"""The provider's metadata for Airflow (entry point ``apache_airflow_provider``)."""

from __future__ import annotations

from typing import Any

from airflow_provider_zendesk import __version__

_SECRET: dict[str, Any] = {"type": ["string", "null"], "format": "password"}


def get_provider_info() -> dict[str, Any]:
    """
    Return the provider's metadata, in the form of Airflow's ``provider_info.schema.json``.

    Airflow 3 builds the connection form from ``conn-fields`` and ``ui-field-behaviour`` only, without importing the hook.
    """
    return {
        "package-name": "airflow-provider-zendesk",
        "name": "Zendesk incremental export",
        "description": "Loads Zendesk's incremental exports into object storage: exact, resumable, verifiable.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": "Zendesk incremental export",
                "external-doc-url": "https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/",
                "logo": "https://raw.githubusercontent.com/airflow-provider-zendesk/airflow-provider-zendesk/main/docs/images/logo.svg",
                "tags": ["service"],
            }
        ],
        "hooks": [
            {
                "integration-name": "Zendesk incremental export",
                "python-modules": ["airflow_provider_zendesk.hooks.zendesk"],
            }
        ],
        "operators": [
            {
                "integration-name": "Zendesk incremental export",
                "python-modules": [
                    "airflow_provider_zendesk.operators.erase",
                    "airflow_provider_zendesk.operators.incremental_export",
                    "airflow_provider_zendesk.operators.reconcile_export",
                    "airflow_provider_zendesk.operators.snapshot_export",
                    "airflow_provider_zendesk.operators.table",
                    "airflow_provider_zendesk.operators.ticket_history",
                    "airflow_provider_zendesk.operators.verify_export",
                ],
            }
        ],
        "sensors": [
            {
                "integration-name": "Zendesk incremental export",
                "python-modules": ["airflow_provider_zendesk.sensors.end_of_stream"],
            }
        ],
        "triggers": [
            {
                "integration-name": "Zendesk incremental export",
                "python-modules": ["airflow_provider_zendesk.triggers.position"],
            }
        ],
        "extra-links": [
            "airflow_provider_zendesk.operators.links.ExportedFilesLink",
            "airflow_provider_zendesk.operators.links.ZendeskLink",
        ],
        "connection-types": [
            {
                "connection-type": "zendesk_api",
                "hook-class-name": "airflow_provider_zendesk.hooks.zendesk.ZendeskHook",
                "hook-name": "Zendesk (incremental export)",
                "ui-field-behaviour": UI_FIELD_BEHAVIOUR,
                "conn-fields": CONN_FIELDS,
            }
        ],
    }


DEFAULT_CONN_ID = "zendesk_default"

CONN_FIELDS: dict[str, Any] = {
    "client_id": {
        "label": "OAuth client id",
        "description": "Recommended: an admin makes a confidential OAuth client in Zendesk's Admin Center (Apps and "
        "integrations, APIs, OAuth clients). Give its unique identifier here and its secret below, and leave e-mail and "
        "password empty.",
        "schema": {"type": ["string", "null"]},
    },
    "client_secret": {
        "label": "OAuth client secret",
        "description": "Secret of that client; access tokens are requested with it and renewed as needed.",
        "schema": _SECRET,
    },
    "oauth_token": {
        "label": "OAuth access token",
        "description": "An existing access token with scope read, instead of client id and secret.",
        "schema": _SECRET,
    },
    "token": {
        "label": "API token",
        "description": "Needs the e-mail of its user above. Zendesk ends API tokens on 2027-04-30.",
        "schema": _SECRET,
    },
    "use_token": {
        "label": "Password field holds an API token",
        "description": "As in the official provider's connections.",
        "schema": {"type": ["boolean", "null"]},
    },
}

UI_FIELD_BEHAVIOUR: dict[str, Any] = {
    "hidden-fields": [],
    "relabeling": {"host": "Subdomain or host", "login": "E-mail", "schema": "Scheme"},
    "placeholders": {
        "host": "acme or acme.zendesk.com, without https://",
        "login": "with an API token only; better: an OAuth client, under Extra Fields",
        "password": "leave empty with an OAuth client",
        "schema": "https",
        # Its page sends port 0 for an empty port, and its API then refuses to use the stored secrets (tried on 3.3.2).
        "port": "443 (if it is empty, Test on Airflow 3.3 says Bad Request)",
    },
}
