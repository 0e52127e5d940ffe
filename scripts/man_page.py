"""The manual page, made of what the command line says of itself.

`python -m scripts.man_page` writes docs/man/rkmbuild.1. A wheel carries the page, and a test
compares it.
"""

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main

from rkmbuild import __version__
from rkmbuild.base import errors
from rkmbuild.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "man" / "rkmbuild.1"

_ENVIRONMENT = {
    "RKMBUILD_CACHE_DIR": "Folder of the cache, in place of ~/.cache/rkmbuild.",
    "RKMBUILD_STATE_DIR": "Folder of what was learnt of this machine, and of added kernels, in "
    "place of ~/.local/state/rkmbuild.",
    "RKMBUILD_DEBUG": "If set, a failure that rkmbuild does not handle shows where it happened.",
}
_FILES = {
    "Cargo.toml": "The project; its table [package.metadata.rkmbuild] is what rkmbuild is told.",
    "target/rkmbuild/<release>/": "The modules of a project, a folder for each kernel.",
}


def make() -> str:
    """Return the page as troff with the macros of man(7)."""
    command: Any = typer.main.get_command(app)
    lines = [
        '.\\" Made by scripts/man_page.py; edit the help of the commands instead.',
        f'.TH RKMBUILD 1 "" "rkmbuild {__version__}" "User Commands"',
        ".SH NAME",
        f"rkmbuild \\- {_plain(_lower(command.help))}",
        ".SH SYNOPSIS",
        ".B rkmbuild",
        "\\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
        ".SH OPTIONS",
        *_parameters(command),
        ".SH COMMANDS",
    ]
    for words, each in _commands(command, "rkmbuild"):
        arguments = [p for p in each.params if p.param_type_name == "argument"]
        given = " ".join(_plain(_bracketed(p)) for p in arguments)
        lines += [
            f'.SS "{words}"',
            f"\\fB{_plain(words)}\\fR [\\fIOPTIONS\\fR] {given}".rstrip(),
            ".PP",
            *_paragraphs(inspect.cleandoc(each.help)),
            *_parameters(each),
        ]
    lines += [".SH EXIT STATUS"]
    lines += [*_item("0", "It worked."), *_exit_statuses()]
    for heading, table in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        lines.append(f".SH {heading}")
        lines += [line for word, text in table.items() for line in _item(word, text)]
    lines += [".SH SEE ALSO", ".BR cargo (1),", ".BR insmod (8),", ".BR modinfo (8)"]
    return "\n".join(lines) + "\n"


def _commands(group: Any, words: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's
    for name, command in group.commands.items():
        if getattr(command, "commands", None):
            yield from _commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def _parameters(command: Any) -> Iterator[str]:  # noqa: ANN401 - click's
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "argument":
            names = _value(parameter)
        else:
            names = ", ".join([*parameter.opts, *parameter.secondary_opts])
            names += "" if parameter.is_flag else f" {_value(parameter)}"
        yield from _item(names, (parameter.help or "") + _default(parameter))


def _value(parameter: Any) -> str:  # noqa: ANN401 - click's
    """Return what stands for the value: not what click makes of a type, which its releases vary."""
    choices = getattr(parameter.type, "choices", None)
    named = parameter.metavar or ("|".join(map(_word, choices)) if choices else "")
    return str(named or parameter.name.strip("_").upper()).strip("[]")


def _bracketed(parameter: Any) -> str:  # noqa: ANN401 - click's
    shown = _value(parameter) + ("..." if parameter.nargs < 0 else "")
    return shown if parameter.required else f"[{shown}]"


def _default(parameter: Any) -> str:  # noqa: ANN401 - click's
    said = getattr(parameter, "show_default", None)
    if isinstance(said, str):
        return f" [default: {said}]"
    default = parameter.default
    if not said or callable(default) or default in (None, False, True, (), []):
        return ""
    return f" [default: {_word(default)}]"


def _word(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def _exit_statuses() -> Iterator[str]:
    found = [errors.RkmbuildError]
    for each in found:
        found += each.__subclasses__()
    own = {each.code: each for each in found if each.__module__ == errors.__name__}
    for code, kind in sorted(own.items()):
        what = (inspect.getdoc(kind) or "").splitlines()[0]
        yield from _item(str(code), what if kind.kind != "internal" else "A failure not foreseen.")


def _item(word: str, text: str) -> list[str]:
    return [".TP", f"\\fB{_plain(word)}\\fR", _plain(" ".join(text.split()))]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield _plain(" ".join(paragraph.split()))
        yield ".PP"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _plain(text: str) -> str:
    """Return `text` so that troff shows it as it is: no request, no escape, hyphens to copy."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(make(), encoding="utf-8")
