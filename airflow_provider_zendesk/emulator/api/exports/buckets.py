# SPDX-License-Identifier: Apache-2.0
"""Names of the rate limits that exports count against, as the endpoint's rate limit header has them."""

from __future__ import annotations

EXPORTS = "incremental-exports"
EXPORTS_BY_CURSOR = "incremental-exports-cursor"
SAMPLE = "incremental-exports-sample"
TALK = "talk-incremental-exports"
SIDE_CONVERSATIONS = "side-conversation-events"
HELP_CENTER = "help-center"
