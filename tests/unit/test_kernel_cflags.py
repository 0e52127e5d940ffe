"""Kbuild's c_flags, read as a shell would."""

from pathlib import Path

from rkmbuild.kernel import cflags
from rkmbuild.kernel.modfinal import KBUILD_LINES

FOLDER = Path("/obj tree")


def test_quotes_survive_into_one_argument() -> None:
    text = r"""-DMODULE -DNAME='"probe"' -D"STR(s)=#s" -DX=\"y\\\" """
    assert cflags.parse(text, FOLDER) == ["-DMODULE", '-DNAME="probe"', "-DSTR(s)=#s", '-DX="y\\"']


def test_what_belongs_to_one_object_is_left_out() -> None:
    text = """-Wp,-MMD,/m/.probe.o.d -nostdinc -DKBUILD_BASENAME='"probe"'
        -DKBUILD_MODNAME='"probe"' -D__KBUILD_MODNAME=kmod_probe -DKBUILD_MODFILE='"probe"' -g"""
    assert cflags.parse(text, FOLDER) == ["-nostdinc", "-g"]


def test_relative_paths_become_absolute_in_one_word_and_in_two() -> None:
    text = "-I./include -I /abs -include ./a.h -isystem b -iquote/c -Werror=implicit-int -Ix"
    assert cflags.parse(text, FOLDER) == [
        "-I/obj tree/include", "-I", "/abs", "-include", "/obj tree/a.h",
        "-isystem", "/obj tree/b", "-iquote/c", "-Werror=implicit-int", "-I/obj tree/x",
    ]  # fmt: skip


def test_the_rendered_kbuild_has_the_lines_that_the_flags_are_asked_with() -> None:
    # What kbuild is asked must be what it then does.
    template = Path(__file__).parents[2] / "templates/kbuild/Kbuild"
    assert KBUILD_LINES in template.read_text()
