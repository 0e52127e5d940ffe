"""Well-known crates: what they answer in a kernel is what they answer in a program."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import known_crates
from tests.cli import complaints, rkmbuild
from tests.known_crates import KNOWN, PRELUDE, Known
from tests.vm import crate_guest

pytestmark = [pytest.mark.slow, pytest.mark.together]

_ASKED = [known for known in KNOWN if not known.refused and not known.warned]
_PACKAGE = """\
[package]
name = "{name}"
version = "0.1.0"
edition = "2021"
license = "GPL-2.0-only"

[workspace]
{library}
[dependencies]
{dependencies}
"""
_LIBRARY = '\n[lib]\ncrate-type = ["staticlib"]\n'
_MODULE = """\
// SPDX-License-Identifier: GPL-2.0

//! Asks crates.

#![no_std]

extern crate alloc;

use kernel::prelude::*;
{prelude}
{questions}
module! {{
    type: Asks,
    name: "{name}",
    description: "Asks crates",
    license: "GPL",
}}

struct Asks;

impl kernel::Module for Asks {{
    fn init(_module: &'static ThisModule) -> Result<Self> {{
        {asking}
        Ok(Asks)
    }}
}}
"""
_CONFIGURATION = """\
[build]
rustflags = ["--cfg", 'getrandom_backend="custom"']
"""


def _manifest(name: str, asked: Sequence[Known], library: str = _LIBRARY) -> str:
    wanted: dict[str, str] = {}
    for known in asked:
        wanted |= known.dependencies
    # What a crate is asked for by its own question comes before what another one needs of it.
    wanted |= {known.name: known.dependencies[known.name] for known in asked}
    return _PACKAGE.format(name=name, library=library, dependencies="\n".join(wanted.values()))


def _questions(asked: Sequence[Known]) -> str:
    return "\n".join(f'#[path = "{known.file}"]\nmod {known.module};' for known in asked)


def _module(root: Path, name: str, asked: Sequence[Known]) -> Path:
    """Write a module that asks crates when it is loaded."""
    (root / "src").mkdir(parents=True, exist_ok=True)
    (root / "Cargo.toml").write_text(_manifest(name, asked))
    asking = "\n        ".join(
        f'pr_info!("{known.name}: {{}}\\n", {known.module}::answer());' for known in asked
    )
    text = _MODULE.format(name=name, prelude=PRELUDE, questions=_questions(asked), asking=asking)
    (root / "src" / "lib.rs").write_text(text)
    (root / ".cargo").mkdir(exist_ok=True)
    (root / ".cargo" / "config.toml").write_text(_CONFIGURATION)
    return root


def _answers(lines: Sequence[str]) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in lines if ": " in line)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module that asks all crates which can be had."""
    return _module(tmp_path_factory.mktemp("crates") / "asking", "asking", _ASKED)


@pytest.fixture(scope="module")
def in_the_kernel(module: Path, kernel_6_12: KernelTree) -> dict[str, str]:
    """What the crates answer in the kernel."""
    built = crate_guest.build(module, kernel_6_12)
    result = crate_guest.run(kernel_6_12, {"asking": built}, ("insmod /asking.ko", "rmmod asking"))
    assert not result.troubles
    assert result.statuses == (0, 0)
    said = crate_guest.texts(result, 0, 1)
    return _answers([line.removeprefix("asking: ") for line in said])


@pytest.fixture(scope="module")
def in_a_program(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What they answer in a program of this machine."""
    root = tmp_path_factory.mktemp("crates") / "program"
    (root / "src").mkdir(parents=True, exist_ok=True)
    (root / "Cargo.toml").write_text(_manifest("program", _ASKED, library=""))
    asking = "\n".join(
        f'    println!("{known.name}: {{}}", {known.module}::answer());' for known in _ASKED
    )
    (root / "src" / "main.rs").write_text(
        f"extern crate alloc;\n{PRELUDE}\n{_questions(_ASKED)}\n\nfn main() {{\n{asking}\n}}\n"
    )
    argv = ["cargo", "run", "--quiet", "--release"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return _answers(done.stdout.splitlines())


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, list[str]]]:
    """The rows of the table that were seen, written to the page where that is asked for."""
    seen: dict[str, list[str]] = {}
    yield seen
    if os.environ.get("RKMBUILD_UPDATE_DOCS"):
        page = known_crates.PAGE
        page.write_text(known_crates.updated(page.read_text(), seen))


def _version(root: Path, known: Known) -> str:
    """The version of a crate that cargo took: several may be there, of other series."""
    series = re.search(r'version = "([0-9.]+)"', known.dependencies[known.name])
    assert series
    lock = (root / "Cargo.lock").read_text()
    found = re.findall(rf'name = "{re.escape(known.name)}"\nversion = "([^"]+)"', lock)
    return next(str(each) for each in found if f"{each}.".startswith(f"{series[1]}."))


@pytest.mark.parametrize("known", _ASKED, ids=[known.name for known in _ASKED])
def test_a_crate_answers_in_the_kernel_as_in_a_program(
    known: Known,
    module: Path,
    in_a_program: dict[str, str],
    in_the_kernel: dict[str, str],
    rows: dict[str, list[str]],
) -> None:
    assert in_the_kernel[known.name] == in_a_program[known.name]
    version = _version(module, known)
    rows[known.name] = [f"`{known.name}`", version, "yes", "yes", "the same", known.note]


@pytest.mark.parametrize("known", [known for known in KNOWN if known not in _ASKED],
                         ids=lambda known: known.name)  # fmt: skip
def test_a_crate_that_cannot_be_had_is_told_with_a_way_out(
    known: Known, kernel_6_12: KernelTree, tmp_path: Path, rows: dict[str, list[str]]
) -> None:
    root = _module(tmp_path / known.module, known.module, [known])
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    cells = [f"`{known.name}`", _version(root, known)]
    if known.refused:
        assert done.returncode != 0
        assert known.refused in done.stderr
        rows[known.name] = [*cells, "no", "", "", known.note]
        return
    assert done.returncode == 0, done.stderr
    said = complaints(done.stderr)
    assert any(known.warned in line for line in said), said
    rows[known.name] = [*cells, "with a warning", "", "", known.note]
