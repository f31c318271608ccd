# SPDX-License-Identifier: Apache-2.0
"""What changed in tickets, and their comments: made from exported ticket events, without a call to Zendesk."""

from __future__ import annotations
