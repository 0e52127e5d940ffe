"""Trees that lack a part, and kernels with odd options: refused before anything is built, or built.

Each is the real 6.12 with files of its own for what differs, and the real make, rustc and bindgen.
"""

from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import kernel_trees, projects
from tests.cli import complaints, rkmbuild

AUTO_CONF = "include/config/auto.conf"
AUTOCONF_H = "include/generated/autoconf.h"


def set_options(build: Path, **options: str) -> None:
    """Set options where kbuild looks, and where C does."""
    lines = "".join(f"CONFIG_{name}={value}\n" for name, value in options.items())
    defines = "".join(f"#define CONFIG_{name} 1\n" for name in options)
    kernel_trees.replace(build / AUTO_CONF, lambda text: text + lines)
    kernel_trees.replace(build / ".config", lambda text: text + lines)
    kernel_trees.replace(build / AUTOCONF_H, lambda text: text + defines)


@pytest.fixture
def build(kernel_6_12: KernelTree, tmp_path: Path) -> Path:
    return kernel_trees.copied(kernel_6_12, tmp_path / "usr")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("Module.symvers", "Module.symvers is missing"),
        ("arch/x86/module.lds", "scripts/module.lds is missing"),
        (AUTOCONF_H, f"{AUTOCONF_H} is missing"),
    ],
)
def test_a_part_that_is_missing_is_told_before_anything_is_built(
    build: Path, tmp_path: Path, file: str, said: str
) -> None:
    (build / file).unlink()
    done = rkmbuild("build", projects.make(tmp_path / "p", "p"), "--kernel", build)
    assert done.returncode == 4
    assert said in done.stderr
    assert "install the headers" in done.stderr
    assert "Building" not in done.stderr


def test_a_kernel_whose_tools_are_missing_is_told_who_has_them(build: Path, tmp_path: Path) -> None:
    (build / "scripts").unlink()
    (build / "scripts").symlink_to("../../lib/elsewhere/scripts")
    done = rkmbuild("build", projects.make(tmp_path / "p", "p"), "--kernel", build)
    assert done.returncode == 4
    assert "scripts points to ../../lib/elsewhere/scripts" in done.stderr


def test_a_tree_without_dot_config_is_built_for_by_auto_conf(build: Path, tmp_path: Path) -> None:
    (build / ".config").unlink()
    done = rkmbuild("build", projects.make(tmp_path / "p", "p"), "--kernel", build)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)


def test_symbols_that_a_trimmed_kernel_does_not_export_name_the_option(
    build: Path, tmp_path: Path
) -> None:
    set_options(build, TRIM_UNUSED_KSYMS="y")
    kernel_trees.replace(
        build / "Module.symvers",
        lambda text: "".join(line for line in text.splitlines(True) if "\t_printk\t" not in line),
    )
    done = rkmbuild("build", projects.make(tmp_path / "p", "p"), "--kernel", build)
    assert done.returncode == 6
    assert "the kernel exports no symbol `_printk`" in done.stderr
    assert "CONFIG_TRIM_UNUSED_KSYMS is the cause" in done.stderr


def test_kcfi_without_normalised_integers_is_refused_with_the_reason(
    build: Path, tmp_path: Path
) -> None:
    set_options(build, CFI_CLANG="y")
    done = rkmbuild("build", projects.make(tmp_path / "p", "p"), "--kernel", build)
    assert done.returncode == 4
    assert "CONFIG_CFI_ICALL_NORMALIZE_INTEGERS" in done.stderr
    assert "Building" not in done.stderr


def test_a_kernel_with_plugins_of_gcc_names_them_and_the_way_out(
    build: Path, tmp_path: Path
) -> None:
    set_options(build, GCC_PLUGINS="y", GCC_PLUGIN_STACKLEAK="y")
    project = projects.make(tmp_path / "p", "p")
    done = rkmbuild("build", project, "--kernel", build, "--cc", "gcc")
    assert done.returncode == 5
    assert "CONFIG_GCC_PLUGINS" in done.stderr
    assert "stackleak_plugin.so" in done.stderr
    assert "--cc clang" in done.stderr
