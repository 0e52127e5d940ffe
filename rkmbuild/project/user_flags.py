"""What the user has cargo tell rustc (`rustflags`), as far as a module can be built with it.

Flags that choose what is compiled, and lints, are the user's: crates document them, as getrandom
does its backends. What changes the machine code is the kernel's to say.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.project import cargo_config

# In cargo's order: the first one that is there counts, and the files only where neither is
# (The Cargo Book, "build.rustflags").
_VARIABLES = (("CARGO_ENCODED_RUSTFLAGS", "\x1f"), ("RUSTFLAGS", " "))
_OF_BUILD = "CARGO_BUILD_RUSTFLAGS"
VARIABLES = (*(name for name, _ in _VARIABLES), _OF_BUILD)

_PASSED_ON = re.compile(r"--(?:cfg|check-cfg|allow|warn|deny|forbid|cap-lints)(=|$)|-[AWDF]")
# Options whose value is the next word where they stand alone.
_WITH_VALUE = re.compile(r"-[AWDFCZLl]|--(?:cfg|check-cfg|allow|warn|deny|forbid|cap-lints|extern)")
_TOKEN = re.compile(r'\s*(?:(?P<name>[A-Za-z_]\w*)|"(?P<value>[^"]*)"|(?P<sign>[(),=]))')


@dataclass(frozen=True)
class Given:
    """Arguments of rustc that the user has given to cargo.

    Attributes:
        flags: The arguments, an option and its value each.
        origin: Where: a file of cargo's configuration, or a variable of the environment.
    """

    flags: tuple[tuple[str, ...], ...]
    origin: str


@dataclass(frozen=True)
class UserFlags:
    """What the user has given, sorted.

    Attributes:
        passed: Arguments of rustc that the module's crates are compiled with.
        ignored: The others, each with where it is from.
    """

    passed: tuple[str, ...]
    ignored: tuple[tuple[str, str], ...]


def read(root: Path, target: str, cfgs: Mapping[str, str]) -> UserFlags:
    """Return the flags that cargo would give to rustc for a package.

    Args:
        root: The package's folder.
        target: The name of the target.
        cfgs: Its cfgs with a value, for `[target.'cfg(…)']`.
    """
    passed: dict[tuple[str, ...], None] = {}
    ignored = []
    for given in _given(root, target, cfgs):
        for flag in given.flags:
            if _PASSED_ON.match(flag[0]):
                passed[flag] = None
            else:
                ignored.append((" ".join(flag), given.origin))
    return UserFlags(tuple(word for flag in passed for word in flag), tuple(ignored))


def _given(root: Path, target: str, cfgs: Mapping[str, str]) -> Iterator[Given]:
    for name, separator in _VARIABLES:
        words = os.environ.get(name)
        if words is not None:
            yield _sorted(filter(None, words.split(separator)), name)
            return
    documents = [(file, _document(file)) for file in cargo_config.files(root)]
    found: list[tuple[Path, Any]] = [
        (file, entry.get("rustflags"))
        for file, document in documents
        for key, entry in _table(document, "target").items()
        if isinstance(entry, dict) and (key == target or applies(key, cfgs))
    ]
    if not any(words for _, words in found):
        for file, document in documents:
            found.append((file, _table(document, "build").get("rustflags")))
        if os.environ.get(_OF_BUILD):
            yield _sorted(os.environ[_OF_BUILD].split(), _OF_BUILD)
    for file, said in found:
        listed = said.split() if isinstance(said, str) else said
        if isinstance(listed, list):
            yield _sorted((word for word in listed if isinstance(word, str)), str(file))


def _document(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except (OSError, ValueError):
        return {}  # not there, or cargo says what is wrong with it


def _table(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _sorted(words: Iterator[str] | Sequence[str], origin: str) -> Given:
    flags: list[tuple[str, ...]] = []
    waiting = False
    for word in words:
        if waiting:
            flags[-1] = (*flags[-1], word)
            waiting = False
        else:
            flags.append((word,))
            waiting = bool(_WITH_VALUE.fullmatch(word))
    return Given(tuple(flags), origin)


def applies(key: str, cfgs: Mapping[str, str]) -> bool:
    """Tell whether `cfg(…)`, a key of `[target]`, is so; other keys, and what is no cfg, are not.

    Args:
        cfgs: The target's cfgs with a value; of those without one none is set.
    """
    found = re.fullmatch(r"cfg\((.*)\)", key.strip())
    if not found:
        return False
    tokens = list(_tokens(found[1]))
    try:
        so = _expression(tokens, cfgs)
    except (IndexError, ValueError):
        return False  # cargo says what is wrong with it
    return so and not tokens


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        kind = match.lastgroup or ""
        yield kind, match[kind]
    if text[at:].strip():
        yield "unknown", text[at:]


def _expression(tokens: list[tuple[str, str]], cfgs: Mapping[str, str]) -> bool:
    kind, name = tokens.pop(0)
    if kind != "name":
        raise ValueError(name)
    if tokens[:1] == [("sign", "=")]:
        tokens.pop(0)
        kind, value = tokens.pop(0)
        if kind != "value":
            raise ValueError(value)
        return cfgs.get(name) == value
    if tokens[:1] != [("sign", "(")]:
        return name == "true"
    tokens.pop(0)
    inner = []
    while tokens[0] != ("sign", ")"):
        inner.append(_expression(tokens, cfgs))
        if tokens[0] == ("sign", ","):
            tokens.pop(0)
    tokens.pop(0)
    # An empty all() is true, an empty any() is not, as in Rust.
    return {"all": all(inner), "any": any(inner), "not": not all(inner)}.get(name, False)
