# SPDX-License-Identifier: Apache-2.0
"""What the loading examples ask of a warehouse, with their official operators and without the warehouse."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from tests.examples import FOLDER, load_example

DAY, NEXT, LAST = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z")
NAME = "20261120T000000Z-20261121T000000Z-r1-"


class Exported:
    """A task instance after the export of a day, whose window was replaced once."""

    def __init__(self, root: str, suffix: str = "parquet") -> None:
        prefix = f"{root}/zendesk/tickets/dt=2026-11-20/{NAME}"
        self.summary = {"start_time": DAY, "end_time": NEXT, "prefix": prefix}
        late = prefix.replace("/tickets/", "/tickets__late/")
        self.files = [f"{prefix}00000.{suffix}", f"{prefix}00001.{suffix}", f"{late}00000.{suffix}"]

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        assert task_ids == "export"
        return {"return_value": self.summary, "files": self.files}[key]


class Hook:
    """In place of a hook: it keeps the SQL."""

    statements: list[str]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.options = options

    def run(self, sql: str | list[str], **options: Any) -> list[Any]:
        self.statements.extend([sql] if isinstance(sql, str) else sql)
        return []


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> type[Hook]:
    monkeypatch.setattr(Hook, "statements", [], raising=False)
    return Hook


def rendered(name: str, task: str, root: str, **more: Any) -> Any:
    """Return a task of an example with its templates rendered, as it is after an export."""
    module = load_example(name)
    operator = module.dag.get_task(task)
    for field, value in more.items():  # what another task returns
        setattr(operator, field, value)
    operator.render_template_fields({"ti": Exported(root)})
    return operator


def words(text: str) -> str:
    return " ".join(text.split())


def table(name: str, rows: list[tuple[int, str, int]]) -> str:
    """Return what makes a table of tickets: ids, moments, and seconds to add to these."""
    values = [f"({id}, epoch(TIMESTAMPTZ '{moment}') + {more})" for id, moment, more in rows]
    return "; ".join(
        [
            f"CREATE TABLE zendesk.tickets_{name} (id BIGINT, generated_timestamp BIGINT)",
            *(f"INSERT INTO zendesk.tickets_{name} VALUES {row}" for row in values),  # noqa: S608
            "",
        ]
    )


def left_by(statements: list[str], create: str) -> list[Any]:
    """Run SQL of a warehouse in DuckDB, and return what is in tickets_history afterwards."""
    with duckdb.connect() as database:
        database.execute(f"CREATE SCHEMA zendesk; {create}")
        for statement in statements:
            database.execute(statement)
        return database.sql("SELECT id FROM zendesk.tickets_history ORDER BY id").fetchall()


def test_redshift_stages_the_files_of_the_revision(hook: type[Hook], monkeypatch: pytest.MonkeyPatch) -> None:
    stage = rendered("zendesk_to_redshift", "stage", "s3://lake")
    module = "airflow.providers.amazon.aws.transfers.s3_to_redshift"
    connection = SimpleNamespace(extra_dejson={"role_arn": "arn:aws:iam::1:role/load"})
    monkeypatch.setattr(f"{module}.RedshiftSQLHook", hook)
    monkeypatch.setattr(f"{module}.S3Hook.get_connection", lambda conn_id: connection)
    stage.execute({})
    begin, delete, copy, commit = map(words, hook.statements)
    assert (begin, delete, commit) == ("BEGIN;", "DELETE FROM zendesk.tickets_window;", "COMMIT")
    assert copy == (
        f"COPY zendesk.tickets_window FROM 's3://lake/zendesk/tickets/dt=2026-11-20/{NAME}' "
        "credentials 'aws_iam_role=arn:aws:iam::1:role/load' GZIP FORMAT JSON 'auto' TRUNCATECOLUMNS;"
    )


@pytest.mark.parametrize(
    ("staged", "left"),
    [
        pytest.param([(3, NEXT, -1)], [1, 3, 4], id="the window"),
        pytest.param([], [1, 4], id="a window without rows"),
        pytest.param([(5, NEXT, 0)], [1, 2, 4], id="another window, by mistake"),
    ],
)
def test_redshift_replaces_the_rows_of_the_window(
    staged: list[tuple[int, str, int]], left: list[int]
) -> None:
    load = rendered("zendesk_to_redshift", "load", "s3://lake")
    assert load.autocommit is False
    create = table("history", [(1, DAY, -1), (2, DAY, 0), (4, NEXT, 0)]) + table("window", staged)
    assert left_by(load.sql, create) == [(id,) for id in left]
    assert left_by(load.sql * 2, create) == [(id,) for id in left]


def test_bigquery_replaces_the_partition_of_the_day() -> None:
    load = rendered("zendesk_to_bigquery", "load", "gs://lake")
    assert load.bucket == "lake"
    assert load.source_objects == [f"zendesk/tickets/dt=2026-11-20/{NAME}*"]
    assert load.destination_project_dataset_table == "zendesk.tickets_history$20261120"
    assert load.write_disposition == "WRITE_TRUNCATE"
    assert load.time_partitioning == {"type": "DAY", "field": "_sort_key"}


def test_snowflake_copies_the_files_of_the_window(hook: type[Hook], monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_example("zendesk_to_snowflake")
    names = module.dag.get_task("names_in_stage").python_callable(Exported("s3://lake").files)
    copy = rendered("zendesk_to_snowflake", "copy", "s3://lake", files=names)
    monkeypatch.setattr("airflow.providers.snowflake.transfers.copy_into_snowflake.SnowflakeHook", hook)
    copy.execute({})
    folder = f"tickets/dt=2026-11-20/{NAME}"
    assert words(hook.statements[0]) == (
        "COPY INTO zendesk.tickets_history FROM @zendesk.lake/ "
        f"FILES=('{folder}00000.parquet','{folder}00001.parquet') "
        "FILE_FORMAT=(TYPE = PARQUET USE_LOGICAL_TYPE = TRUE) "
        "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE INCLUDE_METADATA = (_file = METADATA$FILENAME)"
    )


def test_databricks_copies_the_folder_of_the_day(hook: type[Hook], monkeypatch: pytest.MonkeyPatch) -> None:
    copy = rendered("zendesk_to_databricks", "copy", "s3://lake")
    monkeypatch.setattr(type(copy), "_get_hook", lambda self: hook())
    monkeypatch.setattr(type(copy), "_get_query_tags", lambda self, context: None, raising=False)
    copy.execute({})
    assert words(hook.statements[0]) == (
        "COPY INTO zendesk.tickets_history "
        "FROM (SELECT *, _metadata.file_name AS _file FROM 's3://lake/zendesk/tickets/dt=2026-11-20') "
        "FILEFORMAT = PARQUET COPY_OPTIONS ('mergeSchema' = 'true')"
    )


@pytest.mark.parametrize("name", ["zendesk_to_snowflake", "zendesk_to_databricks"])
def test_only_rows_of_other_revisions_of_the_window_are_pruned(name: str) -> None:
    prune = rendered(name, "prune", "s3://lake")
    older = NAME.replace("-r1-", "-r0-")
    create = f"""CREATE TABLE zendesk.tickets_history (id BIGINT, _sort_key TIMESTAMPTZ, _file TEXT);
        INSERT INTO zendesk.tickets_history VALUES (1, '{DAY}', '{older}00000.parquet'), (2, '{LAST}', '{older}00001.parquet'),
        (3, '{DAY}', 'tickets/dt=2026-11-20/{NAME}00000.parquet'), (4, '{NEXT}', 'another day')"""  # noqa: S608
    assert left_by([prune.sql], create) == [(3,), (4,)]


def test_athena_adds_the_folder_of_the_day() -> None:
    load = rendered("zendesk_to_athena", "load", "s3://lake")
    assert load.query == (
        "ALTER TABLE tickets_history ADD IF NOT EXISTS PARTITION (dt = '2026-11-20') "
        "LOCATION 's3://lake/zendesk/tickets/dt=2026-11-20/'"
    )


def test_every_loading_example_is_tested_here_or_runs_whole() -> None:
    examples = {path.stem for path in FOLDER.glob("zendesk_to_*.py")}
    assert examples == {
        f"zendesk_to_{name}"
        for name in ("duckdb", "redshift", "bigquery", "snowflake", "athena", "databricks")
    }
