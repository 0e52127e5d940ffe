"""The target specification and the flags, as every rustc from the oldest on takes them."""

import dataclasses
from pathlib import Path

import pytest

from rkmbuild.base import process
from rkmbuild.base.errors import ToolchainError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.kernel.tree import Kconfig, KernelTree
from rkmbuild.pipeline import rustflags, spec
from rkmbuild.toolchain import rust, rust_facts, rust_places
from rkmbuild.toolchain.parts import Rust, Version
from tests import old_rust

# Code for which LLVM lays data out: only then does rustc compare the target's layout with LLVM's.
_SOURCE = """\
#![feature(no_core, lang_items)]
#![no_core]
#![crate_type = "lib"]
#![allow(internal_features)]
{sized}
#[no_mangle]
pub extern "C" fn nothing() {{}}
"""
_SIZED = '#[lang = "sized"]\npub trait Sized {}'
_SIZED_SINCE_1_90 = """\
#[lang = "pointee_sized"]
pub trait PointeeSized {}
#[lang = "meta_sized"]
pub trait MetaSized: PointeeSized {}
#[lang = "sized"]
pub trait Sized: MetaSized {}
"""


def rustcs() -> list[Rust]:
    """Those that are new enough, with or without the library's source: nothing is built here."""
    chosen, _ = rust.choose()
    found = {chosen.rustc: chosen}
    for place in rust_places.all_places():
        said = process.run([place.rustc, "-vV"], doing="asking rustc", success=range(256)).stdout
        fields = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
        if "release" not in fields or not (place.rustc.parent / "cargo").exists():
            continue
        numbers = fields["release"].partition("-")[0].split(".")
        version = Version(*(int(number) for number in numbers))
        if version >= rust.OLDEST:
            found[place.rustc] = dataclasses.replace(
                chosen,
                rustc=place.rustc,
                cargo=place.rustc.parent / "cargo",
                version=version,
                verbose=said,
            )
    return list(found.values())


def compile_for(tree: KernelTree, found: Rust, folder: Path) -> str:
    """Return what `found` says while it makes an object for `tree`, which it should not."""
    facts = rust_facts.facts(found, tree.arch)
    chosen = rustflags.choose(tree, facts.options, str(found.version))
    target = folder / f"{spec.name(tree.arch)}.json"
    target.write_text(spec.render(tree.arch, facts, chosen.features))
    sized = _SIZED_SINCE_1_90 if found.version >= Version(1, 90) else _SIZED
    source = folder / "empty.rs"
    source.write_text(_SOURCE.format(sized=sized))
    done = process.run(
        [
            found.rustc, "-Zunstable-options", "--target", target, *chosen.flags,
            "--emit=obj", "-o", folder / "empty.o", source,
        ],
        doing="compiling for the target",
        env=tool_environment({"RUSTC_BOOTSTRAP": "1"}),
        failure=ToolchainError,
    )  # fmt: skip
    return done.stderr


def test_every_rustc_of_this_machine_takes_its_target_and_flags_in_silence(
    kernel: KernelTree, tmp_path: Path
) -> None:
    for found in rustcs():
        assert compile_for(kernel, found, tmp_path) == "", found.verbose


@pytest.mark.parametrize("release", old_rust.RELEASES)
def test_an_older_rustc_takes_its_target_and_flags_in_silence(
    release: str, kernel_6_1: KernelTree, kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    found, _ = rust.choose(str(old_rust.rustc(release)))
    assert str(found.version).startswith(release)
    assert compile_for(kernel_6_1, found, tmp_path) == ""
    if release == "1.85":
        assert compile_for(kernel_6_12, found, tmp_path) == ""
        return
    with pytest.raises(ToolchainError, match="call padding") as caught:
        compile_for(kernel_6_12, found, tmp_path)
    assert "1.81 or later" in str(caught.value.hint)
    without = {name: value for name, value in kernel_6_12.config.items() if name != "CALL_PADDING"}
    tree = dataclasses.replace(kernel_6_12, config=Kconfig(without))
    assert compile_for(tree, found, tmp_path) == ""


def test_the_oldest_that_is_tried_is_the_oldest_that_is_promised() -> None:
    assert str(rust.OLDEST).startswith(min(old_rust.RELEASES))
    manifest = (Path(__file__).parents[2] / "crates" / "Cargo.toml").read_text()
    assert f'rust-version = "{min(old_rust.RELEASES)}"' in manifest
