# SPDX-License-Identifier: Apache-2.0
"""Imports only point down the rooms of the package, and the drawing of them is up to date."""

from __future__ import annotations

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "docs" / "house.py"


def load_script() -> Any:
    spec = spec_from_file_location("house", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


house = load_script()


def full_names(*modules: str) -> list[str]:
    return [f"airflow_provider_zendesk.{module}" for module in modules]


def test_imports_are_found_wherever_they_are_written(tmp_path):
    package = tmp_path / "package"
    (package / "lake").mkdir(parents=True)
    for name in ("__init__", "a", "b", "c", "d", "lake/__init__", "lake/storage"):
        (package / f"{name}.py").write_text("")
    (package / "importer.py").write_text(
        "import json\nimport package.a\nfrom package import b\nfrom package.lake.storage import Storage\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.c import C\n"
        "def f():\n    import package.d\n"
    )
    found = house.imports(package)
    assert found["package.importer"] == {
        "package.a",
        "package.b",
        "package.c",
        "package.d",
        "package.lake.storage",
    }
    assert found["package.lake.storage"] == set()


def test_every_file_belongs_to_a_room():
    assert len(house.imports()) > 80
    assert house.homeless() == []


def test_every_room_has_files():
    rooms = {house.room_of(module).name for module in house.imports()}
    assert rooms == {room.name for room in (*house.ROOMS, house.EMULATOR)}


def test_no_import_points_up():
    assert house.upward() == []


def test_no_files_import_each_other():
    assert house.circles() == []


def test_stream_knows_no_storage_and_lake_no_zendesk():
    assert house.not_separate() == []


def test_the_emulator_stands_apart():
    assert house.ties_of_the_emulator() == []


def test_the_lower_rooms_import_no_airflow():
    assert house.airflow_below() == []


def test_the_drawing_is_up_to_date():
    assert house.DRAWING.read_text("utf-8") == house.draw(), "run `make house`, and commit the drawing"


@pytest.mark.parametrize(
    ("find", "file", "line", "found"),
    [
        pytest.param(
            "upward",
            "lake/storage.py",
            "from airflow_provider_zendesk.export.plan import is_done",
            tuple(full_names("lake.storage", "export.plan")),
            id="upward",
        ),
        pytest.param(
            "circles",
            "export/spool.py",
            "from airflow_provider_zendesk.export.window_writer import WindowWriter",
            full_names("export.spool", "export.window_writer"),
            id="circle in a room",
        ),
        pytest.param(
            "not_separate",
            "stream/progress.py",
            "from airflow_provider_zendesk.lake import layout",
            tuple(full_names("stream.progress", "lake.layout")),
            id="stream to lake",
        ),
        pytest.param(
            "not_separate",
            "lake/layout.py",
            "from airflow_provider_zendesk.resources import RESOURCES",
            tuple(full_names("lake.layout", "resources")),
            id="lake to the catalogue",
        ),
        pytest.param(
            "ties_of_the_emulator",
            "emulator/log.py",
            "from airflow_provider_zendesk.window import iso",
            tuple(full_names("emulator.log", "window")),
            id="the emulator to the rest",
        ),
        pytest.param(
            "ties_of_the_emulator",
            "verify/checks.py",
            "from airflow_provider_zendesk.emulator import ZendeskEmulator",
            tuple(full_names("verify.checks", "emulator")),
            id="the rest to the emulator",
        ),
        pytest.param(
            "airflow_below",
            "verify/report.py",
            "if TYPE_CHECKING:\n    from airflow.sdk import DAG",
            (*full_names("verify.report"), "airflow.sdk.DAG"),
            id="Airflow below",
        ),
        pytest.param("homeless", "attic.py", "", full_names("attic")[0], id="no room"),
    ],
)
def test_a_wrong_import_is_found_by_name(tmp_path, find, file, line, found):
    package = tmp_path / house.PACKAGE.name
    shutil.copytree(house.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert found not in getattr(house, find)(package)
    with (package / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    assert found in getattr(house, find)(package)
