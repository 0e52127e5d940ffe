"""Values of dataclasses as JSON and back, whole, so that they can go to another machine.

What `--json` prints is for its readers, and leaves out what they do not need; nothing is left out
here.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def plain(value: object) -> object:
    """Return a value as what `json.dumps` takes: dataclasses become objects, sequences lists.

    Raises:
        TypeError: it holds something that is neither.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    match value:
        case Enum():
            return value.value
        case Path():
            return str(value)
        case str() | int() | float() | None:
            return value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case Sequence():
            return [plain(each) for each in value]
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def restored(kind: type[T], document: object) -> T:
    """Return the value of a dataclass that `plain` made `document` of.

    Its fields are told by their types: dataclasses, tuples of one type, enumerations, paths, and
    what JSON has itself, each of them perhaps None.

    Raises:
        ValueError: it is of another form.
    """
    try:
        return cast("T", _restored(kind, document))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"this is no {kind.__name__}: {error}") from None


def _restored(kind: object, document: object) -> object:
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (kind,) = (each for each in arguments if each is not type(None))
        return None if document is None else _restored(kind, document)
    if origin is tuple:
        return tuple(_restored(arguments[0], each) for each in _of(list, document))
    if not isinstance(kind, type):
        raise TypeError(f"{kind} cannot be read")
    return _restored_whole(kind, document)


def _restored_whole(kind: type, document: object) -> object:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        found = _of(dict, document)
        return kind(**{f.name: _restored(hints[f.name], found[f.name]) for f in fields(kind)})
    if issubclass(kind, (Enum, Path)):
        return kind(_of(str, document))
    if kind is float and isinstance(document, int):
        return float(document)  # JSON has one kind of numbers
    return _of(kind, document)


def _of(kind: type[T], document: object) -> T:
    if not isinstance(document, kind):
        raise TypeError(f"{document!r} is no {kind.__name__}")
    return document
