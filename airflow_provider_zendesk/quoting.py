# SPDX-License-Identifier: Apache-2.0
"""The one way for text from outside into a log or an exception: printable, on one line, and not endless."""

from __future__ import annotations

LONGEST_QUOTE = 300
"""Characters; Zendesk's own explanations are shorter."""
LONGEST_NAME = 1024
"""Characters; no store has longer names of objects."""


def quoted(text: object, limit: int = LONGEST_QUOTE) -> str:
    r"""
    Return a text from outside as a log or an exception may show it.

    Control characters, line feeds among them, could forge log lines or steer a terminal. They, and whatever else is not
    printable, are shown as in Python's source: ``\n``, ``\x1b``.

    :param text: what a server, a store or a file said.
    :param limit: characters of it to show; the rest is cut off.
    """
    start = str(text)[:limit]
    return start if start.isprintable() else "".join(map(_printable, start))[:limit]


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
