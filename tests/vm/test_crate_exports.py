"""Symbols that a Rust module exports, linked to by a Rust and a C module, in a booted kernel."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel import symvers
from rkmbuild.kernel.tree import KernelTree
from tests import c_module
from tests.vm import crate_guest

EXPORTER = crate_guest.MODULES / "exporter"
SOURCE = Path(__file__).parents[1] / "data" / "exports" / "c_importer.c"
SCRIPT = (
    "insmod /c_importer.ko",
    "modprobe calls-the-exporter",
    "insmod /c_importer.ko",
    "ls -1 /sys/module/exporter/holders",
    "rmmod exporter",
    "rmmod importer c_importer && rmmod exporter",
    "insmod /exporter.ko",
    "insmod /wrong.ko",
)

pytestmark = pytest.mark.together


@dataclass(frozen=True)
class Ran:
    """What was built, what depmod wrote of it (by suffix), and what came of it in the guest.

    Attributes:
        versions: Whether the kernel compares the checksums of what a module imports.
        names: Whether checksums are of names as well: genksyms' are, gendwarfksyms' of types alone.
    """

    versions: bool
    names: bool
    guest: GuestResult
    symvers: Path
    installed: dict[str, str]


@pytest.fixture(scope="module")
def ran(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    place = tmp_path_factory.mktemp("exports")
    exporter = crate_guest.build(EXPORTER, kernel)
    exported = exporter.with_suffix(".symvers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KBUILD_EXTRA_SYMBOLS", str(exported))
        importer = crate_guest.build(crate_guest.MODULES / "importer", kernel)
    wrong = place / "wrong.symvers"
    wrong.write_text(
        "".join(f"0x0badf00d{line[10:]}" for line in exported.read_text().splitlines(True))
    )
    modules = {
        "exporter": exporter,
        "c_importer": _c_module(kernel, place, "c_importer", exported),
        "wrong": _c_module(kernel, place, "wrong", wrong),
    }
    installed = _installed(kernel, place, {"exporter": exporter, "importer": importer})
    guest = crate_guest.run(kernel, modules, SCRIPT, files=installed)
    assert guest.outcome is Outcome.FINISHED
    assert not guest.troubles
    tables = {file.suffix: file.read_text() for file in installed.values() if file.suffix != ".ko"}
    versions, types = kernel.config.on("MODVERSIONS"), kernel.config.on("GENDWARFKSYMS")
    return Ran(versions, versions and not types, guest, exported, tables)


def _c_module(tree: KernelTree, place: Path, name: str, exported: Path) -> Path:
    extra = f"ccflags-y := -I{EXPORTER / 'src'}\nKBUILD_EXTRA_SYMBOLS := {exported}\n"
    return c_module.build(tree, place / name, name, source=SOURCE.read_text(), extra=extra)


def _installed(tree: KernelTree, place: Path, modules: dict[str, Path]) -> dict[str, Path]:
    """Lay modules out as `make modules_install` does, and have depmod write down their order."""
    folder = place / "lib" / "modules" / tree.release
    (folder / "updates").mkdir(parents=True)
    for name in ("modules.order", "modules.builtin"):
        (folder / name).touch()
    for name, file in modules.items():
        (folder / "updates" / f"{name}.ko").write_bytes(file.read_bytes())
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    subprocess.run(
        ["depmod", "-b", place, tree.release], check=True, env={**os.environ, "PATH": path}
    )
    tables = [folder / f"modules.{name}" for name in ("alias", "dep", "softdep")]
    wanted = [*folder.glob("updates/*.ko"), *tables]
    return {str(file.relative_to(place)): file for file in wanted}


def test_each_export_has_its_checksum_license_and_namespace(ran: Ran) -> None:
    exports = {symbol.name: symbol for symbol in symvers.load(ran.symvers).values()}
    assert {name: (s.gpl, s.namespace) for name, s in exports.items()} == {
        "exporter_greet": (True, ""),
        "exporter_count": (False, ""),
        "exporter_limit": (False, ""),
        "exporter_reset": (True, "EXPORTER_INTERNAL"),
    }
    crcs = {name: symbol.crc for name, symbol in exports.items()}
    assert all(crcs.values()) is ran.versions
    # The checksum is of the prototype: two functions of one type share it, or one name besides.
    if not ran.names:
        assert crcs.pop("exporter_reset") == crcs["exporter_count"]
    assert len(set(crcs.values())) == (len(crcs) if ran.versions else 1)


def test_nothing_links_to_an_exporter_that_is_not_there(ran: Ran) -> None:
    assert ran.guest.steps[0].status != 0
    said = crate_guest.texts(ran.guest, 0)
    assert any("Unknown symbol exporter_greet (err -2)" in text for text in said), said


def test_depmod_reads_aliases_and_soft_dependencies(ran: Ran) -> None:
    aliases = [line for line in ran.installed[".alias"].splitlines() if "importer" in line]
    assert sorted(aliases) == [
        "alias calls-the-exporter importer",
        "alias char-major-240-* importer",
    ]
    assert "softdep importer pre: exporter post: nothing_of_that_name" in ran.installed[".softdep"]


def test_modprobe_loads_the_exporter_first(ran: Ran) -> None:
    assert "updates/importer.ko: updates/exporter.ko" in ran.installed[".dep"]
    assert ran.guest.steps[1].status == 0
    said = [text for text in crate_guest.texts(ran.guest, 1) if "taint" not in text]
    assert said == ["exporter: Hello, Rust!", "exporter: Hello, Rust!", "importer: 2 of 42"]


def test_a_module_in_c_calls_what_rust_exports(ran: Ran) -> None:
    assert crate_guest.texts(ran.guest, 2) == ["exporter: Hello, C!", "c_importer: 1 of 42"]


def test_what_is_linked_to_stays(ran: Ran) -> None:
    assert ran.guest.steps[3].lines == ("c_importer", "importer")
    assert ran.guest.steps[4].status != 0
    assert ran.guest.steps[5].status == 0


def test_a_kernel_that_compares_refuses_a_module_for_another_version(ran: Ran) -> None:
    assert ran.guest.steps[6].status == 0
    said = crate_guest.texts(ran.guest, 7)
    if not ran.versions:
        assert ran.guest.steps[7].status == 0
        assert said == ["exporter: Hello, C!", "c_importer: 1 of 42"]
        return
    assert ran.guest.steps[7].status != 0
    assert any("disagrees about version of symbol exporter_" in text for text in said), said
