# SPDX-License-Identifier: Apache-2.0
"""
Takes records apart into the values of typed columns, and puts them together again.

A value that does not fit the type of its column, and every field that is not declared, is kept as JSON text in the column
``_extra``. So no record can break the schema or lose a value. A field that is missing and one that is null are both null.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Self

import msgspec

from airflow_provider_zendesk.quoting import quoted
from airflow_provider_zendesk.surrogates import decode_hiding, restore_lone_surrogates
from airflow_provider_zendesk.window import Second

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_zendesk.column_types import Column, ColumnType, Form
    from airflow_provider_zendesk.columns import Contract
    from airflow_provider_zendesk.lake.formats.part import Drift, Line

SORT_KEY = "_sort_key"
DELETED = "_deleted"
EXTRA = "_extra"

_NULL = msgspec.Raw(b"null")
_UNDECLARED = "undeclared"
_ANOTHER_FORM = "another form"
# Limits of what a manifest lists.
_LONGEST_KEY = 100
_MOST_KEYS = 100
_OTHER_KEYS = "(others)"

Fields = dict[str, msgspec.Raw]


class _CustomField(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: int
    value: msgspec.Raw


_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# Doubles have no other whole numbers.
_Double = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | float

_decode_fields = msgspec.json.Decoder(Fields).decode
_decode_sort_key = msgspec.json.Decoder(Second | datetime).decode


class Maps:
    """
    A column of maps: the keys and values of all of them, one map after the other.

    :ivar starts: where each begins, None if it is null; then the end of the last.
    """

    def __init__(self) -> None:
        self.starts: list[int | None] = []
        self.keys: list[str] = []
        self.values: list[Any] = []

    def begin(self, is_null: bool) -> None:
        self.starts.append(None if is_null else len(self.keys))

    def end(self) -> Self:
        """End the last map, and turn all values into texts."""
        self.starts.append(len(self.keys))
        self.values = _texts(self.values)
        return self


Values = list[Any] | Maps
Convert = Callable[[Sequence[msgspec.Raw]], Values]
"""Turns the JSON texts of a column into its values; raises a ValueError if one of them does not fit."""


def _decoder(kind: Any) -> Callable[[Sequence[msgspec.Raw]], list[Any]]:
    """Return what decodes many texts at once, since calls cost more than values."""
    decode = msgspec.json.Decoder(list[kind | None]).decode
    return lambda raws: decode(b"[%b]" % b",".join(raws))


# The columns whose values are those that a decoder returns.
_PLAIN: dict[ColumnType, Any] = {
    "int64": _Int64,
    "double": _Double,
    "bool": bool,
    "string": str,
    "list<int64>": list[_Int64],
    "list<string>": list[str],
}

_decode_custom_fields = _decoder(list[_CustomField])
_decode_maps = _decoder(Fields)
_decode_moments = _decoder(Annotated[datetime, msgspec.Meta(tz=True)])
_decode_zoneless = _decoder(Annotated[datetime, msgspec.Meta(tz=False)])


def _texts(raws: Iterable[msgspec.Raw]) -> list[bytes | None]:
    return [None if raw == _NULL else bytes(raw) for raw in raws]


def _maps(raws: Sequence[msgspec.Raw]) -> Maps:
    maps = Maps()
    for fields in _decode_maps(raws):
        maps.begin(fields is None)
        if fields is not None:
            maps.keys += fields
            maps.values += fields.values()
    return maps.end()


def _maps_of_fields(raws: Sequence[msgspec.Raw]) -> Maps:
    maps = Maps()
    last, names = list[int](), list[str]()
    for fields in _decode_custom_fields(raws):
        maps.begin(fields is None)
        if fields is not None:
            ids = [field.id for field in fields]
            if ids != last:  # which they rarely are
                if len(set(ids)) != len(ids):
                    raise ValueError("an id is there twice")
                last, names = ids, list(map(str, ids))
            maps.keys += names
            maps.values += [field.value for field in fields]
    return maps.end()


_CONVERTERS: dict[ColumnType, Convert] = {
    **{name: _decoder(kind) for name, kind in _PLAIN.items()},
    "fields": _maps_of_fields,
    "map": _maps,
    "json": _texts,
}


# Of a text in JSON, quotes included: the length, and the end.
_FORMS: dict[Form, tuple[int, bytes]] = {"Z": (22, b'Z"'), "+00:00": (31, b'+00:00"'), "": (21, b'"')}


def _moments(raws: Sequence[msgspec.Raw], form: Form) -> list[datetime | None]:
    """
    Return the moments that texts mean.

    :raises ValueError: if one of them means none.
    """
    return _decode_moments(raws) if form else _decode_zoneless(raws)


def _have_form(raws: Iterable[msgspec.Raw], form: Form) -> bool:
    """Return True if the moments of the texts say all that the texts say."""
    length, end = _FORMS[form]
    return all(
        len(text) == length and text.endswith(end) and text[11:12] == b"T" or text == b"null"
        for text in map(bytes, raws)
    )


def moment_text(moment: datetime, form: Form) -> str:
    """Return the text of a moment in this form."""
    precision = "milliseconds" if form == "+00:00" else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + form


def _exact(column: Column, convert: Convert, raws: Sequence[msgspec.Raw]) -> Values:
    """
    Return the values of a column.

    :raises ValueError: if they do not say all that the JSON texts say.
    """
    values = convert(raws)
    if column.type == "timestamp" and not _have_form(raws, column.form):
        raise ValueError(f"a time is not written as {column.form}")
    return values


def _converter(column: Column) -> Convert:
    return _CONVERTERS.get(column.type) or partial(_moments, form=column.form)


class RecordColumns:
    """
    Takes the records of one dataset apart.

    :param contract: the columns of the dataset.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._converters = [
            (column, _converter(column)) for column in contract.columns if column.type != "repeated"
        ]
        self._names = {column.name for column in contract.columns}
        self._take_declared = _declared(contract)
        self._drift: dict[str, Counter[str]] = {}

    def take(self, records: Sequence[Line]) -> dict[str, Values]:
        """
        Return the values of each column, one a record.

        :param records: JSON objects, one line each.
        """
        left: list[Fields]
        try:
            values, left = self._take_declared(records), [{} for _ in records]
        except ValueError:
            left = [_fields(record) for record in records]
            values = self._take_fitting(left)
        if self._contract.sort_keys:
            values[SORT_KEY] = _sort_keys(values, left, self._contract.sort_keys)
            values[DELETED] = _deleted(values, left, self._contract)
        values[EXTRA] = [self._extra(fields) if fields else None for fields in left]
        return values

    def _take_fitting(self, left: Sequence[Fields]) -> dict[str, Values]:
        """
        Return what columns can hold of each record.

        :param left: the fields of each record; those that a column holds are removed.
        """
        texts = {
            column.name: [fields.pop(column.name, _NULL) for fields in left]
            for column in self._contract.columns
        }
        for column in self._contract.columns:
            if column.type == "repeated":
                self._keep_others(column, texts[column.name], texts[column.of], left)
        return {
            column.name: self._values(column, convert, texts[column.name], left)
            for column, convert in self._converters
        }

    def _keep_others(
        self,
        column: Column,
        raws: Sequence[msgspec.Raw],
        originals: Sequence[msgspec.Raw],
        left: Sequence[Fields],
    ) -> None:
        """Add a field that should repeat another one to the other fields where it does not."""
        for raw, original, fields in zip(raws, originals, left, strict=True):
            if raw != original:
                fields[column.name] = raw
                self._count(column.name, f"not as {column.of}")

    def drift(self) -> Drift:
        """Return the reasons why fields are kept in ``_extra``, by key, and the number of records since the last call."""
        found, self._drift = self._drift, {}
        return {key: dict(sorted(found[key].items())) for key in sorted(found)}

    def _values(
        self, column: Column, convert: Convert, raws: list[msgspec.Raw], left: Sequence[Fields]
    ) -> Values:
        """Return the values of a column; what it cannot hold goes to the other fields of its record."""
        try:
            return _exact(column, convert, raws)
        except ValueError:
            return convert([self._fitting(column, convert, *one) for one in zip(raws, left, strict=True)])

    def _fitting(self, column: Column, convert: Convert, raw: msgspec.Raw, fields: Fields) -> msgspec.Raw:
        """Return the value, or null if it does not fit; add it to the other fields unless the column says all of it."""
        try:
            convert([raw])
            if column.type != "timestamp" or _have_form([raw], column.form):
                return raw
            reason, fitting = _ANOTHER_FORM, raw
        except ValueError:
            reason, fitting = f"not {column.type}", _NULL
        fields[column.name] = raw
        self._count(column.name, reason)
        return fitting

    def _extra(self, fields: Fields) -> bytes:
        """Return what no column holds of a record, as a JSON object."""
        for key in fields.keys() - self._names:
            self._count(key, _UNDECLARED)
        return _object(_key(key) + bytes(raw) for key, raw in fields.items())

    def _count(self, key: str, reason: str) -> None:
        name = quoted(key, _LONGEST_KEY)
        if name not in self._drift and len(self._drift) >= _MOST_KEYS:
            name = _OTHER_KEYS
        self._drift.setdefault(name, Counter())[reason] += 1


class Records:
    """
    Puts the records of one dataset together again.

    :param contract: the columns of the dataset.
    """

    def __init__(self, contract: Contract) -> None:
        self._writers = {
            column.name: _writer(column) for column in contract.columns if column.type != "repeated"
        }
        self._repeated = {column.name: column.of for column in contract.columns if column.of}

    def record(self, values: Mapping[str, Any]) -> bytes:
        """
        Return a record: a JSON object with the values of the columns that are not null, and with all that is in ``_extra``.

        :param values: by the name of the column.
        :raises ValueError: if they are not what :meth:`RecordColumns.take` returns.
        """
        texts = {
            name: write(values[name]) for name, write in self._writers.items() if values[name] is not None
        }
        extra = {name: bytes(raw) for name, raw in _fields((values[EXTRA] or "{}").encode()).items()}
        texts.update(extra)
        for name, original in self._repeated.items():
            if name not in extra and original in texts:
                texts[name] = texts[original]
        return _object(_key(name) + text for name, text in texts.items())


def _declared(contract: Contract) -> Callable[[Sequence[Line]], dict[str, Values]]:
    """
    Return what takes records apart that have only declared fields, all of which fit their columns.

    It decodes many records and all their plain columns at once. It raises a ValueError if there are other records.
    """
    columns = contract.columns
    names = [f"field_{number}" for number in range(len(columns))]
    fields = [
        (name, _PLAIN[column.type] | None, msgspec.field(name=column.name, default=None))
        if column.type in _PLAIN
        else (name, msgspec.Raw, msgspec.field(name=column.name, default=_NULL))
        for name, column in zip(names, columns, strict=True)
    ]
    record = msgspec.defstruct("Record", fields, forbid_unknown_fields=True, gc=False)
    decode = msgspec.json.Decoder(list[record]).decode  # type: ignore[valid-type]
    getters = {column.name: attrgetter(name) for name, column in zip(names, columns, strict=True)}
    converters = [
        (column, _converter(column)) for column in columns if column.type not in (*_PLAIN, "repeated")
    ]

    def take(records: Sequence[Line]) -> dict[str, Values]:
        found = decode(b"[%b]" % b",".join(records))
        values = {name: list(map(get, found)) for name, get in getters.items()}
        for column in columns:
            if column.of and values.pop(column.name) != values[column.of]:
                raise ValueError(f"{column.name} is not as {column.of}")
        converted = {
            column.name: _exact(column, convert, values[column.name]) for column, convert in converters
        }
        return {**values, **converted}

    return take


def _object(members: Iterable[bytes]) -> bytes:
    return b"{%b}" % b",".join(members)


def _key(name: str) -> bytes:
    try:
        return msgspec.json.encode(name) + b":"
    except UnicodeEncodeError:  # it has a lone surrogate
        return json.dumps(name).encode() + b":"


def _fields(record: Line) -> Fields:
    """
    Return the fields of a record.

    :raises ValueError: if it is no JSON object.
    """
    try:
        return _decode_fields(record)
    except msgspec.DecodeError:
        fields, _, originals = decode_hiding(_decode_fields, bytes(record))
    return {
        _restored_key(key, originals): msgspec.Raw(restore_lone_surrogates(bytes(raw), originals))
        for key, raw in fields.items()
    }


def _restored_key(key: str, originals: Mapping[bytes, bytes]) -> str:
    text = restore_lone_surrogates(json.dumps(key).encode(), originals)
    return str(json.loads(text))


def _sort_keys(values: Mapping[str, Any], left: Sequence[Fields], names: Sequence[str]) -> list[Any]:
    """Return the sort keys of records: moments, or UTC epoch microseconds."""
    keys = values[names[0]]
    for name in names[1:]:
        keys = [other if key is None else key for key, other in zip(keys, values[name], strict=True)]
    keys = [_unfit_key(fields, names) if key is None else key for key, fields in zip(keys, left, strict=True)]
    return [key * 1_000_000 if isinstance(key, int) else key for key in keys]


def _unfit_key(fields: Fields, names: Sequence[str]) -> int | datetime | None:
    """Return a sort key that did not fit its column; an export takes both numbers and times."""
    for name in names:
        if name in fields:
            with suppress(ValueError):
                key: int | datetime = _decode_sort_key(fields[name])
                return key
    return None


def _deleted(values: Mapping[str, Any], left: Sequence[Fields], contract: Contract) -> list[bool]:
    """Return which records were deleted."""
    name = contract.deletion
    if name is None:
        return [False] * len(left)
    if contract.deleted is None:
        return [mark is not None or name in fields for mark, fields in zip(values[name], left, strict=True)]
    return [mark == contract.deleted for mark in values[name]]


def _writer(column: Column) -> Callable[[Any], bytes]:
    """Return what turns a value back into JSON."""
    match column.type:
        case "timestamp":
            return lambda moment: b'"%b"' % moment_text(moment, column.form).encode()
        case "json":
            return lambda text: bytes(text.encode())
        case "fields":
            return lambda pairs: (
                b"[%b]"
                % b",".join(
                    b'{"id":%b,"value":%b}' % (key.encode(), (value or "null").encode())
                    for key, value in pairs
                )
            )
        case "map":
            return lambda pairs: _object(_key(key) + (value or "null").encode() for key, value in pairs)
    return msgspec.json.encode
