# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.examples import FOLDER, NEEDED, load_example


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_an_example_is_a_dag_that_says_what_it_does(name: str) -> None:
    module = load_example(name)
    assert module.dag.dag_id == name
    assert module.dag.task_ids
    assert module.dag.doc_md == module.__doc__


def test_no_two_examples_write_other_windows_or_formats_to_one_root() -> None:
    written: dict[str, set[tuple[str | None, str]]] = {}
    for name in sorted(path.stem for path in FOLDER.glob("zendesk_*.py")):
        if name in NEEDED:
            continue  # each of these has a warehouse of its own, and its own bucket
        for task in load_example(name).dag.tasks:
            fields = getattr(task, "partial_kwargs", None) or vars(task)
            if task.task_type == "ZendeskIncrementalExportOperator":
                how = (fields.get("partition_by", "day"), fields.get("file_format", "jsonl"))
                written.setdefault(str(fields["path"]), set()).add(how)
    assert len(written) >= 6
    assert {path: how for path, how in written.items() if len(how) > 1} == {}
