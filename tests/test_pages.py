# SPDX-License-Identifier: Apache-2.0
"""What the pages of the repository link to exists. (Sphinx checks the links within the documentation.)"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md"), *ROOT.glob("docs/**/*.rst")]
# A Markdown link, or an rST link or image with a path or a URL of this repository.
LINK = re.compile(r"\]\(([^)#\s]+)|`[^`<>]*<([^`<>\s]+)>`__?|\.\. image:: (\S+)")
OURS = re.compile(
    r"https://github\.com/airflow-provider-zendesk/airflow-provider-zendesk/(?:blob|tree)/main/(\S+)"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_links_to_what_exists(page: Path) -> None:
    text = page.read_text()
    relative = [target for found in LINK.findall(text) for target in found if target and "://" not in target]
    missing = [one for one in relative if not (page.parent / one).exists()]
    missing += [one for one in OURS.findall(text) if not (ROOT / one.rstrip(">`_).,")).exists()]
    assert not missing


def test_pages_are_found_and_so_are_their_links() -> None:
    assert len(PAGES) > 30
    assert sum(len(LINK.findall(page.read_text())) for page in PAGES) > 20
