"""What the caller of the command does to it: streams closed or full, Ctrl-C, nohup, no folder."""

import contextlib
import fcntl
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError, InterruptedRunError, StorageError, UsageError
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild, started

_COMMAND = f"{sys.executable} -m rkmbuild"


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


def test_a_build_needs_no_standard_streams(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", "streams")
    for closed in ("<&- >&- 2>&-", ">&-", "2>&-"):
        done = shell(f"{_COMMAND} build {root} --kernel {kernel_6_12.release} {closed}")
        assert done.returncode == 0, done.stderr
        assert list(root.glob("target/rkmbuild/*/streams.ko"))


@pytest.mark.parametrize("words", ["kernel list", "kernel show 6.12 --json"])
def test_an_output_that_is_full_is_said(kernel_6_12: KernelTree, words: str) -> None:
    assert kernel_6_12.release
    done = shell(f"{_COMMAND} {words} >/dev/full")
    assert done.returncode == StorageError.code
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_failure_keeps_its_status_when_nobody_reads_it(tmp_path: Path) -> None:
    done = shell(f"{_COMMAND} build {tmp_path} --json 2>&1 | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 3, done.stderr


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    done = shell(f"mkdir {gone}; cd {gone}; rmdir {gone}; {_COMMAND} build")
    assert done.returncode == UsageError.code
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("ignored", [True, False])
def test_a_hangup_ends_a_run_unless_nohup_asked_for_the_contrary(
    kernel_6_12: KernelTree, tmp_path: Path, ignored: bool
) -> None:
    # It waits for another build of the project, which never ends.
    root = projects.make(tmp_path / "p")
    (root / "target" / "rkmbuild").mkdir(parents=True)
    prefix = "trap '' HUP; " if ignored else ""
    command = f"{prefix}exec {_COMMAND} build {root} --kernel {kernel_6_12.release}"
    with (
        (root / "target" / "rkmbuild" / ".lock").open("w") as lock,
        started(["bash", "-c", command], stderr=subprocess.PIPE) as process,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        _wait_for(process, b"waiting for another build")
        process.send_signal(signal.SIGHUP)
        if ignored:
            assert _ignores(process.pid, signal.SIGHUP)
            process.send_signal(signal.SIGINT)
        else:
            process.wait(20)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == InterruptedRunError.code
    assert b"Traceback" not in said


def _ignores(process: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{process}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def _wait_for(process: "subprocess.Popen[bytes]", text: bytes) -> None:
    assert process.stderr
    said = b""
    while text not in said:
        line = process.stderr.readline()
        assert line, said
        said += line


def test_ctrl_c_again_and_again_ends_as_once(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", "again")
    environment = {**os.environ, "RKMBUILD_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "rkmbuild", "build", str(root), "-k", str(kernel_6_12.build)]
    with started(command, stderr=subprocess.PIPE, env=environment) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("cache/tmp/*/work/target")) and time.monotonic() < deadline:
            time.sleep(0.05)
        for _ in range(100):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == InterruptedRunError.code
    assert "Traceback" not in said
    assert not list(tmp_path.glob("cache/tmp/*"))


def test_a_program_that_is_none_is_said(tmp_path: Path) -> None:
    rustc = tmp_path / "rustc"
    rustc.write_text("no program")
    rustc.chmod(0o755)
    done = rkmbuild("doctor", "--toolchain", rustc, "-q")
    assert "Exec format error" in done.stdout + done.stderr


def test_who_wants_no_colours_gets_none_from_cargo_either(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", body="mistake")
    command = [sys.executable, "-m", "rkmbuild", "build", str(root), "-k", kernel_6_12.release]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm"}
    with started(command, stderr=theirs, env=environment) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the terminal's end
            while more := os.read(ours, 4096):
                said += more
        process.wait(20)
    os.close(ours)
    assert process.returncode == BuildError.code
    assert b"error: cargo could not build" in said
    assert not re.search(rb"\x1b\[[0-9;]*3[0-9]m|\x1b\[[0-9;]*9[0-9]m", said), said


def test_a_letter_that_the_output_has_none_for_is_shown_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{RIGHTWARDS ARROW}\n")
    done = rkmbuild("decode", tmp_path / "log", env={"PYTHONIOENCODING": "ascii:strict"})
    assert (done.returncode, done.stdout) == (0, "caf\\xe9 \\u2192\n"), done.stderr


def test_ctrl_c_before_the_command_has_begun_ends_it_without_a_word() -> None:
    script = """
import os, signal, sys
from rkmbuild import __main__

class CtrlC:
    def find_spec(name, path, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC)
__main__.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


def test_a_locale_of_old_is_no_hindrance(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    place = tmp_path / "Prüfung"
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    said = "Grüße"
    done = rkmbuild("new", place / "old", "--description", said, "--vcs", "none", env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert said in (place / "old" / "Cargo.toml").read_text()
    done = rkmbuild("build", place / "old", "-k", kernel_6_12.release, "--plan", env=ascii_only)
    assert str(place / "old") in done.stdout


def test_bootstrap_is_found_from_any_folder(tmp_path: Path) -> None:
    for checkout in (tmp_path / "rkm", tmp_path / "other" / "rkm"):
        checkout.mkdir(parents=True)
    shutil.copy(Path(__file__).parents[2] / "bootstrap", tmp_path / "rkm")
    done = shell(f"cd {tmp_path} && CDPATH={tmp_path}/other sh rkm/bootstrap --help")
    assert done.returncode == 0, done.stderr
    assert "./bootstrap demo" in done.stdout
