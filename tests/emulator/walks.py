# SPDX-License-Identifier: Apache-2.0
"""A naive reader for each family: follow the pages to their end and keep the rows' bytes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec

MOST_PAGES = 3000


def rows_of(response, key):
    """The rows' very bytes."""
    page = msgspec.json.decode(response.content, type=dict[str, msgspec.Raw])
    return [bytes(row) for row in msgspec.json.decode(page[key], type=list[msgspec.Raw])]


def by_cursor(ask, path, key, **query):
    position = {"start_time": 0}
    for _ in range(MOST_PAGES):
        response = ask(path, **query, **position)
        yield rows_of(response, key)
        page = response.json()
        if page["end_of_stream"] if "end_of_stream" in page else not page["meta"]["has_more"]:
            return
        position = {"cursor": page["after_cursor"]}
    raise AssertionError("the walk does not end")


def by_time(ask, path, key, start=0, **query):
    """Stops at the end of the stream where that is told, else when ``end_time`` is null or stays."""
    for _ in range(MOST_PAGES):
        response = ask(path, **query, start_time=start)
        yield rows_of(response, key)
        page = response.json()
        if page.get("end_of_stream") or page["end_time"] in (None, start):
            return
        start = page["end_time"]
    raise AssertionError("the walk does not end")


def by_ordinary_cursor(ask, path, key, **query):
    """Cursor paging as Zendesk's lists have it; the export's ``start_time`` goes with every call."""
    query = {"start_time": 0, "page[size]": 100} | query
    for _ in range(MOST_PAGES):
        response = ask(path, **query)
        yield rows_of(response, key)
        page = response.json()
        if not page["meta"]["has_more"]:
            return
        query["page[after]"] = page["meta"]["after_cursor"]
    raise AssertionError("the walk does not end")


def by_engagement(ask, path, key, **query):
    """Takes the cursor out of the next page's URL, whose host is another's."""
    query["start_time"] = 0
    for _ in range(MOST_PAGES):
        response = ask(path, **query)
        yield rows_of(response, key)
        page = response.json()
        if not page["has_more"]:
            return
        query |= {name: values[0] for name, values in parse_qs(urlsplit(page["next_page_url"]).query).items()}
    raise AssertionError("the walk does not end")


def by_next_page(ask, path, key, **query):
    """Stops when there is nothing more (Zendesk docs for routing: "stop paging when the count attribute is 0")."""
    for _ in range(MOST_PAGES):
        response = ask(path, **query)
        yield rows_of(response, key)
        page = response.json()
        if page["count"] == 0:
            return
        query["cursor"] = parse_qs(urlsplit(page["next_page"]).query)["cursor"][0]
    raise AssertionError("the walk does not end")


def following(page):
    """The query that asks for the page after this one."""
    if "links" in page:
        return {"page[after]": page["meta"]["after_cursor"]}
    if "after_cursor" in page:
        return {"cursor": page["after_cursor"]}
    url = page["next_page_url"] if "next_page_url" in page else page["next_page"]
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
