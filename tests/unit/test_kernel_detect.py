"""What is read from a kernel's tree: release, version, compiler, source and image."""

import shutil
from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelVersion, Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES


@pytest.mark.parametrize("series", RELEASES)
def test_a_release_is_read_from_the_tree_and_not_from_its_folder(
    tmp_path: Path, series: str
) -> None:
    build = kernel_trees.debian(tmp_path, series, folder="linux-headers-9.9.9-other")
    assert read_tree(build, Origin.PATH).release == RELEASES[series]


def test_uts_release_counts_where_kernel_release_says_something_else(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.1")
    assert (build / "include/config/kernel.release").read_text() == "6.1.192\n"
    assert read_tree(build, Origin.PATH).release == "6.1.0-56-cloud-amd64"


def test_kernel_release_counts_where_there_is_no_uts_release(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.12")
    (build / "include/generated/utsrelease.h").write_text("/* empty */\n")
    assert read_tree(build, Origin.PATH).release == "6.12.117+deb12-cloud-amd64"


def test_the_version_is_the_kernels_and_not_the_releases(tmp_path: Path) -> None:
    tree = read_tree(kernel_trees.debian(tmp_path, "6.1"), Origin.PATH)
    assert tree.version == KernelVersion(6, 1, 192)


def test_the_version_is_the_releases_where_the_tree_has_no_version_h(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.12")
    (build / "include/generated/uapi/linux/version.h").unlink()
    assert read_tree(build, Origin.PATH).version == KernelVersion(6, 12, 117)


@pytest.mark.parametrize(
    ("series", "version", "command"),
    [
        ("6.1", (12, 2, 0), "gcc-12"),
        ("6.12", (12, 2, 0), "x86_64-linux-gnu-gcc-12"),
        ("7.2", (16, 2, 0), "x86_64-linux-gnu-gcc-16"),
    ],
)
def test_the_compiler_is_the_one_that_the_tree_names(
    tmp_path: Path, series: str, version: tuple[int, int, int], command: str
) -> None:
    compiler = read_tree(kernel_trees.debian(tmp_path, series), Origin.PATH).compiler
    assert compiler.kind == "gcc"
    assert compiler.version == version
    assert compiler.command == command


def test_the_common_part_beside_an_unpacked_tree_is_its_source(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "7.2")
    tree = read_tree(build, Origin.PATH)
    assert tree.source == tmp_path / "usr/src/linux-headers-7.2.13+deb14-common"
    assert tree.build == build


def test_an_output_folder_of_ones_own_build_leads_to_its_source(tmp_path: Path) -> None:
    source = kernel_trees.single(tmp_path / "linux")
    build = kernel_trees.single(tmp_path / "out" / "x86")
    (build / "Makefile").write_text(f"# Automatically generated\ninclude {source}/Makefile\n")
    kernel_trees.single(tmp_path / "out" / "linux")
    assert read_tree(build, Origin.PATH).source == source
    (build / "Makefile").write_text("include ../../linux/Makefile\n")
    assert read_tree(build, Origin.PATH).source == source


def test_a_tree_that_is_its_own_source_is_both(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "kernels" / "x")
    tree = read_tree(build, Origin.PATH)
    assert tree.source == tree.build == build


def test_a_path_may_have_spaces_and_letters_of_any_language(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path / "ядро für mich 内核", "6.12")
    tree = read_tree(build, Origin.PATH)
    assert tree.build == build
    assert tree.source.is_relative_to(tmp_path / "ядро für mich 内核")


def test_a_module_folder_leads_to_its_build_folder(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.12")
    modules = tmp_path / "lib/modules" / RELEASES["6.12"]
    modules.mkdir(parents=True)
    (modules / "build").symlink_to(build)
    assert read_tree(modules, Origin.PATH).build == build
    assert read_tree(modules / "build", Origin.PATH).build == build


def test_a_machine_is_named_as_rustc_names_it(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.12")
    assert read_tree(build, Origin.PATH).arch == "x86_64"
    auto_conf = build / "include/config/auto.conf"
    auto_conf.write_text(auto_conf.read_text().replace("CONFIG_X86_64=y", "CONFIG_ARM64=y"))
    assert read_tree(build, Origin.PATH).arch == "aarch64"
    auto_conf.write_text(auto_conf.read_text().replace("CONFIG_ARM64=y", ""))
    with pytest.raises(KernelError, match="which machine"):
        read_tree(build, Origin.PATH)


@pytest.mark.parametrize("place", ["boot", "modules"])
def test_an_image_is_found_in_boot_and_beside_the_modules(tmp_path: Path, place: str) -> None:
    build = kernel_trees.debian(tmp_path, "7.2")
    assert read_tree(build, Origin.PATH).image is None
    image = kernel_trees.image(tmp_path, RELEASES["7.2"], place)
    tree = read_tree(build, Origin.PATH)
    assert tree.image == image
    assert tree.modules == tmp_path / "lib/modules" / RELEASES["7.2"]


def test_an_image_that_was_built_in_the_tree_is_taken_first(tmp_path: Path) -> None:
    build = kernel_trees.single(tmp_path / "usr/src/linux")
    kernel_trees.image(tmp_path, RELEASES["6.12"])
    built = build / "arch/x86/boot/bzImage"
    built.parent.mkdir(parents=True)
    built.write_text("MZ")
    assert read_tree(build, Origin.PATH).image == built


def test_a_system_map_of_one_line_is_none(tmp_path: Path) -> None:
    # As Debian's: "The real System.map is in the linux-image-<version>-dbg package"
    build = kernel_trees.debian(tmp_path, "6.12")
    path = tmp_path / "boot" / f"System.map-{RELEASES['6.12']}"
    path.parent.mkdir()
    path.write_text("ffffffffffffffff B The real System.map is in another package\n")
    assert read_tree(build, Origin.PATH).system_map is None
    path.write_text("ffffffff81000000 T _text\n" * 100)
    assert read_tree(build, Origin.PATH).system_map == path


def test_a_tree_without_symvers_is_read_and_has_none(tmp_path: Path) -> None:
    build = kernel_trees.debian(tmp_path, "6.12")
    assert read_tree(build, Origin.PATH).symvers == build / "Module.symvers"
    (build / "Module.symvers").unlink()
    assert read_tree(build, Origin.PATH).symvers is None


def test_a_copied_tree_is_read_at_its_new_place(tmp_path: Path) -> None:
    kernel_trees.debian(tmp_path / "a", "6.12")
    shutil.copytree(tmp_path / "a", tmp_path / "b", symlinks=True)
    shutil.rmtree(tmp_path / "a")
    build = tmp_path / "b/usr/src" / f"linux-headers-{RELEASES['6.12']}"
    assert read_tree(build, Origin.PATH).source.is_relative_to(tmp_path / "b")
