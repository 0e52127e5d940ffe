"""Well-known crates, asked one question each: in a module, in a program, and in docs/crates.md.

A file in tests/crates is a question: a function whose answer is the same in both. Its first lines
say which crates it needs, what is to know of the one that it is named after, and what the build
says of it where it cannot be had.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "crates.md"
HEADINGS = ("Crate", "Version", "Built", "Loaded", "Answer", "What to know")

_DEPENDENCIES = re.compile(r"^//! ```toml\n((?://! .*\n)+?)//! ```$", re.MULTILINE)
_WORD = re.compile(r"^//! (note|refused|warned): (.*)$", re.MULTILINE)
_TABLE = re.compile(rf"^\| {HEADINGS[0]} .*\n\|[-| ]+\n((?:\|.*\n)*)", re.MULTILINE)

# What a question may use without saying so.
PRELUDE = """
mod prelude {
    #[allow(unused_imports)]
    pub(crate) use alloc::{
        borrow::ToOwned, boxed::Box, format, string::{String, ToString}, vec, vec::Vec,
    };
}
"""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A crate, and a question to it.

    Attributes:
        name: Its name.
        file: The question.
        dependencies: What it needs in `[dependencies]`, by name, its own line first.
        note: What is to know of it.
        refused: A part of what the build says where it makes no module.
        warned: A part of its warning where the module is better not loaded.
    """

    name: str
    file: Path
    dependencies: Mapping[str, str]
    note: str
    refused: str
    warned: str

    @property
    def module(self) -> str:
        """The name of the module that asks it."""
        return f"asks_{self.name.replace('-', '_')}"


def read(file: Path) -> Known:
    """Read a question."""
    text = file.read_text()
    wanted = _DEPENDENCIES.search(text)
    assert wanted, file
    lines = [line.removeprefix("//! ") for line in wanted[1].splitlines()]
    words = dict(_WORD.findall(text))
    return Known(
        name=file.stem,
        file=file,
        dependencies={line.partition(" ")[0]: line for line in lines},
        note=words.get("note", ""),
        refused=words.get("refused", ""),
        warned=words.get("warned", ""),
    )


KNOWN = tuple(map(read, sorted((ROOT / "tests" / "crates").glob("*.rs"))))


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the rows of the table in the page, by the crate's name."""
    table = _TABLE.search(page)
    assert table, "the page has no table of crates"
    rows = [
        line.removeprefix("| ").removesuffix(" |").split(" | ") for line in table[1].splitlines()
    ]
    return {cells[0].strip("`"): cells for cells in rows}


def updated(page: str, rows: Mapping[str, Sequence[str]]) -> str:
    """Return the page with these rows in place of older ones; those of others stay."""
    there = {**rows_of(page), **rows}
    ruler = ["-" * len(heading) for heading in HEADINGS]
    lines = [HEADINGS, ruler, *(there[known.name] for known in KNOWN if known.name in there)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return _TABLE.sub(lambda _: text, page)
