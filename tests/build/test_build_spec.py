"""The target specification and the flags, as every rustc of this machine takes them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rkmbuild import runner
from rkmbuild.build import rustflags, spec
from rkmbuild.errors import ToolchainError
from rkmbuild.toolchain import rust, rust_facts, rust_places
from rkmbuild.toolchain.parts import Rust, Version

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelTree


def rustcs() -> list[Rust]:
    """Those that are new enough, with or without the library's source: nothing is built here."""
    chosen, _ = rust.choose()
    found = {chosen.rustc: chosen}
    for place in rust_places.all_places():
        said = runner.run([place.rustc, "-vV"], doing="asking rustc", success=range(256)).stdout
        fields = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
        if "release" not in fields or not (place.rustc.parent / "cargo").exists():
            continue
        numbers = fields["release"].partition("-")[0].split(".")
        version = Version(*(int(number) for number in numbers))
        if version >= rust.OLDEST:
            found[place.rustc] = Rust(
                rustc=place.rustc,
                cargo=place.rustc.parent / "cargo",
                version=version,
                verbose=said,
                host=fields["host"],
                sysroot=chosen.sysroot,
                library=chosen.library,
                vendored=chosen.vendored,
                origin=place.origin,
            )
    return list(found.values())


@pytest.mark.parametrize("kernel", ["kernel_6_1", "kernel_6_12"])
def test_every_rustc_takes_its_target_and_flags_in_silence(
    kernel: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    tree: KernelTree = request.getfixturevalue(kernel)
    source = tmp_path / "empty.rs"
    source.write_text('#![feature(no_core)]\n#![no_core]\n#![crate_type = "lib"]\n')
    for found in rustcs():
        facts = rust_facts.facts(found, tree.arch)
        chosen = rustflags.choose(tree, facts.options, str(found.version))
        target = tmp_path / f"{spec.name(tree.arch)}.json"
        target.write_text(spec.render(tree.arch, facts, chosen.features))
        done = runner.run(
            [
                found.rustc, "-Zunstable-options", "--target", target, *chosen.flags,
                "-Ainternal_features", "--emit=metadata", "-o", tmp_path / "empty.rmeta", source,
            ],
            doing="compiling for the target",
            env=runner.environment({"RUSTC_BOOTSTRAP": "1"}),
            failure=ToolchainError,
        )  # fmt: skip
        assert done.stderr == "", found.verbose
