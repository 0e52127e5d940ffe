"""bindgen with libclang, C compilers, qemu: those of this machine, and what is not theirs."""

import shutil
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.distro import packages
from rkmbuild.toolchain import bindgen, bindgen_places, binutils, cc, qemu
from rkmbuild.toolchain.parts import Version
from rkmbuild.toolchain.unusable import UnusablePartError


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("rkmbuild.base.search_path._ALWAYS", ())
    monkeypatch.setenv("CARGO_HOME", str(folder))
    return folder


def test_the_chosen_pair_works_together() -> None:
    pair, _ = bindgen.choose()
    assert pair.version >= bindgen.OLDEST
    assert pair.libclang.is_file()
    assert bindgen.misfit(pair.version, pair.libclang_version) == ""


def test_a_libclang_that_the_bindgen_cannot_take_is_passed_over() -> None:
    # Debian 12's bindgen with any libclang from 16 on that is installed beside the fitting one.
    pair, passed_over = bindgen.choose()
    for library in bindgen_places.libclangs():
        version = bindgen_places.named_version(library)
        if bindgen.misfit(pair.version, version):
            assert library != pair.libclang
            assert any(str(library) in reason.what for reason in passed_over)


def test_a_pair_that_cannot_work_is_named_with_what_bindgen_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A library of that name which is no libclang: bindgen loads it and stops.
    other = next(Path("/lib/x86_64-linux-gnu").glob("libm.so.6"))
    (tmp_path / "libclang.so.1").symlink_to(other)
    monkeypatch.setenv("LIBCLANG_PATH", str(tmp_path))
    with pytest.raises(UnusablePartError, match="no bindgen works") as failure:
        bindgen.choose()
    assert failure.value.passed_over
    assert failure.value.code == 5


def test_without_a_bindgen_the_package_is_named(empty_path: Path) -> None:
    apt = shutil.which("apt-get", path="/usr/bin")
    if apt:
        (empty_path / "apt-get").symlink_to(apt)
    with pytest.raises(UnusablePartError, match="bindgen was not found") as failure:
        bindgen.choose()
    assert "bindgen" in packages.advice(failure.value.wanted)


def test_a_bindgen_that_is_something_else_is_passed_over(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BINDGEN", raising=False)
    (empty_path / "bindgen").symlink_to("/bin/true")
    with pytest.raises(UnusablePartError) as failure:
        bindgen.choose()
    ((what, why),) = failure.value.passed_over
    assert str(empty_path / "bindgen") in what
    assert why


def test_a_kernels_compiler_is_found_by_its_command() -> None:
    gcc = cc.find_compiler("gcc")
    assert gcc is not None
    assert gcc.kind == "gcc"
    assert gcc.version > Version(8)
    assert "\n" not in gcc.text
    by_path = cc.find_compiler(str(gcc.path))
    assert by_path == gcc


def test_a_compiler_that_is_not_there_is_none() -> None:
    assert cc.find_compiler("gcc-999") is None


def test_a_program_that_is_no_compiler_is_refused() -> None:
    with pytest.raises(ToolchainError, match="is neither gcc nor clang"):
        cc.find_compiler("make")


def test_the_newest_clang_is_chosen_and_the_others_are_passed_over() -> None:
    chosen, passed_over = cc.choose_clang()
    assert chosen.kind == "clang"
    assert chosen.version >= cc.OLDEST_CLANG
    for what, _ in passed_over:
        other = cc.find_compiler(what)
        assert other is None or other.version <= chosen.version


def test_a_clang_too_old_for_the_kernel_is_an_error_that_lists_them() -> None:
    with pytest.raises(UnusablePartError, match=r"999\.0\.0 is the oldest"):
        cc.choose_clang(Version(999))


def test_without_a_clang_the_error_names_the_command_that_installs_it(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rkmbuild.toolchain.cc._LLVM_ROOTS", ())
    (empty_path / "apt-get").symlink_to("/usr/bin/apt-get")
    with pytest.raises(UnusablePartError, match="clang was not found") as failure:
        cc.choose_clang()
    assert failure.value.code == 5
    assert "clang" in packages.advice(failure.value.wanted)


@pytest.mark.usefixtures("empty_path")
def test_without_qemu_the_error_says_so() -> None:
    with pytest.raises(UnusablePartError, match="qemu-system-x86_64 was not found") as failure:
        qemu.choose()
    assert "qemu" in packages.advice(failure.value.wanted)


def test_a_qemu_that_is_something_else_is_passed_over(empty_path: Path) -> None:
    (empty_path / "qemu-system-x86_64").symlink_to("/bin/true")
    with pytest.raises(UnusablePartError) as failure:
        qemu.choose()
    assert failure.value.passed_over


def test_the_guests_shell_runs_without_libraries() -> None:
    busybox = qemu.busybox()
    assert qemu.is_static(busybox.path)
    assert busybox.version > Version(1)


def test_a_busybox_that_needs_libraries_is_passed_over(empty_path: Path) -> None:
    shutil.copy("/bin/ls", empty_path / "busybox")
    with pytest.raises(UnusablePartError, match="shared libraries"):
        qemu.busybox()


def test_the_tools_for_objects_are_new_enough() -> None:
    assert binutils.objcopy().version >= binutils.OLDEST_BINUTILS
    assert binutils.linker().version >= binutils.OLDEST_BINUTILS
    assert binutils.make().version >= binutils.OLDEST_MAKE


def test_choosing_again_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first = (bindgen.choose(), cc.choose_clang(), qemu.choose(), qemu.busybox())

    def refuse(command: object, **_: object) -> None:
        pytest.fail(f"started {command}")

    monkeypatch.setattr("rkmbuild.base.process.run", refuse)
    assert (bindgen.choose(), cc.choose_clang(), qemu.choose(), qemu.busybox()) == first
