# SPDX-License-Identifier: Apache-2.0
r"""
Lone surrogates: half an emoji, as ``\ud83d`` alone, which JSON's grammar allows and ``msgspec`` refuses.

Zendesk cuts texts at a length, at times in the middle of an emoji. Such a document is read with stand-ins of the same
length, and what is written has the very bytes that came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

# A pair, a lone half, or any other escape, so that the backslash of an escaped backslash begins nothing.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
# Private use: code points that mean nothing to anybody else.
_STAND_INS = range(0xE000, 0xF900)


def decode_hiding(decode: Callable[[bytes], T], text: bytes) -> tuple[T, bytes, dict[bytes, bytes]]:
    """
    Decode a text, with stand-ins only if it cannot be decoded as it is: few can not, and looking for them takes long.

    :param decode: of a msgspec decoder.
    :return: what it gives, the text that was decoded, and what each stand-in in it stands for.
    :raises msgspec.DecodeError: if it cannot be decoded for another reason.
    """
    try:
        return decode(text), text, {}
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        hidden, originals = hide_lone_surrogates(text)
        if not originals:
            raise
    return decode(hidden), hidden, originals


def hide_lone_surrogates(text: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """
    Return the text with a stand-in for each lone surrogate, and what each stands for; nothing if there is none.

    :param text: JSON.
    """
    lone = sorted({match[1] for match in _ESCAPE.finditer(text) if match[1]})
    if not lone:
        return text, {}
    lower = text.lower()
    free = (stand_in for code in _STAND_INS if (stand_in := b"\\u%04x" % code) not in lower)
    stand_in_for = dict(zip(lone, free, strict=False))
    hidden = _ESCAPE.sub(lambda match: stand_in_for.get(match[1], match[0]), text)
    return hidden, {stand_in: original for original, stand_in in stand_in_for.items()}


def restore_lone_surrogates(text: bytes, originals: Mapping[bytes, bytes]) -> bytes:
    """Return the text as it came."""
    for stand_in, original in originals.items():
        text = text.replace(stand_in, original)
    return text
