# SPDX-License-Identifier: Apache-2.0
r"""
Lone surrogates: half an emoji, such as ``\ud83d`` alone, which JSON's grammar allows but ``msgspec`` rejects.

Zendesk truncates texts at a length limit, sometimes in the middle of an emoji. To read such a document, each lone
surrogate is replaced by a placeholder of the same length. What is written has the original bytes again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

# A pair, a lone half, or any other escape. The last keeps the second backslash of an escaped backslash from being read as
# the start of an escape.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
# Unicode's private use area: code points without a meaning of their own.
_PLACEHOLDERS = range(0xE000, 0xF900)


def decode_hiding(decode: Callable[[bytes], T], text: bytes) -> tuple[T, bytes, dict[bytes, bytes]]:
    """
    Decode a text, with placeholders for lone surrogates only if it cannot be decoded as it is.

    Few texts have lone surrogates, and searching for them is slow.

    :param decode: the ``decode`` method of a msgspec decoder.
    :return: the decoded value, the text that was decoded, and the original text of each placeholder in it.
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
    Return the text with a placeholder for each lone surrogate, and the original text of each; empty if there are none.

    :param text: JSON.
    """
    lone = sorted({match[1] for match in _ESCAPE.finditer(text) if match[1]})
    if not lone:
        return text, {}
    lower = text.lower()
    free = (placeholder for code in _PLACEHOLDERS if (placeholder := b"\\u%04x" % code) not in lower)
    placeholder_of = dict(zip(lone, free, strict=False))
    hidden = _ESCAPE.sub(lambda match: placeholder_of.get(match[1], match[0]), text)
    return hidden, {placeholder: original for original, placeholder in placeholder_of.items()}


def restore_lone_surrogates(text: bytes, originals: Mapping[bytes, bytes]) -> bytes:
    """Return the text with its original bytes."""
    for placeholder, original in originals.items():
        text = text.replace(placeholder, original)
    return text
