# SPDX-License-Identifier: Apache-2.0
"""The table of exports, for tests of what holds for each."""

from __future__ import annotations

import pytest

from tests.emulator.walks import by_cursor, by_engagement, by_next_page, by_ordinary_cursor, by_time

SUPPORT = "/api/v2/incremental/"
TALK = "/api/v2/channels/voice/stats/incremental/"

# (resource, path, envelope's key, walk)
EXPORTS = [
    ("tickets", SUPPORT + "tickets/cursor", "tickets", by_cursor),
    ("users", SUPPORT + "users/cursor", "users", by_cursor),
    ("custom_objects/car", SUPPORT + "custom_objects/car/cursor", "custom_object_records", by_cursor),
    ("tickets", SUPPORT + "tickets", "tickets", by_time),
    ("ticket_events", SUPPORT + "ticket_events", "ticket_events", by_time),
    ("users", SUPPORT + "users", "users", by_time),
    ("organizations", SUPPORT + "organizations", "organizations", by_time),
    ("ticket_metric_events", SUPPORT + "ticket_metric_events", "ticket_metric_events", by_time),
    ("ticket_metric_events", SUPPORT + "ticket_metric_events", "ticket_metric_events", by_ordinary_cursor),
    ("articles", "/api/v2/help_center/incremental/articles", "articles", by_time),
    ("calls", TALK + "calls", "calls", by_time),
    ("legs", TALK + "legs", "legs", by_time),
    ("side_conversation_events", "/api/v2/tickets/side_conversations/events", "events", by_time),
    ("engagements", "/api/v2/engagements", "agent_engagement_data", by_engagement),
    ("routing/attributes", SUPPORT + "routing/attributes", "attributes", by_next_page),
    ("routing/attribute_values", SUPPORT + "routing/attribute_values", "attribute_values", by_next_page),
    ("routing/instance_values", SUPPORT + "routing/instance_values", "instance_values", by_next_page),
]
NAMES = [f"{path}-{walk.__name__}" for _, path, _, walk in EXPORTS]

each_export = pytest.mark.parametrize(("resource", "path", "key", "walk"), EXPORTS, ids=NAMES)
# For those that have a start_time: routing's walks always begin at the beginning.
each_export_with_a_start = pytest.mark.parametrize(
    ("resource", "path", "key", "walk"),
    [export for export in EXPORTS if export[3] is not by_next_page],
    ids=[name for name, export in zip(NAMES, EXPORTS, strict=True) if export[3] is not by_next_page],
)
