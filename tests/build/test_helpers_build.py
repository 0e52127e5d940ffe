"""C helpers stand alone, and a kernel is asked what it has: with real compilers and headers."""

import json
import re
from pathlib import Path

import pytest

from rkmbuild.base import paths, process
from rkmbuild.base.errors import BuildError, UsageError
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline import probe, target_kernel, tools
from rkmbuild.pipeline.api import history, lookup
from rkmbuild.toolchain import rust
from tests import projects
from tests.build.test_overlay_build import moved
from tests.cli import complaints, rkmbuild

CRATE = paths.data("crates") / "kernel"


@pytest.fixture(params=["kernel_6_1", "kernel_6_12"])
def tree(request: pytest.FixtureRequest) -> KernelTree:
    found: KernelTree = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_each_file_of_helpers_compiles_without_the_others(
    tree: KernelTree, tmp_path: Path, compiler: str
) -> None:
    chosen = tools.choose_tools(rust.choose(None)[0], tree, compiler=compiler, with_cbindgen=False)
    kernel = target_kernel.prepare(tree, chosen)
    headers, questions = probe.read((CRATE / "probes").read_text())
    has = tmp_path / "has.h"
    has.write_text(probe.defines(probe.ask(kernel, chosen.compiler, headers, questions)))
    for file in (CRATE / "helpers").glob("*.c"):
        defines: list[str | Path] = [
            "-include",
            has,
            "-DMODULE",
            '-DKBUILD_MODNAME="x"',
            '-DRKMBUILD_VERSION="1"',
        ]
        command: list[str | Path] = [chosen.compiler.path, *kernel.c_flags]
        command += [*defines, "-fsyntax-only", file]
        done = process.run(command, doing="compiling", cwd=kernel.objtree, success=range(256))
        assert (done.returncode, done.stderr) == (0, ""), file.name


def test_a_function_that_is_gone_costs_its_callers_alone(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    lacking = moved(kernel_6_12, tmp_path / "kernel")
    header = lacking.source.resolve() / "include/linux/delay.h"
    text = header.read_text()
    header.unlink()  # it is a link to the real one
    header.write_text(text.replace("fsleep", "slept_before"))
    kernel = ("--kernel", str(lacking.build))

    done = rkmbuild("build", projects.make(tmp_path / "without", "without"), *kernel)
    assert (done.returncode, complaints(done.stderr)) == (0, []), done.stderr

    body = "kernel::time::delay::fsleep(kernel::time::Delta::from_millis(1));"
    root = projects.make(tmp_path / "with", "with_it", body=body)
    done = rkmbuild("build", root, *kernel)
    assert done.returncode == BuildError.code
    said = done.stderr
    assert (
        f"error: Linux {lacking.release} lacks what `kernel::time::delay::fsleep` stands on" in said
    )
    # gcc's words, or clang's
    told = "rust_helper_fsleep: (implicit declaration of|call to undeclared) function .fsleep."
    assert re.search(told, said)
    assert f"{CRATE}/helpers/time.c:" in said


def test_a_crate_asks_what_the_kernel_has(tree: KernelTree, tmp_path: Path) -> None:
    newer = not tree.release.startswith("6.1.")
    want = {
        'has_fn = "copy_splice_read"': newer,
        'has_fn = "seq_read"': True,
        'has_fn = "no_such_function"': False,
        'has_const = "WQ_UNBOUND"': True,
        'has_field = "file.f_pos"': True,
        'has_field = "file.f_no"': False,
        'exported = "kern_path"': True,
        'exported = "copy_splice_read"': newer,
        'exported = "no_such_symbol"': False,
    }
    asserts = "".join(
        f"assert!(cfg!({cfg}) == {str(is_so).lower()});" for cfg, is_so in want.items()
    )
    before = f"const _: () = {{ {asserts} }};"
    done = rkmbuild("build", projects.make(tmp_path / "p", before=before), "--kernel", tree.release)
    assert (done.returncode, complaints(done.stderr)) == (0, []), done.stderr


def test_the_command_tells_what_a_kernel_has(tree: KernelTree) -> None:
    newer = not tree.release.startswith("6.1.")
    names = {
        "kern_path": "function",
        "copy_splice_read": "function" if newer else None,
        "min_t": "macro",
        "WQ_UNBOUND": "constant",
        "jiffies": "variable",
        "inode": "struct",
        "gfp_t": "type",
        "file.f_pos": "field",
        "file.f_no": None,
        "no_such_function": None,
        "timer_delete": "function",
        "pci_enable_device": "function",
        "pci_dev.irq": "field",
    }
    words = [word for name in names for word in ("--api", name)]
    done = rkmbuild("kernel", "show", tree.release, *words, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["api"]
    assert {each["name"]: each["kind"] for each in found} == names
    assert all(each["has"] == (each["kind"] is not None) for each in found)
    assert found[0]["exported_by"] == "vmlinux"
    assert not found[0]["gpl"]
    assert {each["name"]: each["header"] for each in found if each["header"]} == {
        "pci_enable_device": "linux/pci.h",
        "pci_dev.irq": "linux/pci.h",
    }
    since = {each["name"]: each["since"] for each in found if each["since"]}
    assert since == {"copy_splice_read": "6.5", "timer_delete": "6.2"}
    words = ["--api", "kern_path", "--api", "gone", "--api", "pci_enable_device"]
    table = rkmbuild("kernel", "show", tree.release, *words, "--api", "timer_shutdown_sync").stdout
    assert [re.split(r"\s\s+", line) for line in table.splitlines()[1:]] == [
        ["kern_path", "function", "-", "vmlinux"],
        ["gone", "not found", "-", "-"],
        ["pci_enable_device", "function of linux/pci.h", "-", "vmlinux"],
        ["timer_shutdown_sync", "function", "6.2", "vmlinux (GPL)"],
    ]


def test_what_came_with_a_release_is_in_all_kernels_from_then_on(kernel: KernelTree) -> None:
    names = [
        name
        for name, release in history.SINCE.items()
        if KernelVersion.parse(release) <= kernel.version
    ]
    found = lookup.look_up(kernel, names)
    assert [each.name for each in found if not each.kind] == []
    assert all(each.since for each in found)


def test_what_is_no_name_is_refused(kernel_6_12: KernelTree) -> None:
    done = rkmbuild("kernel", "show", kernel_6_12.release, "--api", "f(); int g")
    assert done.returncode == UsageError.code
    assert "is no name of C" in done.stderr
