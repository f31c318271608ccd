# SPDX-License-Identifier: Apache-2.0
"""
Sphinx directives that print what the code itself says, so that no page can say anything else.

``command-help:: reconcile`` prints the help of a command, ``manifest-schema::`` the JSON schema of manifests.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec
from docutils.nodes import literal_block
from sphinx.util.docutils import SphinxDirective

from airflow_provider_zendesk.lake.manifest import Manifest

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

PACKAGE = "airflow_provider_zendesk"
COMMANDS = {
    "doctor": f"{PACKAGE}.doctor",
    "plan": f"{PACKAGE}.plan",
    "verify": f"{PACKAGE}.verify.__main__",
    "reconcile": f"{PACKAGE}.reconcile",
    "history": f"{PACKAGE}.history.__main__",
    "erase": f"{PACKAGE}.erase",
    "migrate": f"{PACKAGE}.migrate",
    "emulator": f"{PACKAGE}.emulator.__main__",
}


class CommandHelp(SphinxDirective):
    """Prints what a command prints with ``--help``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = import_module(COMMANDS[self.arguments[0]])._parser().format_help()
        return [literal_block(text, text, language="text")]


class ManifestSchema(SphinxDirective):
    """Prints the JSON schema of manifests."""

    def run(self) -> list[nodes.Node]:
        text = json.dumps(msgspec.json.schema(Manifest), indent=2)
        return [literal_block(text, text, language="json")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("command-help", CommandHelp)
    app.add_directive("manifest-schema", ManifestSchema)
    return {"parallel_read_safe": True}
