# SPDX-License-Identifier: Apache-2.0
"""Rows of the comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.history.events import NULL

if TYPE_CHECKING:
    from airflow_provider_zendesk.history.events import Child, EventTexts

NO_BODY = "no_body"
_ROW = (
    b'{"id":%b,"ticket_id":%b,"type":%b,"author_id":%b,"public":%b,"body":%b,"html_body":%b,"attachments":%b,"data":%b,'
    b'"at":%b,"updater_id":%b,"via":%b,"event_id":%b}'
)


def is_comment(kind: bytes) -> bool:
    """
    Return True for the types of events that are comments, such as ``VoiceComment``.

    :param kind: the ``event_type``, JSON text.
    """
    return kind.endswith(b'Comment"')


def comment_row(texts: EventTexts, child: Child, kind: bytes, number: int) -> bytes:
    """
    Return the row of a comment.

    :param texts: of its event.
    :param kind: its ``event_type``, JSON text.
    :param number: its number in the event, for one that has no id.
    """
    get = child.get
    id_, via = bytes(get("id", NULL)), bytes(get("via", NULL))
    return _ROW % (
        id_ if id_ != b"null" else b'"%b"' % texts.part_of_id(number),
        texts.ticket,
        kind,
        bytes(get("author_id", NULL)),
        bytes(get("public", get("comment_public", NULL))),
        bytes(get("body", NULL)),
        bytes(get("html_body", NULL)),
        bytes(get("attachments", NULL)),
        bytes(get("data", NULL)),
        texts.at,
        texts.updater,
        via if via != b"null" else texts.via,
        texts.id,
    )


def has_body(child: Child) -> bool:
    """Return False if the event only says that there was a comment, since its content was not exported."""
    return "body" in child
