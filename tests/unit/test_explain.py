"""`check --explain-relocations`: the loader's sums, by addresses that are known or are not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rkmbuild.base.errors import NotAModuleError, UsageError
from rkmbuild.cli import app
from rkmbuild.commands import check as command
from rkmbuild.kernel import find
from rkmbuild.ko import elf
from rkmbuild.verdict import explain
from rkmbuild.verdict.arithmetic import Explained
from tests.corpus.flips import flips
from tests.modules import WA, Module, Reloc, Sec, Sym, kernel, module

TEXT, DATA, PRINTK = 0xFFFFFFFFC0418000, 0xFFFFFFFFC0600000, 0xFFFFFFFF81200000
TOP = 1 << 64


@pytest.fixture(autouse=True)
def _one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_target", lambda _spec, _paths, *, running: kernel())  # noqa: ARG005
    monkeypatch.setattr(find, "find_kernels", list)


def made(*relocs: Reloc) -> Module:
    """A module with a section of data that is filled, and places and values to fill in."""
    return module().add(
        Sec(".data", bytes(64), WA, elf.SHT_PROGBITS, 8, relocs, 64),
        Sym("here", ".data", 24),
        Sym("eight", shndx=elf.SHN_ABS, value=8),
        Sym("nobody", binding=elf.STB_WEAK),
    )


def root(folder: Path, *, sections: bool = True, kallsyms: bool = True) -> Path:
    """What a running kernel says of the module."""
    if sections:
        said = folder / "sys/module/tiny/sections"
        said.mkdir(parents=True)
        for name, address in {".text": TEXT, ".data": DATA}.items():
            (said / name).write_text(f"{address:#x}\n")
    (folder / "proc").mkdir(parents=True)
    address = PRINTK if kallsyms else 0
    lines = f"{address + 4:016x} t _printk\n{address:016x} T _printk\n{address:016x} t other\n"
    (folder / "proc/kallsyms").write_text(lines)
    return folder


def explained(ko: Path, which: str, folder: Path, **said: bool) -> Explained:
    found = explain.explain(ko, kernel(), which, running=True, root=root(folder, **said))
    (one,) = found.relocations
    return one


@pytest.fixture
def ko(tmp_path: Path) -> Path:
    rows = (
        Reloc(0, 1, "here", 5),
        Reloc(8, 2, "here", -4),
        Reloc(12, 4, "_printk", -4),
        Reloc(16, 11, "_printk", 2),
        Reloc(20, 10, "eight", 1),
        Reloc(32, 1, "nobody"),
        Reloc(40, 24, "here"),
        Reloc(48, 9, "here", -4),
    )
    file = tmp_path / "sample.ko"
    file.write_bytes(bytes(made(*rows)))
    return file


def numbered(ko: Path, section: str, offset: int) -> str:
    """Return which relocation it is that fills a place."""
    found = explain.explain(ko, kernel(), None)
    assert len({each.type for each in found.relocations}) == len(found.relocations)
    for number in range(1, 30):
        try:
            (one,) = explain.explain(ko, kernel(), str(number)).relocations
        except UsageError:
            break
        if (one.section, one.offset) == (section, offset):
            return str(number)
    raise AssertionError(offset)


@pytest.mark.parametrize(
    ("offset", "value", "written"),
    [
        (0, DATA + 24 + 5 - TOP, "1d 00 60 c0 ff ff ff ff"),
        (8, 24 - 4 - 8, "0c 00 00 00"),
        (12, PRINTK - 4 - (DATA + 12), "f0 ff bf c0"),
        (16, PRINTK + 2 - TOP, "02 00 20 81"),
        (20, 9, "09 00 00 00"),
        (32, 0, "00 00 00 00 00 00 00 00"),
        (40, 24 - 40, "f0 ff ff ff ff ff ff ff"),
    ],
)
def test_each_type_is_computed_as_the_loader_does(
    ko: Path, tmp_path: Path, offset: int, value: int, written: str
) -> None:
    one = explained(ko, numbered(ko, ".data", offset), tmp_path / "root")
    assert (one.value, one.fits) == (value, True)
    assert one.written is not None
    assert one.written.hex(" ") == written
    assert one.p.value == DATA + offset
    assert one.p.real
    assert one.s.real


def test_a_symbol_that_only_the_kernel_knows_is_left_open(ko: Path, tmp_path: Path) -> None:
    number = numbered(ko, ".data", 12)
    one = explained(ko, number, tmp_path / "root", kallsyms=False)
    assert (one.s.value, one.value, one.fits, one.written) == (None, None, None, None)
    assert one.s.text == "exported by the kernel"
    shown = CliRunner().invoke(app, ["check", str(ko), "--relocation", number]).stdout
    assert "S           ?  _printk: exported by the kernel" in shown
    assert "S + A - P   _printk - 0x4 - 0xffffffff" in shown
    assert "written     what comes of it" in shown


def test_where_the_module_is_not_loaded_its_places_are_examples(ko: Path, tmp_path: Path) -> None:
    one = explained(ko, numbered(ko, ".data", 8), tmp_path / "root", sections=False)
    assert not one.p.real
    assert one.p.value
    assert one.p.value >> 31 == (1 << 33) - 1
    # The distance of two places in one section does not depend on where it lies.
    assert one.value == 12


def test_a_value_that_does_not_fit_is_not_written(tmp_path: Path) -> None:
    far = made(Reloc(0, 11, "here", 1 << 40), Reloc(8, 2, "here", 1 << 40))
    file = tmp_path / "far.ko"
    file.write_bytes(bytes(far))
    one = explained(file, numbered(file, ".data", 0), tmp_path / "one")
    assert (one.fits, one.overflow, one.written) == (False, "refused", None)
    other = explained(file, numbered(file, ".data", 8), tmp_path / "other")
    assert (other.fits, other.overflow) == (False, "truncated")
    assert other.written is not None


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_one_of_each_type_is_shown_and_one_that_is_not_applied(ko: Path) -> None:
    shown = run("check", "--explain-relocations", ko)
    assert shown.exit_code == 0
    for name in ("64", "PC32", "PLT32", "32", "32S", "PC64"):
        assert shown.stdout.count(f"R_X86_64_{name}, number ") == 1
    got = shown.stdout.partition("R_X86_64_GOTPCREL, number ")[2].splitlines()[1]
    assert "the loader does not apply this type" in got
    assert "fits        always: all 64 bits are written" in shown.stdout


def test_the_document_has_numbers_as_text_that_no_reader_rounds(ko: Path) -> None:
    document = json.loads(run("check", "--explain-relocations", "--json", ko).stdout)
    assert (document["schema"], document["kernel"], document["loaded"]) == (
        1,
        "6.12.0-test",
        False,
    )
    found = {each["type"]: each for each in document["relocations"]}
    assert found["R_X86_64_PC32"]["formula"] == "S + A - P"
    assert found["R_X86_64_PC32"]["range"] == ["-0x80000000", "0x7fffffff"]
    assert found["R_X86_64_64"]["P"]["address"].startswith("0xffffffff")
    assert not found["R_X86_64_GOTPCREL"]["applied"]


def test_what_the_kernel_overwrites_is_no_example_and_is_said(ko: Path) -> None:
    thunk = run("check", "--relocation", "__x86_return_thunk", ko).stdout
    assert "later       the kernel overwrites it" in thunk
    assert "__x86_return_thunk" not in run("check", "--explain-relocations", ko).stdout


@pytest.mark.parametrize(
    ("words", "told", "hint"),
    [
        (("--relocation", "_print"), "no relocation of `_print`", "did you mean `_printk`?"),
        (("--relocation", "4711"), "no relocation of `4711`", "rkmbuild inspect"),
        (("--relocation", "here", "SECOND"), "one module at a time", ""),
    ],
)
def test_what_cannot_be_explained_is_a_usage_error(
    ko: Path, words: tuple[str, ...], told: str, hint: str
) -> None:
    second = ko.with_name("SECOND")
    second.write_bytes(ko.read_bytes())
    error = run("check", ko, *(second if word == "SECOND" else word for word in words)).exception
    assert isinstance(error, UsageError)
    assert told in error.message
    assert hint in (error.hint or "")


def test_a_damaged_file_is_explained_or_refused_and_nothing_else(tmp_path: Path, ko: Path) -> None:
    with pytest.raises(NotAModuleError, match="whose relocations could be explained"):
        explain.explain(_saved(tmp_path, ko.read_bytes()[:-200]), kernel(), None)
    for _, damaged in flips(ko.read_bytes(), 300):
        file = _saved(tmp_path, damaged)
        for which in (None, "here"):
            try:
                explain.explain(file, kernel(), which).document()
            except (NotAModuleError, UsageError):
                continue


def _saved(folder: Path, data: bytes) -> Path:
    file = folder / "damaged.ko"
    file.write_bytes(data)
    return file


def test_inspect_counts_by_section_what_is_filled_and_what_has_no_bytes(ko: Path) -> None:
    whole = made(Reloc(0, 1, "here"), Reloc(8, 2, "here")).add(
        Sec(".bss", b"", WA, elf.SHT_NOBITS, 8, (), 96),
        Sec(".debug_info", bytes(16), 0, elf.SHT_PROGBITS, 1, (Reloc(0, 1, "here"),), 16),
        replace(Sym("left", shndx=elf.SHN_COMMON, value=8), size=40),
    )
    ko.write_bytes(bytes(whole))
    facts = json.loads(run("inspect", ko, "--json").stdout)
    rows = {each["section"]: each for each in facts["relocation_sections"]}
    assert rows[".data"] == {
        "section": ".data",
        "form": "RELA",
        "loaded": True,
        "types": {"64": 1, "PC32": 1},
    }
    assert not rows[".debug_info"]["loaded"]
    assert facts["nobits"] == {".bss": 96}
    assert facts["common"] == {"left": 40}
    total = sum(sum(each["types"].values()) for each in rows.values() if each["loaded"])
    assert total == sum(facts["relocations"].values())
    shown = run("inspect", ko).stdout
    assert "(NOBITS): .bss 96" in shown
    assert "(SHN_COMMON): left 40: a kernel refuses them" in shown
    assert ".debug_info" not in shown
    assert ".debug_info" in run("inspect", ko, "-v").stdout
