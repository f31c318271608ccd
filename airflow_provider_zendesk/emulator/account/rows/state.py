# SPDX-License-Identifier: Apache-2.0
"""The state of a record, from which its row is rendered."""

from __future__ import annotations

from typing import NamedTuple


class State(NamedTuple):
    """A record's state after all changes up to some time; times are epoch seconds."""

    created: int
    updated: int
    """the last change that was neither a system update nor a scrub"""
    generated: int
    """the last change of any kind, by which the export is ordered"""
    revision: int
    """number of changes to the record's content"""
    deleted: bool
    scrubbed: bool
