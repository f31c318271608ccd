# SPDX-License-Identifier: Apache-2.0
"""
Fragments of JSON text from which rows are built.

They are literal text rather than dumped values, because tests check that clients keep the exact text: escapes next to
real UTF-8, characters that break ``str.splitlines``, numbers that a round trip through float would change, and strings
that look like the envelope.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import islice

SUBJECTS = (
    b"Cannot sign in after password reset",
    b'Re: Re: Fwd: invoice \\"2026/11\\" is wrong',
    "Bestellung №4711 – Größe XL fehlt".encode(),
    b"Caf\\u00e9 order, 2 \\u20ac too much",
    "配送が遅れています".encode(),
    "الطلب لم يصل بعد".encode(),
    "Где мой заказ?".encode(),
    "App crashes 🚀🔥 on launch".encode(),
    b"App crashes \\ud83d\\ude80 on launch",
    "Merci 👩‍👩‍👧‍👦 à toute l’équipe".encode(),
    b"path C:\\\\Users\\\\me\\\\export.csv not found",
    b"<b>bold<\\/b> & \\u003cscript\\u003e in the subject",
    b'{\\"tickets\\":[],\\"end_of_stream\\":true}',
    b']},{ \\"id\\": 1 } , [',
    b"tabs\\tand\\r\\nline ends",
    "line\u2028separator and next\u0085line".encode(),
)

DESCRIPTIONS = (
    b'Hello,\\n\\nI have tried to reset my password three times now and the link in the mail says \\"expired\\" every time.',
    "Guten Tag,\\n\\nleider fehlt in der Lieferung vom Dienstag die Größe XL; die Rechnung über 1.234,50 € stimmt trotzdem nicht.".encode(),
    "お世話になっております。注文した商品がまだ届いておりません。配送状況を教えていただけますでしょうか。".encode(),
    b'Steps:\\n1. open the app\\n2. tap \\"Export\\"\\n3. it closes\\n\\nIt worked before the update of last week, on the same phone.',
    "Hi 👋, the total says 19.90 but the card was charged 199.0 😱 – please check and refund the difference. Thanks!".encode(),
    b'Log:\\n\\t{\\"level\\":\\"error\\",\\"id\\":18014398509481985,\\"at\\":\\"2026-11-01T00:00:00Z\\"}\\n\\tC:\\\\temp\\\\trace.log',
    b"R\\u00e9pondez s'il vous pla\\u00eet avant vendredi\\u00a0; le client attend depuis deux semaines et commence \\u00e0 s'impatienter.",
    "Добрый день! Прошу сообщить, когда будет отправлен мой заказ; номер и дата указаны во вложении.".encode(),
)

CHANNELS = (
    b'{"channel":"web","source":{"from":{},"to":{},"rel":null}}',
    '{"channel":"email","source":{"from":{"address":"zoë@example.com","name":"Zoë “Z” Müller"},"to":{"name":"Acme","address":"support@acme.example"},"rel":null}}'.encode(),
    b'{"channel":"api","source":{"from":{},"to":{},"rel":null}}',
    b'{"channel":"native_messaging","source":{"from":{},"to":{},"rel":null}}',
    b'{"channel":"chat","source":{"from":{},"to":{"name":"Acme"},"rel":null}}',
    b'{"channel":"web","source":{"from":{"ticket_id":17,"subject":"earlier one","channel":"web"},"to":{},"rel":"follow_up"}}',
    b'{"channel":"voice","source":{"from":{"phone":"+491700000000","formatted_phone":"+49 170 0000000","name":"Caller"},"to":{},"rel":"inbound"}}',
    b'{"channel":"mobile","source":{"from":{},"to":{},"rel":null}}',
)

STATUSES = (b"new", b"open", b"open", b"pending", b"hold", b"solved", b"closed", b"closed")
PRIORITIES = (b"null", b"null", b'"low"', b'"normal"', b'"normal"', b'"normal"', b'"high"', b'"urgent"')
TYPES = (b"null", b"null", b'"question"', b'"incident"', b'"problem"', b'"task"', b"null", b'"question"')
SATISFACTION = (
    b"null",
    b'{"score":"unoffered"}',
    b'{"score":"unoffered"}',
    '{"score":"good","id":361000123456,"comment":"Prima, danke 😊","reason":null,"reason_id":null}'.encode(),
)
TAGS = (
    b"[]",
    b'["vip"]',
    b'["billing","refund","emea"]',
    '["größe_xl","retoure","vip"]'.encode(),
    b'["app_crash","ios","v2026_11"]',
    b'["closed_by_merge"]',
    b'["api","integration__zendesk","needs_review","tier_2"]',
    '["配送"]'.encode(),
)

FIELD_VALUES = (
    b"true",
    b"false",
    b"1.10",  # 1.1 after a round trip
    b"100.0",
    b"0.30000000000000000001",
    b"9007199254740993",  # 2**53 + 1: not a float
    b"12345678901234567890",  # above 64 bits signed
    b"-0.0",
    b'"2026-11-20"',
    b'""',
    b'"emea__retail"',
    '"Größe XL"'.encode(),
    b'"a \\"quoted\\"\\nvalue \\u2713"',
    b'["blue","green"]',
    b"[]",
    '["größe","🟢"]'.encode(),
)

HALF = 20  # custom fields in each half
HALVES = 64  # precomputed variants of each half; any two can be combined


_FIRST_IDS, _SECOND_IDS = (
    range(20000123, 20000123 + 7 * HALF, 7),
    range(31000077, 31000077 + 11 * HALF, 11),
)
CUSTOM_FIELD_IDS = (*_FIRST_IDS, *_SECOND_IDS)


@cache
def custom_field_halves() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Precomputed halves of a ticket's forty custom fields, without brackets. About one field in six has a value."""
    draw = random.Random(20)
    return _halves(draw, _FIRST_IDS), _halves(draw, _SECOND_IDS)


def _halves(draw: random.Random, ids: range) -> tuple[bytes, ...]:
    def fields() -> bytes:
        return b",".join(
            b'{"id":%d,"value":%s}' % (id_, draw.choice(FIELD_VALUES) if draw.random() < 0.16 else b"null")
            for id_ in ids
        )

    return tuple(islice(iter(fields, b""), HALVES))
