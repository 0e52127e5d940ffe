"""The Rust toolchains of this very machine, and an old one of the distribution's."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.distro import packages
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust, rust_places
from rkmbuild.toolchain.parts import Version
from rkmbuild.toolchain.unusable import UnusablePartError
from tests import old_rust, projects
from tests.cli import rkmbuild


@pytest.fixture(autouse=True)
def nothing_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUSTC", raising=False)


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def too_old() -> Path:
    """Debian 12's own rustc, 1.63, unpacked and not installed."""
    return old_rust.too_old()


def test_the_chosen_toolchain_has_all_that_a_build_takes() -> None:
    chosen, _ = rust.choose()
    assert chosen.version >= rust.OLDEST
    assert (chosen.library / "core/src/lib.rs").is_file()
    assert chosen.cargo.is_file()
    assert f"release: {chosen.version}" in chosen.verbose
    assert not rust_places.is_proxy(chosen.rustc)


def test_a_toolchain_without_its_library_source_is_passed_over_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A toolchain as rustup makes it without rust-src, first in PATH: everything but the source.
    chosen, _ = rust.choose()
    bare = tmp_path / "bare"
    script(
        bare / "bin" / "rustc",
        f'case "$*" in *"--print sysroot"*) echo {shlex.quote(str(bare))} ;; '
        f'*) exec {chosen.rustc} "$@" ;; esac',
    )
    monkeypatch.setenv("PATH", f"{bare / 'bin'}:{os.environ['PATH']}")
    again, passed_over = rust.choose()
    assert again.rustc == chosen.rustc
    (why,) = (reason.why for reason in passed_over if str(bare) in reason.what)
    assert "rust-src" in why


def test_a_named_toolchain_without_its_library_source_is_an_error(tmp_path: Path) -> None:
    chosen, _ = rust.choose()
    bare = script(
        tmp_path / "rustc",
        f'case "$*" in *"--print sysroot"*) echo /nowhere ;; *) exec {chosen.rustc} "$@" ;; esac',
    )
    with pytest.raises(UnusablePartError, match="rust-src"):
        rust.choose(str(bare))


def test_an_old_rustc_in_path_is_passed_over(
    too_old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{too_old.parent}:{os.environ['PATH']}")
    chosen, passed_over = rust.choose()
    assert chosen.version >= rust.OLDEST
    (why,) = (reason.why for reason in passed_over if str(too_old) in reason.what)
    assert "1.63.0" in why


def test_an_old_rustc_that_was_asked_for_is_an_error(
    too_old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnusablePartError, match=rf"1\.63\.0.*{re.escape(str(rust.OLDEST))}"):
        rust.choose(str(too_old))
    monkeypatch.setenv("RUSTC", str(too_old))
    with pytest.raises(UnusablePartError, match=r"RUSTC.*1\.63\.0"):
        rust.choose()


def test_a_build_says_that_rustc_is_too_old_and_ends_with_the_toolchains_status(
    too_old: Path, kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "sample")
    done = rkmbuild("build", root, "-k", kernel_6_12.build, "--toolchain", too_old)
    assert done.returncode == ToolchainError.code
    assert "1.63.0" in done.stderr
    assert "Traceback" not in done.stderr
    examined = rkmbuild("doctor", "--toolchain", too_old)
    assert examined.returncode == ToolchainError.code
    assert "1.63.0" in examined.stdout


def test_rustc_alone_without_a_cargo_of_its_release_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, _ = rust.choose()
    rustc = script(tmp_path / "bin" / "rustc", f'exec {chosen.rustc} "$@"')
    monkeypatch.setenv("PATH", str(rustc.parent))
    with pytest.raises(UnusablePartError, match="no cargo of release"):
        rust.choose(str(rustc))


def test_of_two_usable_ones_the_newer_release_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, _ = rust.choose()
    older = Version(chosen.version.major, chosen.version.minor - 1, 0)
    for name in ("rustc", "cargo"):
        real = chosen.rustc if name == "rustc" else chosen.cargo
        script(
            tmp_path / "bin" / name,
            f'{real} "$@" | sed "s/{chosen.version}/{older}/"',
        )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    again, passed_over = rust.choose()
    assert again.rustc == chosen.rustc
    (why,) = (reason.why for reason in passed_over if str(tmp_path) in reason.what)
    assert f"{older} is older than {chosen.version}" in why


def test_no_rustc_at_all_is_said_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTUP_HOME", str(tmp_path))
    for name in ("apt-get", "apt-cache"):
        found = shutil.which(name)
        if found:
            (tmp_path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnusablePartError, match="rustc was not found") as failure:
        rust.choose()
    assert "rust" in packages.advice(failure.value.wanted)
