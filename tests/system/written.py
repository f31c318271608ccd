# SPDX-License-Identifier: Apache-2.0
"""What an export has written below a root on disk."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def one_manifest(root: Path, name: str) -> dict[str, Any]:
    (path,) = (root / "_manifests" / name).glob("*/*.json")
    manifest: dict[str, Any] = json.loads(path.read_bytes())
    return manifest


def rows(root: Path, manifest: dict[str, Any]) -> list[bytes]:
    return [
        line
        for file in manifest["files"]
        for line in gzip.decompress((root / file["path"]).read_bytes()).splitlines()
    ]
