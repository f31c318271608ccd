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
    :param position: of the first page; None: the page that ``start_time`` gives.
    """

    start_time: int
    position: str | None = None


@dataclass
class Sweep:
    """
    Adjacent windows, in order of time.

    :param start: where an earlier attempt of this run stopped; None: begin at the first window's start.
    """

    start: StartPosition | None
    windows: deque[WindowWriter] = field(default_factory=deque)

    @property
    def window(self) -> Window:
        """From the first window's start to the last one's end."""
        return Window(self.windows[0].window.start, self.windows[-1].window.end)


def start_after(manifest: Manifest, before: StartPosition | None) -> StartPosition:
    """
    Return where to resume after a window that an earlier attempt committed: at the page that closed it.

    That page holds the next window's first rows and its first sideloads, so asking for it again gives the next window the
    same files as a walk that was never interrupted.

    :param manifest: of that window.
    :param before: the same for the window before it, if the same run committed that one too.
    """
    position = manifest.stop.closing_cursor
    if position is None and before is not None and before.position is None:
        return before
    return StartPosition(manifest.window.window().start, position)
