"""The crates' documentation: rustdoc finds nothing wrong with it, and its examples compile."""

import re
import subprocess
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust
from tests import kernel_crates
from tests.kernel_crates import CRATES, Prepared, check

# Examples that need a header of the project's own; tests/modules/exporter has such code.
_WITH_HEADER = "export"
# rustdoc's option of today, and of 1.85.
_FOR_EXAMPLES = ("doctest-build-arg", "doctest-compilation-args")


@pytest.fixture(scope="module")
def prepared(kernel_6_12: KernelTree) -> Prepared:
    return kernel_crates.prepare(kernel_6_12)


@pytest.fixture(scope="module")
def rustdoc() -> Path:
    chosen, _ = rust.choose()
    return chosen.rustc.with_name(chosen.rustc.name.replace("rustc", "rustdoc"))


def _for_the_kernel(prepared: Prepared) -> list[str]:
    # rustdoc 1.96 takes the option of which rustc derives this one, and does not derive it.
    derived = "-Zretpoline-external-thunk" in prepared.flags
    more = ["-Zunstable-options", *(["-Zretpoline"] if derived else [])]
    target = f"--target={prepared.specification}"
    # cargo is told of them in Cargo.toml.
    more.append("--check-cfg=cfg(rkmbuild_host, rkmbuild_panic_short, rustc_before_1_81)")
    return ["--edition=2021", target, *prepared.flags, *more, *prepared.externs()]


@pytest.mark.parametrize("crate", ["bindings", "pin_init", "kernel"])
def test_rustdoc_finds_nothing_wrong(
    crate: str, prepared: Prepared, rustdoc: Path, tmp_path: Path
) -> None:
    words = ["--crate-name", crate, *_for_the_kernel(prepared), "-Dwarnings"]
    # Some thousand pages of what is in C headers take longer than all tests here.
    words.append("--check" if crate == "bindings" else f"--out-dir={tmp_path}")
    check(rustdoc, f"{crate}/src/lib.rs", *words, env=prepared.env, cwd=CRATES)


def test_rustdoc_finds_nothing_wrong_with_the_macros(
    prepared: Prepared, rustdoc: Path, tmp_path: Path
) -> None:
    words = ["--edition=2021", "--crate-type=proc-macro", "--extern=proc_macro", "-Dwarnings"]
    target = f"--out-dir={tmp_path}"
    check(rustdoc, "macros/src/lib.rs", *words, target, env=prepared.env, cwd=CRATES)


def _argument(rustdoc: Path) -> str:
    """Return the name of the option for what the examples are compiled with."""
    said = subprocess.run([rustdoc, "--help"], capture_output=True, text=True, check=True).stdout
    return next(name for name in _FOR_EXAMPLES if f"--{name}" in said)


def _compiled(source: Path | str, crate: str, prepared: Prepared, rustdoc: Path) -> list[str]:
    """Compile the examples in a crate or a Markdown file, and return the others' places."""
    # What is not to be run is not linked either, which for the kernel rustc cannot do.
    words = ["--test", "--no-run", f"--{_argument(rustdoc)}=-Zcrate-attr=no_std"]
    named = ["--crate-name", crate, *_for_the_kernel(prepared)]
    said = check(rustdoc, source, *words, *named, env=prepared.env, cwd=CRATES)
    assert re.search(r"test result: ok\. [1-9]\d* passed", said), said
    return re.findall(r"^test (\S+) .*\.\.\. ignored$", said, re.MULTILINE)


@pytest.mark.parametrize("crate", ["pin_init", "kernel"])
def test_each_example_compiles(crate: str, prepared: Prepared, rustdoc: Path) -> None:
    left_out = _compiled(f"{crate}/src/lib.rs", crate, prepared, rustdoc)
    assert {Path(place).stem for place in left_out} <= {_WITH_HEADER}


def test_each_example_of_the_macros_compiles(
    prepared: Prepared, rustdoc: Path, tmp_path: Path
) -> None:
    # A procedural macro is compiled for this machine, its examples for the kernel.
    lines = (CRATES / "macros" / "src" / "lib.rs").read_text().splitlines()
    text = "\n".join(line[3:].removeprefix(" ") if line.startswith("///") else "" for line in lines)
    page = tmp_path / "macros.md"
    page.write_text(text)
    left_out = _compiled(page, "macros_examples", prepared, rustdoc)
    assert len(left_out) == text.count("#[export]")


def test_each_example_that_must_not_compile_says_why() -> None:
    """Without the error's number any will do, and one there is: no linker makes a program of it."""
    for source in CRATES.glob("*/src/**/*.rs"):
        unsaid = re.search(r"```compile_fail(?!,E\d{4}$)", source.read_text(), re.MULTILINE)
        assert not unsaid, source
