# SPDX-License-Identifier: Apache-2.0
"""The windows that one walk exports, and where that walk begins."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_zendesk.window import Window

if TYPE_CHECKING:
    from airflow_provider_zendesk.export.window_writer import WindowWriter
    from airflow_provider_zendesk.lake.manifest import Manifest


@dataclass(frozen=True)
class StartPosition:
    """
    Where a walk begins.

    :param start_time: UTC epoch seconds.
    :param position: of the page to begin with; None: the first from ``start_time`` on.
    """

    start_time: int
    position: str | None = None


@dataclass
class Sweep:
    """
    Windows without a gap, in order of time.

    :param start: where an earlier attempt of this run stopped; None: begin at the first window's start.
    """

    start: StartPosition | None
    windows: deque[WindowWriter] = field(default_factory=deque)

    @property
    def window(self) -> Window:
        """All of it."""
        return Window(self.windows[0].window.start, self.windows[-1].window.end)


def start_after(manifest: Manifest, before: StartPosition | None) -> StartPosition:
    """
    Return where to go on after a window that an earlier attempt committed: at the page that closed it.

    That page holds the next window's first rows and its first sideloads, so asking for it again gives the next window the
    same files as a walk that was never interrupted.

    :param manifest: of that window.
    :param before: the same of the window before, if the same run committed that too.
    """
    position = manifest.stop.closing_cursor
    if position is None and before is not None and before.position is None:
        return before
    return StartPosition(manifest.window.window().start, position)
