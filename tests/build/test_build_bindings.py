"""Bindings against the kernel's own compiler: a layout that differs does not get through."""

import json
import subprocess
from pathlib import Path

from rkmbuild.base import paths
from rkmbuild.kernel import cflags, overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler, c_layout, target_kernel
from rkmbuild.toolchain import rust
from tests import projects
from tests.cli import rkmbuild

BOUND = paths.data("crates") / "bindings"
SAMPLE = c_layout.sample(BOUND / "layout")


def assertions(tree: KernelTree, tmp_path: Path) -> str:
    compiler = c_compiler.choose("gcc", tree).compiler
    shadow = overlay.prepare(tree, foreign_compiler=False)
    header = BOUND / "bindings.h"
    variables = {"CC": str(compiler.path), **target_kernel.answers(compiler, tree)}
    flags = cflags.module_c_flags(shadow, variables)
    return c_layout.assertions(header, SAMPLE, compiler, flags, folder=shadow.build, work=tmp_path)


def test_every_type_and_field_of_the_sample_is_asserted(kernel: KernelTree, tmp_path: Path) -> None:
    made = assertions(kernel, tmp_path)
    for _, name, fields in SAMPLE:
        assert f"size_of::<{name}>() == " in made
        assert all(f"offset_of!({name}, {field}) == " in made for field in fields)


def test_a_layout_that_differs_stops_rustc(kernel: KernelTree, tmp_path: Path) -> None:
    made = assertions(kernel, tmp_path)
    # The kernel's own struct miscdevice begins with an int; here a pointer comes first.
    other = "#[repr(C)] struct miscdevice { name: usize, minor: i32 }\n"
    lines = [line for line in made.splitlines() if "miscdevice, minor" in line]
    assert len(lines) == 1
    source = tmp_path / "other.rs"
    source.write_text(f"{other}const _: () = {{\n{lines[0]}\n}};\nfn main() {{}}\n")
    found, _ = rust.choose()
    done = subprocess.run(
        [found.rustc, "--edition=2021", "--emit=metadata", "-o", tmp_path / "other.rmeta", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "assertion failed" in done.stderr


def test_the_bindings_of_a_build_carry_the_assertions(kernel: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", "bound")
    done = rkmbuild("build", root, "-k", kernel.release, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    assert rkmbuild("build", root, "-k", kernel.release).returncode == 0
    key = json.loads(done.stdout)["bindings"]["key"]
    text = (paths.cache_dir() / "bindings" / key / "bindings.rs").read_text()
    assert "size_of::<file_operations>() == " in text
