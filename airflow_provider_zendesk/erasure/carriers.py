# SPDX-License-Identifier: Apache-2.0
"""Which datasets hold rows of a record, and which of their fields names it. It contains only data."""

from __future__ import annotations

from airflow_provider_zendesk.catalogue import get_rows

Marks = dict[str, bytes]
"""By field, the JSON values that a row has if its record's content is gone for good. Nobody can type all of them."""


# Datasets whose rows belong to a record of another kind, and the field with its id. A record that is only mentioned in a row
# (a ticket's requester) does not own the row.
_OWNED: dict[str, dict[str, str]] = {
    "tickets": {
        "ticket_events": "ticket_id",
        "ticket_metric_events": "ticket_id",
        "ticket_field_history": "ticket_id",
        "ticket_comments": "ticket_id",
        "side_conversation_events": "ticket_id",
        "satisfaction_ratings": "ticket_id",
        "engagements": "ticket_id",
        "metric_sets": "ticket_id",
        "deleted_tickets": "id",
    },
    "users": {"identities": "user_id", "group_memberships": "user_id", "deleted_users": "id"},
}
_GONE: dict[str, Marks] = {
    # Recorded: a ticket that Zendesk has scrubbed, some 30 days after its deletion (zendesk-api.md 2.5).
    "tickets": {
        "status": b'"deleted"',
        "subject": b'"SCRUBBED"',
        "raw_subject": b'"SCRUBBED"',
        "description": b'"X"',
        "assignee_id": b"null",
        "custom_fields": b"[]",
        "tags": b"[]",
    },
    # Zendesk's OpenAPI, deleted users: personal fields are null.
    "users": {
        "active": b"false",
        "name": b'"Permanently Deleted User"',
        "email": b"null",
        "phone": b"null",
    },
}


def field_of(kind: str, resource: str, dataset: str) -> str | None:
    """
    Return the field that names the record to which a row belongs; None if the dataset has no rows of such records.

    :param kind: the kind of record: a resource or a list.
    :param resource: the resource of the dataset.
    :param dataset: its own rows, its late rows, or a sideload.
    """
    name = dataset.removeprefix(f"{resource}__")
    if dataset == resource or name == "late":
        name = resource
    if name == kind:
        return get_rows(kind).id
    return _OWNED.get(kind, {}).get(name)


def marks_of_gone(kind: str) -> Marks:
    """
    Return how a row says that its record's content is gone for good.

    :raises ValueError: if no row of this kind says so.
    """
    try:
        return _GONE[kind]
    except KeyError:
        raise ValueError(
            f"rows of {kind!r} do not say which records are gone for good; only those of {', '.join(_GONE)} do. Give their ids"
        ) from None
