# SPDX-License-Identifier: Apache-2.0
"""How many records to ask for at once."""

from __future__ import annotations

_STEPS_TO_FULL = 20


class PageSize:
    """
    Half as many after each page that took Zendesk too long, and step by step more again after those that did not.

    Zendesk answers a page that is too heavy with 504 "upstream request timeout", and the same one again and again
    (zendesk-api.md 2.8); ``per_page`` may change between the pages of a walk.

    :param most: records a page when all goes well.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.rows = most

    def shrink(self) -> None:
        self.rows = max(1, self.rows // 2)

    def grow(self) -> None:
        self.rows = min(self.most, self.rows + max(1, self.most // _STEPS_TO_FULL))
