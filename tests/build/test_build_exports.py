"""Symbols that Rust code exports: what the build makes of them, and what it refuses."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from rkmbuild.base.errors import BuildError, ProjectError, RefusedByKernelError
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild

MODULES = Path(__file__).parents[1] / "modules"
HEADER = MODULES / "exporter" / "src" / "exporter.h"
FUNCTION = """
#[export]
extern "C" fn {name}({arguments}) -> {returned} {{
    1
}}
kernel::export_symbol!({name});
"""


@pytest.fixture(scope="module")
def exporter(kernel_6_12: KernelTree) -> dict[str, str]:
    return _built(MODULES / "exporter", kernel_6_12)


@pytest.fixture(scope="module")
def importer(
    exporter: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A copy of the module that links to the exporter, and what that exports."""
    root = tmp_path_factory.mktemp("importer") / "importer"
    shutil.copytree(MODULES / "importer", root, ignore=shutil.ignore_patterns("target"))
    manifest = (root / "Cargo.toml").read_text()
    header = os.path.relpath(HEADER, root)
    (root / "Cargo.toml").write_text(manifest.replace("../exporter/src/exporter.h", header))
    return root, exporter["symvers"]


def _built(root: Path, tree: KernelTree, *words: str, **env: str) -> dict[str, str]:
    done = rkmbuild("build", root, "--kernel", tree.release, "--json", *words, env=env)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    result: dict[str, str] = json.loads(done.stdout)
    return result


def _refused(place: Path, tree: KernelTree, code: int, before: str = "", **env: str) -> str:
    # The test modules' own header: what is built on it is in the cache.
    header = os.path.relpath(HEADER, place / "p")
    manifest = f"\n[package.metadata.rkmbuild]\nheaders = [{json.dumps(header)}]\n"
    root = projects.make(place / "p", "exports", before=before, manifest=manifest)
    done = rkmbuild("build", root, "--kernel", tree.release, env=env)
    assert done.returncode == code, done.stderr
    return done.stderr


def test_a_function_has_the_type_that_its_header_says(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    function = FUNCTION.format(name="exporter_count", arguments="_: u64", returned="c_int")
    said = _refused(tmp_path, kernel_6_12, BuildError.code, function)
    assert "mismatched types" in said
    assert "exporter_count" in said


def test_an_export_is_declared_in_a_header(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    function = FUNCTION.format(name="undeclared", arguments="", returned="c_int")
    said = _refused(tmp_path, kernel_6_12, BuildError.code, function)
    assert "no `undeclared` in the root" in said


def test_a_mangled_function_cannot_be_exported(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    function = FUNCTION.format(name="exporter_count", arguments="", returned="c_int")
    said = _refused(tmp_path, kernel_6_12, BuildError.code, function.replace("#[export]", ""))
    assert "`exporter_count` is exported, but the Rust code has no symbol of that name" in said
    assert "#[export]" in said


def test_a_file_of_symbols_that_is_not_there_is_named(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing.symvers")
    said = _refused(tmp_path, kernel_6_12, ProjectError.code, KBUILD_EXTRA_SYMBOLS=missing)
    assert f"cannot read {missing}, a file of exported symbols: No such file" in said


def test_other_checksums_of_what_it_links_to_make_another_module(
    exporter: dict[str, str],
    importer: tuple[Path, str],
    kernel_6_12: KernelTree,
    tmp_path: Path,
) -> None:
    root, _ = importer
    exported = tmp_path / "some.symvers"
    text = Path(exporter["symvers"]).read_text()
    was = symvers.load(Path(exporter["symvers"]))["exporter_greet"].crc
    for crc in (was, 0x12345678):
        exported.write_text(text.replace(f"0x{was:08x}", f"0x{crc:08x}"))
        built = _built(root, kernel_6_12, KBUILD_EXTRA_SYMBOLS=str(exported))
        assert not built["fresh"]
        versions = crc.to_bytes(8, "little") + b"exporter_greet\0"
        assert versions in Path(built["module"]).read_bytes()
        assert built["symvers"] is None
    assert _built(root, kernel_6_12, KBUILD_EXTRA_SYMBOLS=str(exported))["fresh"]


def test_a_module_is_judged_with_the_one_beside_it_that_it_links_to(
    exporter: dict[str, str],
    importer: tuple[Path, str],
    kernel_6_12: KernelTree,
    tmp_path: Path,
) -> None:
    root, exported = importer
    module = _built(root, kernel_6_12, KBUILD_EXTRA_SYMBOLS=exported)["module"]
    alone = shutil.copy(module, tmp_path)
    done = rkmbuild("check", alone, "--kernel", kernel_6_12.release)
    assert done.returncode == RefusedByKernelError.code
    assert "unknown symbol `exporter_" in done.stdout
    shutil.copy(exporter["module"], tmp_path)
    done = rkmbuild("check", alone, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stdout
    assert "needs  exporter" in done.stdout


def test_what_a_module_says_of_itself_is_what_modinfo_reads(
    importer: tuple[Path, str], kernel_6_12: KernelTree
) -> None:
    root, exported = importer
    module = _built(root, kernel_6_12, KBUILD_EXTRA_SYMBOLS=exported)["module"]
    for field, wanted in {
        "alias": ["calls-the-exporter", "char-major-240-*"],
        "firmware": ["importer/table.bin"],
        "softdep": ["pre: exporter post: nothing_of_that_name"],
        "import_ns": ["EXPORTER_INTERNAL"],
        "depends": ["exporter"],
    }.items():
        said = subprocess.run(
            ["/usr/sbin/modinfo", "-F", field, module], capture_output=True, text=True, check=True
        )
        assert said.stdout.splitlines() == wanted


def test_a_namespace_that_is_used_is_imported(
    importer: tuple[Path, str], kernel_6_12: KernelTree
) -> None:
    root, exported = importer
    source = root / "src" / "lib.rs"
    text = source.read_text()
    source.write_text(text.replace('    imports_ns: ["EXPORTER_INTERNAL"],\n', ""))
    env = {"KBUILD_EXTRA_SYMBOLS": exported}
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, env=env)
    assert done.returncode == BuildError.code
    wanted = "uses symbol exporter_reset from namespace EXPORTER_INTERNAL, but does not import it"
    assert wanted in done.stderr
    source.write_text(text)


def test_a_clang_build_exports_the_same(
    exporter: dict[str, str], kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    was = {name: s.crc for name, s in symvers.load(Path(exporter["symvers"])).items()}
    root = tmp_path / "exporter"
    shutil.copytree(MODULES / "exporter", root, ignore=shutil.ignore_patterns("target"))
    built = _built(root, kernel_6_12, "--cc", "clang")
    assert {name: s.crc for name, s in symvers.load(Path(built["symvers"])).items()} == was


def test_an_exported_function_keeps_its_landing_pad(exporter: dict[str, str]) -> None:
    """Another module may call it through a pointer, which objtool cannot see."""
    with Path(exporter["module"]).open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        names = ("exporter_greet", "exporter_count", "exporter_reset")
        places = {symbol["st_value"] for n in names for symbol in table.get_symbol_by_name(n) or ()}
        code, seals = (elf.get_section_by_name(n) for n in (".text", ".rela.ibt_endbr_seal"))
        assert code
        assert isinstance(seals, RelocationSection)
        text = code.data()
        sealed = {relocation["r_addend"] for relocation in seals.iter_relocations()}
    assert len(places) == len(names)
    assert all(text[place : place + 4] == bytes.fromhex("f30f1efa") for place in places)
    assert sealed
    assert not places & sealed
