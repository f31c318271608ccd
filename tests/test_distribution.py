# SPDX-License-Identifier: Apache-2.0
"""The wheel and the source distribution have what they should, and install in an empty environment."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from airflow_provider_zendesk import __version__

PROJECT = Path(__file__).parents[1]
NAME = f"airflow_provider_zendesk-{__version__}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", folder], cwd=PROJECT, check=True
    )
    return folder


def test_pypi_would_take_both(built: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("PASSED") == 2


def test_the_wheel_has_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as wheel:
        names = wheel.namelist()
        metadata = Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())
        entry_points = wheel.read(f"{NAME}.dist-info/entry_points.txt").decode()
    sources = {
        str(path.relative_to(PROJECT))
        for path in PROJECT.glob("airflow_provider_zendesk/**/*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == sources
    assert "airflow_provider_zendesk/py.typed" in sources
    assert "airflow_provider_zendesk.get_provider_info:get_provider_info" in entry_points
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra") or ()) == {"emulator", "iceberg", "parquet", "zstd"}
    assert {"Typing :: Typed", "Framework :: Apache Airflow :: Provider"} <= set(
        metadata.get_all("Classifier") or ()
    )


def test_the_source_distribution_has_what_the_makefile_needs(built: Path) -> None:
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    wanted = {
        "Makefile",
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE",
        "docs/index.rst",
    }
    assert wanted <= names
    assert {"tests/test_distribution.py", "example_dags/zendesk_daily.py"} <= names
    assert not [name for name in names if re.search(r"(^|/)(\.venv|__pycache__|\.demo|_build)", name)]


def test_the_wheel_installs_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=True)
    python, (wheel,) = tmp_path / "bin" / "python", built.glob("*.whl")
    # Its dependencies are those of the environment that the tests run in.
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    told = subprocess.run(
        [
            python,
            "-c",
            "import airflow_provider_zendesk as package\n"
            "from airflow_provider_zendesk.get_provider_info import get_provider_info\n"
            "from importlib.metadata import entry_points\n"
            "(found,) = entry_points(group='apache_airflow_provider')\n"
            "assert found.load() is get_provider_info\n"
            "print(package.__version__, get_provider_info()['versions'][0])",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert told == [__version__, __version__]
