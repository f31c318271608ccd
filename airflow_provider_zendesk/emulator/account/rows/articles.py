# SPDX-License-Identifier: Apache-2.0
"""Rows of Help Center articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_zendesk.emulator.account.rows import fragments
from airflow_provider_zendesk.emulator.account.rows.seeds import SITE, mix, timestamp, varying_bits

if TYPE_CHECKING:
    from airflow_provider_zendesk.emulator.account.rows.state import State

LOCALES = (b"en-us", b"de", b"ja", b"pt-br")

ARTICLE = (
    b'{"id":%d,"url":"' + SITE + b'/api/v2/help_center/%s/articles/%d.json",'
    b'"html_url":"'
    + SITE
    + b'/hc/%s/articles/%d","author_id":%d,"comments_disabled":%s,"draft":%s,"promoted":%s,'
    b'"position":%d,"vote_sum":%d,"vote_count":%d,"section_id":%d,"created_at":"%s","updated_at":"%s","name":"%s",'
    b'"title":"%s","source_locale":"%s","locale":"%s","outdated":false,"outdated_locales":[],"edited_at":"%s",'
    b'"user_segment_id":%s,"user_segment_ids":%s,"permission_group_id":361000500001,"content_tag_ids":[],"label_names":%s,'
    b'"body":"<h1>%s<\\/h1><p>%s</p>"}'
)
TRANSLATION = (
    b'{"id":%d,"url":"' + SITE + b'/api/v2/help_center/articles/%d/translations/%s.json","source_id":%d,'
    b'"source_type":"Article","locale":"%s","title":"%s","body":"<p>%s<\\/p>","draft":false,"created_at":"%s",'
    b'"updated_at":"%s"}'
)


def render_article(seed: int, article_id: int, state: State, _trait: int) -> bytes:
    """The article's row as compact JSON, UTF-8."""
    fixed = mix(seed ^ 0x61, article_id)
    varying = varying_bits(fixed, state.revision)
    locale, title = LOCALES[fixed & 3], fragments.SUBJECTS[varying & 15]
    votes = varying >> 8 & 0x3F
    return ARTICLE % (
        article_id,
        locale,
        article_id,
        locale,
        article_id,
        361000000001 + (fixed >> 2 & 3),
        b"true" if fixed & 0x10 else b"false",
        b"true" if varying & 0x70 == 0 else b"false",
        b"true" if varying & 0x80 else b"false",
        fixed >> 8 & 0x1F,
        (varying >> 14) % (votes + 1) * 2 - votes,
        votes,
        361000600000 + fixed % 20,
        timestamp(state.created),
        timestamp(state.generated),
        title,
        title,
        locale,
        locale,
        timestamp(state.updated),
        b"null" if fixed & 0x2000 else b"361000700001",
        b"[]" if fixed & 0x2000 else b"[361000700001]",
        fragments.TAGS[varying >> 20 & 7],
        title,
        fragments.DESCRIPTIONS[varying >> 23 & 7],
    )


def translations(seed: int, article_id: int, state: State) -> bytes:
    """The sideload ``translations`` of an article."""
    fixed = mix(seed ^ 0x61, article_id)
    varying = varying_bits(fixed, state.revision)
    return b"[%s]" % b",".join(
        TRANSLATION
        % (
            article_id * 4 + number,
            article_id,
            LOCALES[fixed + number & 3],
            article_id,
            LOCALES[fixed + number & 3],
            fragments.SUBJECTS[varying + number & 15],
            fragments.DESCRIPTIONS[(varying >> 23) + number & 7],
            timestamp(state.created),
            timestamp(state.generated),
        )
        for number in range(1 + (fixed >> 40) % 3)
    )
