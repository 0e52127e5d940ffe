"""`rkmbuild doctor` on this machine, which builds, and on this machine with tools taken away."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.doctor import repairs
from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild

COMMANDS = ("sh", "gcc", "cc", "ld", "objcopy", "make", "insmod", "busybox")


def examine(**env: str) -> tuple[int, dict[str, dict[str, Any]], bool]:
    done = rkmbuild("doctor", "--json", env=env)
    assert "Traceback" not in done.stderr
    document = json.loads(done.stdout)
    return done.returncode, {check["part"]: check for check in document["checks"]}, document["ok"]


@pytest.fixture(scope="module")
def bare_machine(
    kernel_6_12: KernelTree, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """An environment with a C toolchain and apt, and without Rust, bindgen and qemu."""
    folder = tmp_path_factory.mktemp("path")
    own = kernel_6_12.compiler.command
    for name in (*COMMANDS, own, "apt-get", "apt-cache", "dpkg-deb"):
        found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if found:
            (folder / name).symlink_to(found)
    return {"PATH": str(folder), "RUSTUP_HOME": str(folder), "CARGO_HOME": str(folder)}


def test_a_machine_that_builds_is_told_so(kernel_6_12: KernelTree) -> None:
    status, checks, able = examine()
    assert status == 0
    assert able
    for part in ("rustc", "cargo", "bindgen", "libclang", "cc", "ld", "objcopy", "make", "kernel"):
        assert checks[part]["state"] == "ok", checks[part]
        assert Path(checks[part]["path"]).exists()
    own = checks[kernel_6_12.compiler.command]
    assert own["path"] or "clang is used instead" in own["remark"]
    assert {"root", "Secure Boot", "lockdown", "sig_enforce", "taint"} <= set(checks)
    assert "not tried" not in checks["KVM"]["remark"]


@pytest.mark.usefixtures("kernel_6_12")
def test_the_table_names_every_part_and_why_others_were_passed_over() -> None:
    done = rkmbuild("doctor")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["PART", "FOR", "STATE", "VERSION", "WHERE", "REMARK"]
    assert any(line.startswith("rustc ") for line in lines)
    _, checks, _ = examine()
    told = {line.split()[0] for line in lines if line}
    for part, check in checks.items():
        assert part.split()[0] in told
        assert check["path"] in done.stdout
    for reason in checks["rustc"]["passed_over"]:
        assert f"{reason['what']}: {reason['why']}" in done.stdout


def test_a_machine_without_rust_is_told_the_command_that_installs_it(
    bare_machine: dict[str, str],
) -> None:
    status, checks, able = examine(**bare_machine)
    assert status == 5
    assert not able
    assert checks["rustc"]["state"] == "missing"
    assert "rust" in checks["rustc"]["mend"]
    assert checks["bindgen"]["state"] == "missing"
    assert "bindgen" in checks["bindgen"]["mend"]
    assert checks["qemu"]["state"] == "missing"
    assert checks["make"]["state"] == "ok"
    if "bookworm" in Path("/etc/os-release").read_text():
        # Debian 12's own rustc is too old, and it has a second one.
        assert checks["rustc"]["mend"].endswith(" rustc-web cargo-web rust-web-src")


def test_a_machine_without_a_kernel_is_told_the_command_that_fetches_one(
    empty_cache: Path,
) -> None:
    status, checks, able = examine(RKMBUILD_CACHE_DIR=str(empty_cache))
    if checks["kernel"]["state"] == "ok":
        pytest.skip("this machine has a kernel's headers installed")
    assert status == 5
    assert not able
    assert checks["kernel"]["mend"].startswith("rkmbuild kernel fetch ")


def test_fixing_asks_before_it_runs_anything(bare_machine: dict[str, str]) -> None:
    done = rkmbuild("doctor", "--fix", env=bare_machine)
    assert done.returncode == 2
    assert "apt-get install" in done.stdout
    assert "--yes" in done.stderr


def test_fixing_what_is_whole_runs_nothing(kernel_6_12: KernelTree) -> None:
    done = rkmbuild("doctor", "--fix", "--quiet")
    assert done.returncode == 0, done.stderr
    assert kernel_6_12.release not in done.stdout
    assert done.stdout == ""


def test_a_command_that_fails_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FetchError, match="`ls /nowhere` failed with exit status 2"):
        repairs.run([("ls", "/nowhere")])
    assert "/nowhere" in capfd.readouterr().err


def test_commands_run_one_after_the_other_and_print_beside_the_result(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    repairs.run([("touch", str(tmp_path / "one")), ("ls", str(tmp_path))])
    shown = capfd.readouterr()
    assert "one" in shown.err
    assert shown.out == ""
