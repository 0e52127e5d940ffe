"""Trees that cannot be built for: each is told what is missing and what gets it."""

import shutil
from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import completeness
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelTree, Origin
from tests import kernel_trees


def _failure(path: Path) -> KernelError:
    with pytest.raises(KernelError) as failure:
        read_tree(path, Origin.PATH)
    assert failure.value.code == 4
    assert failure.value.hint
    return failure.value


@pytest.mark.parametrize(
    "name",
    [
        "include/generated/autoconf.h",
        "scripts/basic/fixdep",
        "scripts/mod/modpost",
        "scripts/Makefile.build",
        "tools/objtool/objtool",
        "include/linux/module.h",
        "scripts/module.lds",
    ],
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / name).unlink()
    failure = _failure(build)
    assert failure.message == (f"the kernel tree {build} is incomplete: {build / name} is missing")
    assert "install the headers of 6.12.117+deb12-cloud-amd64 again" in str(failure.hint)


def test_a_source_that_was_not_built_is_told_to_be_prepared(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / "init").mkdir()
    (build / "init/main.c").touch()
    (build / "scripts/mod/modpost").unlink()
    assert _failure(build).hint == f"run `make -C {build} modules_prepare`"


def test_a_package_of_headers_with_kconfig_files_is_no_source_to_prepare(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / "Kconfig").touch()
    (build / "scripts/mod/modpost").unlink()
    assert "install the headers" in str(_failure(build).hint)


def test_a_kernel_of_wsl2_is_told_where_its_source_is(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / "include/generated/utsrelease.h").write_text(
        '#define UTS_RELEASE "6.6.87.2-microsoft-standard-WSL2"\n'
    )
    (build / "scripts/mod/modpost").unlink()
    hint = str(_failure(build).hint)
    assert "there are no packages of WSL2's kernels" in hint
    assert "tag linux-msft-wsl-6.6.87.2" in hint
    assert "install the headers" not in hint


def test_the_linker_script_of_modules_may_lie_below_arch(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    assert (build / "arch/x86/module.lds").is_file()
    _read(build)
    (build / "arch/x86/module.lds").unlink()
    assert f"{build / 'scripts/module.lds'} is missing" in _failure(build).message


@pytest.mark.parametrize("there", [True, False])
def test_a_kernel_whose_exports_are_not_known_is_not_built_for(tmp_path: Path, there: bool) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    symvers = build / "Module.symvers"
    symvers.write_text("") if there else symvers.unlink()
    tree = _read(build)  # It can still be judged for.
    with pytest.raises(KernelError) as failure:
        completeness.check_exports(tree)
    assert failure.value.code == 4
    assert f"{symvers} is {'empty' if there else 'missing'}" in failure.value.message
    assert "install the headers" in str(failure.value.hint)


@pytest.mark.parametrize(
    ("line", "config", "told"),
    [
        ("0x12345678\tthing\tdrivers/thing\tEXPORT_SYMBOL\t\n", "", "of modules alone"),
        ("0x00000000\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n", "CONFIG_MODVERSIONS=y\n", "checksums"),
        ("0x00000000\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n", "# not set\n", ""),
        ("0x12345678\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n", "CONFIG_MODVERSIONS=y\n", ""),
    ],
)
def test_exports_without_the_kernels_own_or_without_checksums_are_no_use(
    tmp_path: Path, line: str, config: str, told: str
) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    auto_conf = build / "include/config/auto.conf"
    without = auto_conf.read_text().replace("CONFIG_MODVERSIONS=y\n", "")
    auto_conf.write_text(without + config)
    (build / "Module.symvers").write_text(line)
    tree = _read(build)
    if not told:
        completeness.check_exports(tree)
        return
    with pytest.raises(KernelError, match=told):
        completeness.check_exports(tree)


def test_a_source_that_was_only_prepared_is_told_to_be_built(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    (build / "init").mkdir()
    (build / "init/main.c").touch()
    (build / "Module.symvers").unlink()
    with pytest.raises(KernelError) as failure:
        completeness.check_exports(_read(build))
    assert failure.value.hint == (
        f"run `make -C {build}`\n(`make modules_prepare` does not write it)"
    )


def test_a_link_to_tools_that_are_not_there_is_named(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    shutil.rmtree(tmp_path / "usr/lib/linux-kbuild")
    hint = str(_failure(build).hint)
    assert "scripts points to ../../lib/linux-kbuild/scripts" in hint


def test_a_missing_common_part_is_named(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    shutil.rmtree(tmp_path / "usr/src/linux-headers-6.12.117+deb12-common")
    failure = _failure(build)
    assert "/usr/src/linux-headers-6.12.117+deb12-common/Makefile" in failure.message
    assert "linux-headers-6.12.117+deb12-common" in str(failure.hint)


def test_the_common_part_alone_is_no_kernel(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    common = build.parent / "linux-headers-6.12.117+deb12-common"
    assert "has no kernel configuration" in _failure(common).message


def test_a_tree_that_does_not_say_its_release_is_refused(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    (build / "include/generated/utsrelease.h").unlink()
    (build / "include/config/kernel.release").write_text("unknown\n")
    assert "does not say which kernel" in _failure(build).message


def test_a_tree_that_does_not_say_its_compiler_is_refused(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path)
    auto_conf = build / "include/config/auto.conf"
    kept = [line for line in auto_conf.read_text().splitlines() if "CC_VERSION" not in line]
    auto_conf.write_text("\n".join(kept) + "\n")
    assert _read(build).compiler.text == "x86_64-linux-gnu-gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"
    (build / "include/generated/compile.h").unlink()
    assert "which compiler" in _failure(build).message


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert _failure(tmp_path / "nothing").message == f"{tmp_path / 'nothing'} does not exist"
    (tmp_path / "link").symlink_to("nowhere")
    assert "a link that leads nowhere" in _failure(tmp_path / "link").message
    (tmp_path / "file").touch()
    assert _failure(tmp_path / "file").message == f"{tmp_path / 'file'} is not a folder"


def _read(path: Path) -> KernelTree:
    return read_tree(path, Origin.PATH)
