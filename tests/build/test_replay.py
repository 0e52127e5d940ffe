"""A module that is linked without make is, to the last byte, the one that make links."""

import json
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import console, files, process
from rkmbuild.base.errors import BuildError
from rkmbuild.base.tool_environment import local_environment
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import kbuild, pipeline, recipe
from rkmbuild.pipeline.pipeline import BuildRequest
from tests import projects

HEADER = Path(__file__).parents[1] / "modules" / "exporter" / "src" / "exporter.h"
C = '#include "more.h"\n\nint more(int number)\n{\n\treturn number + MORE;\n}\n'
# What an edit may add: statements with other imports and helpers each, and exports.
STATEMENTS = (
    'pr_info!("{}\\n", kernel::random::get_random_u32());',
    'pr_info!("{}\\n", kernel::random::get_random_u64());',
    'pr_info!("{}\\n", kernel::time::jiffies());',
    'pr_info!("{}\\n", kernel::task::current().pid());',
    'pr_info!("{}\\n", *KBox::new(5_u32, GFP_KERNEL)?);',
    "kernel::time::delay::fsleep(kernel::time::Delta::from_micros(10));",
)
EXPORTS = {
    "": "",
    "exporter_count": '#[export]\nextern "C" fn exporter_count() -> c_int {\n    1\n}\n'
    "kernel::export_symbol!(exporter_count);\n",
}
# What make reads for its commands, and what it starts beside the compiler: ends of paths.
READ_OR_STARTED = (
    "scripts/Makefile.build", "scripts/Makefile.modfinal", "scripts/Kbuild.include",
    "arch/x86/Makefile", "include/config/auto.conf", "Module.symvers", "scripts/mod/modpost",
    "tools/objtool/objtool", "arch/x86/module.lds", "scripts/basic/fixdep", "/make", "/sh",
    "-ld", "-objdump", "-objcopy",
)  # fmt: skip
# Of the folder that kbuild works in: what is noted for the next time, and the library.
NOTES = ("state.json", kbuild.ENVIRONMENT, "rkmbuild_compiled.json", kbuild.ARCHIVE)


class Twice:
    """A project that is built as usual, and then anew by make; its processes are counted."""

    def __init__(
        self, root: Path, tree: KernelTree, monkeypatch: pytest.MonkeyPatch, cc: str = "auto"
    ) -> None:
        self.root = root
        self.request = BuildRequest(path=root, kernel=str(tree.build), cc=cc)
        self.plan = pipeline.prepare(self.request).kbuild
        self.makes = 0
        self._monkeypatch = monkeypatch
        start = process.popen

        def counted(command: Sequence[str], **words: object) -> object:
            self.makes += command[0] == "make"
            return start(command, **words)  # type: ignore[arg-type]

        monkeypatch.setattr(process, "popen", counted)

    @property
    def compiler(self) -> str:
        """The file of the C compiler that make starts."""
        return self.plan.variables["CC"]

    def build(self) -> bool:
        """Build; tell whether make was asked."""
        before = self.makes
        assert not pipeline.build(self.request).fresh
        return self.makes > before

    def made(self) -> dict[str, bytes]:
        """Return all that lies where kbuild works, but for lists that it has no more use for."""
        there = (file for file in self.plan.folder.iterdir() if file.name not in NOTES)
        return {
            file.name: file.read_bytes() for file in there if file.is_file() and file.suffix != ".d"
        }

    def is_the_same_by_make(self) -> None:
        """Build anew by make, and compare."""
        ours = self.made()
        shutil.rmtree(self.plan.folder)
        with self._monkeypatch.context() as patch:
            patch.setattr(recipe, "find", lambda *_: recipe.Found(None))
            assert self.build()
        plain = self.made()
        assert ours.keys() == plain.keys()
        assert [name for name in plain if ours[name] != plain[name]] == []

    def write(self, number: int, statements: Sequence[str] = (), exports: str = "") -> None:
        """Write the source anew."""
        body = [f'pr_info!("edit {number}\\n");', *statements]
        body += ["// SAFETY: It takes any number.", "let _ = unsafe { more(1) };"]
        before = EXPORTS[exports] + 'extern "C" {\n    fn more(number: c_int) -> c_int;\n}\n'
        source = projects.SOURCE.format(name="twice", body="\n".join(body))
        source = source.replace("struct Sample;", f"{before}\nstruct Sample;")
        (self.root / "src" / "lib.rs").write_text(source)


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Callable[[KernelTree], Path]:
    """What gives the project of a kernel, made once."""
    known: dict[str, Path] = {}

    def root(tree: KernelTree) -> Path:
        if tree.release not in known:
            place = tmp_path_factory.mktemp("twice") / "twice"
            header = json.dumps(os.path.relpath(HEADER, place))
            manifest = (
                f'\n[package.metadata.rkmbuild]\nheaders = [{header}]\nc-sources = ["c/more.c"]\n'
            )
            projects.make(place, "twice", manifest=manifest)
            (place / "c").mkdir()
            (place / "c" / "more.c").write_text(C)
            (place / "c" / "more.h").write_text("#define MORE 1\nint more(int number);\n")
            known[tree.release] = place
        return known[tree.release]

    return root


@pytest.fixture
def twice(
    roots: Callable[[KernelTree], Path], kernel: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> Twice:
    return Twice(roots(kernel), kernel, monkeypatch)


@pytest.fixture
def twice_6_12(
    roots: Callable[[KernelTree], Path], kernel_6_12: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> Twice:
    made = Twice(roots(kernel_6_12), kernel_6_12, monkeypatch)
    made.write(0)
    made.build()
    return made


def go_through(twice: Twice, count: int) -> None:
    twice.write(0)
    twice.build()
    exported = {""}
    chance = random.Random(twice.plan.release)  # noqa: S311 - a failure is to come again
    for number in range(1, count + 1):
        statements = chance.sample(STATEMENTS, chance.randint(0, 3))
        exports = chance.choice(list(EXPORTS))
        twice.write(number, statements, exports)
        # make is asked for exports that are new alone: their checksums are its own business.
        assert not (twice.build() and exports in exported)
        exported.add(exports)
        twice.is_the_same_by_make()


@pytest.mark.dear
def test_edits_of_rust_give_what_make_gives(twice: Twice) -> None:
    go_through(twice, 2)


@pytest.mark.slow
def test_many_edits_of_rust_give_what_make_gives(twice: Twice) -> None:
    go_through(twice, 10)


def test_a_clean_build_of_what_was_built_before_asks_no_make(twice_6_12: Twice) -> None:
    before = twice_6_12.made()
    shutil.rmtree(twice_6_12.root / "target")
    assert not twice_6_12.build()
    assert twice_6_12.made() == before


def test_a_changed_c_file_is_makes_and_then_known(twice_6_12: Twice) -> None:
    header = twice_6_12.root / "c" / "more.h"
    header.write_text(header.read_text().replace("MORE 1", "MORE 2"))
    assert twice_6_12.build()
    twice_6_12.is_the_same_by_make()
    twice_6_12.write(1)
    assert not twice_6_12.build()


def test_what_a_killed_run_left_is_not_used(twice_6_12: Twice) -> None:
    for name in (f"{kbuild.HELPERS}.o", "twice.mod.o", "more.o"):
        (twice_6_12.plan.folder / name).write_bytes(b"half")
    (twice_6_12.plan.folder / "unfinished").touch()
    twice_6_12.write(2)
    assert not twice_6_12.build()
    (twice_6_12.plan.folder / "more.o").write_bytes(b"damaged")
    twice_6_12.write(3)
    assert not twice_6_12.build()
    twice_6_12.is_the_same_by_make()


def test_what_the_tools_say_and_what_cannot_be_linked_is_as_with_make(
    twice_6_12: Twice, capfd: pytest.CaptureFixture[str]
) -> None:
    source = twice_6_12.root / "src" / "lib.rs"
    twice_6_12.write(4)
    source.write_text(source.read_text().replace("more(", "nobody_has_this("))
    with pytest.raises(BuildError, match="the kernel exports no symbol `nobody_has_this`"):
        twice_6_12.build()
    assert 'modpost: "nobody_has_this"' not in capfd.readouterr().err
    twice_6_12.write(5)
    assert not twice_6_12.build()
    twice_6_12.is_the_same_by_make()


def test_a_change_of_what_make_reads_or_starts_is_seen(
    twice_6_12: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = recipe.Stamps.of
    for changed in (*READ_OR_STARTED, twice_6_12.compiler):

        def touched(self: recipe.Stamps, file: str, end: str = changed) -> files.Stamp | None:
            found = stamp(self, file)
            return (found[0] + 1, found[1]) if found and file.endswith(end) else found

        assert recipe.find(twice_6_12.plan, recipe.Stamps()).recipe
        with monkeypatch.context() as patch:
            patch.setattr(recipe.Stamps, "of", touched)
            found = recipe.find(twice_6_12.plan, recipe.Stamps())
        assert found == recipe.Found(None, outdated=True), changed


def test_another_environment_and_other_flags_are_makes_business(
    twice_6_12: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = twice_6_12.plan
    for harmless in ("TERM", "CARGO_REGISTRY_TOKEN", "https_proxy"):
        monkeypatch.setenv(harmless, "another")
    known = recipe.find(plan, recipe.Stamps()).recipe
    assert known
    # make is started without them, so that they are in no file.
    assert {"CARGO_REGISTRY_TOKEN", "https_proxy"}.isdisjoint(local_environment())
    assert known.environment["PATH"] == os.environ["PATH"]
    for other in (
        replace(plan, variables={**plan.variables, "KCFLAGS": "-g1"}),
        replace(plan, files={**plan.files, "Kbuild": plan.files["Kbuild"] + "\n"}),
        replace(plan, files={**plan.files, kbuild.EXTRA: "0x1\tx\ty\tEXPORT_SYMBOL\t\n"}),
    ):
        assert recipe.find(other, recipe.Stamps()) == recipe.Found(None)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert recipe.find(plan, recipe.Stamps()) == recipe.Found(None)


def test_objects_of_tools_that_have_changed_are_made_anew(
    twice_6_12: Twice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp, compiler = recipe.Stamps.of, twice_6_12.compiler

    def touched(self: recipe.Stamps, file: str) -> files.Stamp | None:
        found = stamp(self, file)
        return (found[0] + 1, found[1]) if found and file == compiler else found

    c = twice_6_12.plan.folder / "more.o"
    before = c.stat().st_mtime_ns
    monkeypatch.setattr(recipe.Stamps, "of", touched)
    twice_6_12.write(6)
    assert twice_6_12.build()
    assert c.stat().st_mtime_ns > before
    twice_6_12.write(7)
    assert not twice_6_12.build()


@pytest.mark.slow
def test_a_module_of_clang_is_the_one_that_make_links(
    roots: Callable[[KernelTree], Path], kernel_6_12: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = Twice(roots(kernel_6_12), kernel_6_12, monkeypatch, cc="clang")
    twice.write(8)
    twice.build()
    twice.write(9, STATEMENTS[:2])
    assert not twice.build()
    twice.is_the_same_by_make()


def test_commands_are_shown_where_details_are_asked_for(
    twice_6_12: Twice, capfd: pytest.CaptureFixture[str]
) -> None:
    twice_6_12.write(10)
    capfd.readouterr()
    console.configure(verbose=True)
    try:
        assert not twice_6_12.build()
    finally:
        console.configure()
    said = capfd.readouterr().err
    for words in ("--gc-sections -u init_module", "objtool --hacks", "modpost -M", "twice.ko"):
        assert words in said
