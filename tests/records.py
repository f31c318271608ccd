# SPDX-License-Identifier: Apache-2.0
"""Records as no account has them: keys of the catalogue and others, with values of every kind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from airflow_provider_zendesk.columns import contract_of

if TYPE_CHECKING:
    from airflow_provider_zendesk.resources import Resource

_TIMES = [
    "2026-11-20T00:00:00Z",
    "2026-11-20t00:00:00z",
    "2026-11-20 00:00:00Z",
    "2026-11-20T00:00:00.123+00:00",
    "2026-11-20T00:00:00+02:00",
    "2026-11-20T00:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-13-20T00:00:00Z",
]
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 0.1, -0.0, 1e300, 3.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["", "caf\u00e9 \U0001f680", "\x00\x1f\u2028", *_TIMES])
)
_CUSTOM_FIELDS = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 9), "value": _SCALARS}), max_size=4
) | st.dictionaries(st.text(max_size=4), _SCALARS, max_size=4)
VALUES = st.recursive(
    _SCALARS | _CUSTOM_FIELDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_OTHER_KEYS = st.sampled_from(["_extra", "_sort_key", "_deleted", "new", "", 'n\u00e9 "w']) | st.text(
    max_size=6
)


def records(resource: Resource, second: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    """
    Return records with an id and a sort key that an export accepts, and anything else.

    :param second: the sort keys, UTC epoch seconds.
    """
    declared = [column.name for column in contract_of(resource.name).columns]
    keys = st.sampled_from(declared) | _OTHER_KEYS
    return st.builds(
        lambda others, key, moment: {**others, resource.id or "id": key, resource.sort_key: moment},
        st.dictionaries(keys, VALUES, max_size=12),
        st.integers(1, 9),
        second,
    )


def line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")


def values(text: bytes) -> dict[str, Any]:
    """Return what a record says; a field that is null says nothing."""
    return {key: value for key, value in json.loads(text).items() if value is not None}
