# SPDX-License-Identifier: Apache-2.0
"""How many records to request per page."""

from __future__ import annotations

_STEPS_TO_FULL = 20


class PageSize:
    """
    The page size: halved after each page that took Zendesk too long, and raised step by step after each that did not.

    Zendesk answers a page that is too heavy with 504 "upstream request timeout", and does so on every retry
    (zendesk-api.md 2.8). ``per_page`` may change between the pages of a walk.

    :param most: the maximum number of records per page.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows = most

    def shrink(self) -> None:
        self.rows = max(1, self.rows // 2)

    def grow(self) -> None:
        self.rows = min(self.most, self.rows + max(1, self.most // _STEPS_TO_FULL))
