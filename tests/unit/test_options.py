"""An option has the same name, the same letter and the same meaning everywhere."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import typer.main

from rkmbuild.cli import app


def _options(command: Any) -> Iterator[tuple[str, ...]]:
    """Give the names of each option of a command, and of those below it."""
    for parameter in command.params:
        if parameter.param_type_name == "option":
            yield tuple(parameter.opts)
    for below in getattr(command, "commands", {}).values():
        yield from _options(below)


def test_a_letter_means_one_option_and_an_option_has_one_letter() -> None:
    meant: defaultdict[str, set[str]] = defaultdict(set)
    letters: defaultdict[str, set[str]] = defaultdict(set)
    for names in _options(typer.main.get_command(app)):
        short = {name for name in names if not name.startswith("--")}
        (long,) = set(names) - short
        letters[long].add("".join(sorted(short)))
        for name in short:
            meant[name].add(long)
    assert {name: longs for name, longs in meant.items() if len(longs) > 1} == {}
    assert {name: shorts for name, shorts in letters.items() if len(shorts) > 1} == {}
    assert meant["-p"] == {"--package"}
    assert meant["-f"] == {"--follow"}
