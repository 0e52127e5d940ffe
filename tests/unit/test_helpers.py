"""C helpers are cut so that each stands alone, and an error is laid at the right one."""

from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.pipeline import helpers, undefined
from rkmbuild.pipeline.undefined import Item

DATA = Path(__file__).parents[1] / "data" / "helpers"
SHIPPED = paths.data("crates") / "kernel" / "helpers"

SOURCE = """\
// SPDX-License-Identifier: GPL-2.0

#include <linux/cred.h>

#include "helpers.h"

static __maybe_unused int shared;

/* In its place: `Task::uid`. */
__rust_helper kuid_t rust_helper_euid(struct task_struct *t)
{
	return task_euid(t);
}

#ifdef CONFIG_SYSCTL
/*
 * Calls another.
 * In its place: nothing else
 */
__rust_helper struct ctl_table_header *
rust_helper_both(struct rust_helper_inode *what)
{
	if (what) {
		return NULL;
	}
	return rust_helper_euid(current);
}
#endif
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "task.c").write_text(SOURCE)
    (tmp_path / "note.c").write_text('ELFNOTE32("x", 1, "y");\n')
    (tmp_path / "helpers.h").touch()
    return tmp_path


def test_a_helper_reaches_from_its_mark_to_its_brace(folder: Path) -> None:
    first, second = helpers.read(folder).known
    assert (first.name, first.first, first.last) == ("rust_helper_euid", 10, 13)
    assert (second.name, second.first, second.last) == ("rust_helper_both", 20, 27)
    assert (first.calls, second.calls) == ((), ("rust_helper_euid",))
    assert (first.instead, second.instead) == ("`Task::uid`.", "nothing else")


def test_what_no_helper_needs_is_there_always(folder: Path) -> None:
    text = helpers.read(folder).text
    before, _, _ = text.partition("#if defined")
    assert 'ELFNOTE32("x", 1, "y");' in before


def test_lines_stay_those_of_the_source(folder: Path) -> None:
    """What follows a `#line` is the line of that number, for every line that is compiled."""
    here: dict[str, int] = {}
    name = ""
    for line in helpers.read(folder).text.splitlines():
        if line.startswith("#line "):
            _, number, file = line.split(" ", 2)
            name = Path(file.strip('"')).name
            here[name] = int(number)
        elif name:
            lines = (folder / name).read_text().splitlines()
            place = here[name] - 1
            if place < len(lines) and line in (lines[place], ""):
                here[name] += 1
            else:  # the cut's own
                assert line.startswith(("#if", "#endif")), line


def test_a_helper_wants_those_that_it_calls() -> None:
    known = helpers.read(SHIPPED)
    text = known.text.splitlines()
    place = text.index(f"#ifdef {helpers.WANTED}rust_helper_init_delayed_work")
    assert text[place + 1] == f"#define {helpers.WANTED}rust_helper_init_work"


def test_the_helpers_that_ship_are_all_found_and_declared() -> None:
    known = [helper.name for helper in helpers.read(SHIPPED).known]
    header = (SHIPPED / "helpers.h").read_text()
    assert len(known) == len(set(known)) > 100
    assert all(f"{name}(" in header for name in known)
    marks = sum(file.read_text().count("\n__rust_helper ") for file in SHIPPED.glob("*.c"))
    assert marks == len(known)


@pytest.mark.parametrize("compiler", ["gcc-12", "clang-19"])
def test_a_compilers_words_are_laid_at_the_helper(folder: Path, compiler: str) -> None:
    said = (DATA / f"{compiler}.txt").read_text().replace("@FOLDER@", str(folder))
    blamed = helpers.read(folder).blamed(said, ["rust_helper_euid"])
    assert list(blamed) == ["rust_helper_euid"]
    assert any("task_euid" in text for text in blamed["rust_helper_euid"])


def test_a_header_that_is_gone_takes_those_that_were_asked_for(folder: Path) -> None:
    said = f"{folder}/task.c:3:10: fatal error: linux/cred.h: No such file or directory\n"
    blamed = helpers.read(folder).blamed(said, ["rust_helper_euid"])
    assert blamed == {"rust_helper_euid": ["linux/cred.h: No such file or directory"]}


def test_an_error_in_the_users_own_c_is_nobodys(folder: Path) -> None:
    said = "/x/shim.c:3:10: error: expected ';' before '}' token\n"
    assert helpers.read(folder).blamed(said, ["rust_helper_euid"]) == {}


def test_an_item_is_what_the_modules_own_code_names() -> None:
    inner = ("kernel::task::CurrentTask::euid", "/c/kernel/src/task.rs:9")
    outer = ("kernel::task::Task::euid", "/x/src/lib.rs:12")
    core = ("core::ops::function::FnOnce::call_once", "/r/core.rs:1")
    own = ("hello::init", "/x/src/lib.rs:3")
    found = Item("kernel::task::Task::euid", "")
    assert undefined.item_of([inner, outer]) == found
    assert undefined.item_of([inner, core, outer, own]) == Item(found.name, "/x/src/lib.rs:3")
    assert undefined.item_of([own]) is None
