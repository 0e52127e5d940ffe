"""Commands that kbuild noted, and objects that are kept: what is taken for what it was."""

import os
import time
from pathlib import Path

import pytest

from rkmbuild.pipeline import compiled, recipe
from rkmbuild.pipeline.compiled import Compiled
from rkmbuild.pipeline.recipe import Recipe, Stamps

# Of kbuild's note of a .mod.o, Linux 6.12, shortened.
NOTE = """\
savedcmd_/w/m.mod.o := gcc-12 -Wp,-MMD,/w/.m.mod.o.d -DMODULE -c -o /w/m.mod.o /w/m.mod.c

source_/w/m.mod.o := /w/m.mod.c

deps_/w/m.mod.o := \\
    $(wildcard include/config/MODULE_UNLOAD) \\
  HEADER \\
    $(wildcard include/config/MGEODE_LX) \\

/w/m.mod.o: $(deps_/w/m.mod.o)

$(deps_/w/m.mod.o):
"""


def made_of(folder: Path, header: str) -> Compiled:
    """Return the objects of a folder with one, m.mod.o, that was compiled a minute ago."""
    known = Recipe(name="r", folder=str(folder), environment={}, saved={}, texts={}, stamps={})
    (folder / "m.mod.o").write_bytes(b"object")
    os.utime(folder / "m.mod.o", (time.time() - 60, time.time() - 60))
    (folder / ".m.mod.o.cmd").write_text(NOTE.replace("HEADER", header))
    return Compiled(folder, known, Stamps())


def keep(objects: Compiled, began: float | None = None) -> bool:
    started = time.time() - 5 if began is None else began
    return objects.keep("m.mod.o", "text", began=started, known=(), beside=(), stamps=Stamps())


def test_a_command_is_read_as_make_would_have_read_it() -> None:
    saved = "awk '!x[$$0]++' < a | sed 's/$(pound)x//'"
    known = Recipe(
        name="r", folder="/w", environment={}, saved={"a": ("/w/a", saved, "")}, texts={}, stamps={}
    )
    assert known.command("a") == "awk '!x[$0]++' < a | sed 's/#x//'"


def test_an_object_is_kept_and_comes_back_while_its_headers_are_the_same(
    empty_cache: Path, tmp_path: Path
) -> None:
    assert not empty_cache.exists()
    folder, header = tmp_path / "w", tmp_path / "a.h"
    folder.mkdir()
    header.touch()
    objects = made_of(folder, str(header))
    os.utime(folder / "m.mod.o", (time.time() + 60, time.time() + 60))
    assert keep(objects, began=time.time() + 30)
    (folder / "m.mod.o").unlink()
    again = Compiled(folder, made_of(folder, str(header))._recipe, Stamps())
    (folder / "m.mod.o").write_bytes(b"another")
    assert again.provide("m.mod.o", "text")
    assert (folder / "m.mod.o").read_bytes() == b"object"
    assert not again.provide("m.mod.o", "another text")


def test_an_object_older_than_a_copy_that_it_includes_is_not_kept(
    empty_cache: Path, tmp_path: Path
) -> None:
    header = tmp_path / "copied.h"
    header.write_text("\n")
    os.utime(header, (1, 1))  # as `cp -p` does: make would not compile again
    assert not keep(made_of(tmp_path, str(header)))
    assert not list(empty_cache.glob("object/*"))


@pytest.mark.parametrize("odd", ["$(objtree)/include/a.h", "$(shell echo a.h)"])
def test_an_object_of_something_unclear_is_not_kept(
    empty_cache: Path, tmp_path: Path, odd: str
) -> None:
    assert not keep(made_of(tmp_path, odd))
    assert not list(empty_cache.glob("object/*"))


def test_what_could_not_be_kept_is_made_anew_once(tmp_path: Path) -> None:
    objects = made_of(tmp_path, "a.h")
    objects.settle(complete=False)
    assert compiled.is_to_be_emptied(tmp_path)
    compiled.emptied(tmp_path)
    assert not compiled.is_to_be_emptied(tmp_path)
    made_of(tmp_path, "a.h").settle(complete=False)
    assert not compiled.is_to_be_emptied(tmp_path)
    made_of(tmp_path, "a.h").settle(complete=True)
    made_of(tmp_path, "a.h").settle(complete=False)
    assert compiled.is_to_be_emptied(tmp_path)


def test_a_file_that_changed_or_came_or_went_is_seen(tmp_path: Path) -> None:
    there, absent = str(tmp_path / "there"), str(tmp_path / "absent")
    Path(there).write_text("1")
    noted = Stamps().all([there, absent])
    assert noted[absent] is None
    assert Stamps().hold(noted)
    Path(absent).write_text("1")
    assert not Stamps().hold(noted)
    Path(absent).unlink()
    Path(there).unlink()
    assert not Stamps().hold(noted)
    assert recipe.noted("m.o") == ".m.o.cmd"
