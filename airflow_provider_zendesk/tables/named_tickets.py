# SPDX-License-Identifier: Apache-2.0
"""A view of the latest tickets with names instead of ids, as SQL text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from airflow_provider_zendesk.columns import contract_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Dialect = Literal["duckdb", "spark"]


class _Name(NamedTuple):
    """
    A name that an id of a ticket stands for.

    :param column: of the view.
    :param table: that has the names.
    :param name: the column with the name.
    :param id: the ticket's column with the id.
    """

    column: str
    table: str
    name: str
    id: str


_NAMES = (
    _Name("requester_name", "latest_users", "name", "requester_id"),
    _Name("submitter_name", "latest_users", "name", "submitter_id"),
    _Name("assignee_name", "latest_users", "name", "assignee_id"),
    _Name("organization_name", "latest_organizations", "name", "organization_id"),
    _Name("group_name", "groups", "name", "group_id"),
    _Name("brand_name", "brands", "name", "brand_id"),
    _Name("ticket_form_name", "ticket_forms", "name", "ticket_form_id"),
    _Name("custom_status_name", "custom_statuses", "agent_label", "custom_status_id"),
)
_LATEST = """{name} AS (
  SELECT {columns} FROM {table}
  WHERE {condition}(id, _sort_key) IN (SELECT id, max(_sort_key) FROM {table} GROUP BY id)
)"""


def named_tickets(fields: Mapping[int, str], dialect: Dialect = "duckdb", schema: str = "") -> str:
    """
    Return the statement that creates the view ``tickets_with_names``.

    It has all columns of the latest tickets that are not deleted, the names of their requester, submitter, assignee,
    organization, group, brand, form and custom status, and a column for each custom field, named by its title. A title that
    is there twice, or is the name of another column, is followed by the field's id. An id without a name has null.

    It reads ``tickets_history``, ``users_history`` and ``organizations_history``, with all rows of the exports, and
    ``groups``, ``brands``, ``ticket_forms`` and ``custom_statuses``, each with one snapshot. All of them are Parquet.

    :param fields: the titles of the custom fields by id, from a snapshot of ``ticket_fields``.
    :param dialect: ``"duckdb"`` or ``"spark"``.
    :param schema: of the view and the tables; ``""`` for the current one.
    :raises ValueError: for another dialect.
    """
    if dialect not in get_args(Dialect):
        raise ValueError(
            f"dialect={dialect!r} is not possible; choose one of: {', '.join(get_args(Dialect))}"
        )
    quote = '"' if dialect == "duckdb" else "`"

    def quoted(name: str) -> str:
        return quote + name.replace(quote, 2 * quote) + quote

    prefix = f"{quoted(schema)}." if schema else ""
    latest = (
        ("latest_tickets", "tickets_history", "*", "NOT _deleted AND "),
        ("latest_users", "users_history", "id, name", ""),
        ("latest_organizations", "organizations_history", "id, name", ""),
    )
    with_ = ",\n".join(
        _LATEST.format(name=name, table=prefix + table, columns=columns, condition=condition)
        for name, table, columns, condition in latest
    )
    columns = [f"{one.column}.{one.name} AS {one.column}" for one in _NAMES]
    columns += [f"{_value(field, dialect)} AS {quoted(title)}" for field, title in _columns_of_fields(fields)]
    joins = "\n".join(
        f"LEFT JOIN {one.table if one.table.startswith('latest_') else prefix + one.table} AS {one.column} "
        f"ON {one.column}.id = ticket.{one.id}"
        for one in _NAMES
    )
    listed = ",\n  ".join(["ticket.*", *columns])
    return (
        f"CREATE OR REPLACE VIEW {prefix}tickets_with_names AS\nWITH {with_}\nSELECT\n  {listed}\n"
        f"FROM latest_tickets AS ticket\n{joins}"
    )


def _value(field: int, dialect: Dialect) -> str:
    """Return the value of a custom field as text: a text without its quotes, anything else as JSON."""
    value = f"ticket.custom_fields['{int(field)}']"
    if dialect == "duckdb":
        return f"CAST({value} AS JSON) ->> '$'"
    return f"CASE WHEN {value} LIKE '\"%' THEN get_json_object({value}, '$') ELSE {value} END"


def _columns_of_fields(fields: Mapping[int, str]) -> Iterator[tuple[int, str]]:
    """Yield the id of each custom field and the name of its column; names differ, whatever their case."""
    taken = {column.name for column in contract_of("tickets").columns} | {one.column for one in _NAMES}
    taken |= {"_sort_key", "_deleted", "_extra"}
    titles = Counter(title.casefold() for title in fields.values())
    for field, title in sorted(fields.items()):
        is_unique = titles[title.casefold()] == 1 and title.casefold() not in taken and title
        yield field, title if is_unique else f"{title} {field}".strip()
