"""Crates that are made for programs: what is told of one, and that doing so has it work."""

from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild

CRATES = """
[dependencies]
uuid = { version = "1", default-features = false, features = ["v4"] }
"""
# Releases that this rustc, an older one of a distribution perhaps, can compile.
RESOLVER = '[resolver]\nincompatible-rust-versions = "fallback"\n'
BODY = 'pr_info!("{}\\n", uuid::Uuid::new_v4());'


def test_a_crate_that_asks_for_random_numbers_works_once_it_is_told_whom_to_ask(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    root = projects.make(tmp_path / "p", manifest=CRATES, body=BODY)
    config = root / ".cargo" / "config.toml"
    config.parent.mkdir()
    config.write_text(RESOLVER)
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6, done.stderr
    assert "sample -> uuid -> getrandom cannot be had in a kernel" in done.stderr
    hints = [line.partition("help: ")[2] for line in done.stderr.splitlines()]

    start = hints.index("[build]")
    config.write_text(
        RESOLVER + "\n".join([*hints[start : start + 2], "[target.'cfg(all())']", ""])
    )
    text = config.read_text().replace("]\n[target", ', "-Ctarget-cpu=native"]\n[target')
    config.write_text(text)
    needs = next(hint for hint in hints if hint.startswith("In the module"))
    dependency = needs.partition("with ")[2].partition(" in its own")[0]
    (root / "Cargo.toml").write_text(
        projects.MANIFEST.format(name="sample") + CRATES + dependency + "\n"
    )
    function = hints[hints.index("#[no_mangle]") : hints.index("}") + 1]
    source = root / "src" / "lib.rs"
    macro = 'name: "sample"'
    source.write_text(source.read_text().replace(macro, 'name: "other"') + "\n".join(function))

    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    ignored, named = warnings
    assert ignored.startswith(f"warning: `-Ctarget-cpu=native` of {config} was ignored")
    assert "calls the module `other`, and the package makes it `sample`" in named
