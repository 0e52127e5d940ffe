"""A module as `rkmbuild build` makes it, for each kernel, by the real tools."""

import hashlib
import json
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild

# What apply_relocate_add of arch/x86/kernel/module.c takes, in 6.1 as in 7.3.
APPLIED = {0: "NONE", 1: "64", 2: "PC32", 4: "PLT32", 10: "32", 11: "32S", 24: "PC64"}
_ORC_PLACES = ".rela.orc_unwind_ip"
EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_world"

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def built(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The example, built where nothing else is; what the build said is part of it."""
    root = tmp_path_factory.mktemp("module") / "hello_world"
    projects.make(root, "hello_world")
    for name in ("Cargo.toml", "src/lib.rs"):
        (root / name).write_bytes((EXAMPLE / name).read_bytes())
    done = rkmbuild("build", root, "--kernel", kernel.release, "--json")
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "said": done.stderr, "root": str(root)}


def sections(file: str) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    with Path(file).open("rb") as opened:
        for section in ELFFile(opened).iter_sections():
            found.setdefault(section.name, []).append(section.data())
    return found


def test_no_tool_warns(built: dict[str, str]) -> None:
    assert not complaints(built["said"])
    assert "objtool" not in built["said"]


def test_the_module_is_where_the_documents_say(built: dict[str, str]) -> None:
    root, release = Path(built["root"]), built["release"]
    assert Path(built["module"]) == root / "target" / "rkmbuild" / release / "hello_world.ko"
    assert Path(built["debug"]) == root / "target" / "rkmbuild" / release / "hello_world.ko.debug"


def test_there_is_one_modinfo_section_with_all_fields(built: dict[str, str]) -> None:
    (modinfo,) = sections(built["module"])[".modinfo"]
    fields = dict(item.split("=", 1) for item in modinfo.decode().split("\0") if item)
    assert fields["name"] == "hello_world"
    assert fields["license"] == "GPL"
    assert fields["vermagic"].startswith(f"{built['release']} ")
    assert fields["retpoline"] == "Y"


def test_the_versions_of_what_it_imports_are_there_where_the_kernel_compares_them(
    built: dict[str, str], kernel: KernelTree
) -> None:
    versions = sections(built["module"]).get("__versions", [])
    assert [b"_printk\0" in each for each in versions] == [True] * kernel.config.on("MODVERSIONS")


def test_the_kernel_applies_every_relocation(built: dict[str, str]) -> None:
    with Path(built["module"]).open("rb") as opened:
        types = {
            relocation["r_info_type"]
            for section in ELFFile(opened).iter_sections()
            if isinstance(section, RelocationSection)
            for relocation in section.iter_relocations()
        }
    assert types <= set(APPLIED)


def test_debug_information_is_beside_the_module_and_not_in_it(built: dict[str, str]) -> None:
    module, debug = sections(built["module"]), sections(built["debug"])
    assert not [name for name in module if name.startswith(".debug_")]
    assert ".debug_info" in debug
    assert (".comment" in module, ".comment" in debug) == (False, True)
    assert "\0.Ltmp" not in module[".strtab"][0].decode()
    assert module[".note.gnu.build-id"] == debug[".note.gnu.build-id"]
    assert module[".gnu_debuglink"][0].startswith(b"hello_world.ko.debug\0")


def test_nothing_of_link_time_optimisation_or_unwinding_is_left(built: dict[str, str]) -> None:
    names = set(sections(built["module"]))
    assert not names & {".llvmbc", ".llvmcmd", ".eh_frame", ".got", ".plt"}


def test_every_rust_function_has_unwinding_data(built: dict[str, str]) -> None:
    """The unwinder takes the last entry at or before an address: it must know the stack there."""
    with Path(built["module"]).open("rb") as opened:
        elf = ELFFile(opened)
        table, places = elf.get_section_by_name(".symtab"), elf.get_section_by_name(_ORC_PLACES)
        assert isinstance(table, SymbolTableSection)
        assert isinstance(places, RelocationSection)
        symbols = list(table.iter_symbols())
        known: dict[int, list[tuple[int, int]]] = {}
        entries = elf.get_section_by_name(".orc_unwind").data()  # type: ignore[union-attr]
        for relocation in places.iter_relocations():
            symbol = symbols[relocation["r_info_sym"]]
            place = symbol["st_value"] + relocation["r_addend"]
            # struct orc_entry: two offsets of 16 bits, then the register of the stack pointer in
            # the lowest 4 bits, 0 where nothing is known (asm/orc_types.h, 6.1 and 6.12 alike).
            register = entries[relocation["r_offset"] // 4 * 6 + 4] & 15
            known.setdefault(symbol["st_shndx"], []).append((place, register))
        functions = [s for s in symbols if s["st_info"]["type"] == "STT_FUNC" and s["st_size"]]
        rust = [s for s in functions if s.name.startswith("_R")]
        assert len(rust) > 5
        for function in rust:
            before = [e for e in known[function["st_shndx"]] if e[0] <= function["st_value"]]
            assert max(before)[1] != 0, function.name


def test_a_second_build_does_nothing_and_says_so(built: dict[str, str], kernel: KernelTree) -> None:
    before = Path(built["module"]).stat().st_mtime_ns
    done = rkmbuild("build", built["root"], "--kernel", kernel.release)
    assert done.returncode == 0
    assert done.stderr.split()[0] == "Fresh"
    assert Path(built["module"]).stat().st_mtime_ns == before


def test_a_project_folder_gets_nothing_but_target_and_the_lock_file(built: dict[str, str]) -> None:
    names = {file.name for file in Path(built["root"]).iterdir()}
    assert names == {"Cargo.toml", "Cargo.lock", "src", "target"}


def test_two_builds_of_the_same_sources_are_the_same_bytes(
    built: dict[str, str], kernel: KernelTree
) -> None:
    first = hashlib.sha256(Path(built["module"]).read_bytes()).hexdigest()
    rkmbuild("clean", built["root"])
    again = rkmbuild("build", built["root"], "--kernel", kernel.release)
    assert again.returncode == 0, again.stderr
    assert hashlib.sha256(Path(built["module"]).read_bytes()).hexdigest() == first
