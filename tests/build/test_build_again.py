"""Building again: after a change, after a kill at any moment, and beside another build."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild, started


@pytest.fixture(scope="module")
def project(kernel_6_12: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = projects.make(tmp_path_factory.mktemp("again") / "again", "again")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stderr
    return root


def build(root: Path, tree: KernelTree, *words: str) -> dict[str, object]:
    done = rkmbuild("build", root, "--kernel", tree.release, "--json", *words)
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    result: dict[str, object] = json.loads(done.stdout)
    return result


def stages(result: dict[str, object]) -> set[str]:
    return {stage["name"] for stage in result["stages"]}  # type: ignore[attr-defined]


def test_a_changed_source_is_built_and_a_sysroot_is_not(
    project: Path, kernel_6_12: KernelTree
) -> None:
    source = project / "src" / "lib.rs"
    source.write_text(source.read_text().replace("loaded", "loaded again"))
    result = build(project, kernel_6_12)
    assert not result["fresh"]
    assert stages(result) == {"plan", "crate", "kbuild", "check", "finish"}
    assert b"loaded again" in Path(str(result["module"])).read_bytes()
    assert build(project, kernel_6_12)["fresh"]
    # In other words it is the same kernel.
    by_path = rkmbuild("build", project, "--kernel", kernel_6_12.build, "--json")
    assert json.loads(by_path.stdout)["fresh"]


def test_another_profile_is_another_module(project: Path, kernel_6_12: KernelTree) -> None:
    release = Path(str(build(project, kernel_6_12)["module"])).read_bytes()
    result = build(project, kernel_6_12, "--profile", "dev")
    assert Path(str(result["module"])).read_bytes() != release
    result = build(project, kernel_6_12)
    assert Path(str(result["module"])).read_bytes() == release


def test_going_back_to_other_features_is_seen(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    said = 'if cfg!(feature = "loud") { "very loud" } else { "quiet" }'
    root = projects.make(
        tmp_path / "loud",
        "loud",
        body=f'pr_info!("{{}}\\n", {said});',
        manifest="\n[features]\nloud = []\n",
    )
    for words, text in (((), b"quiet"), (("--features", "loud"), b"very loud"), ((), b"quiet")):
        module = Path(str(build(root, kernel_6_12, *words)["module"]))
        assert text in module.read_bytes()


def test_link_time_optimisation_makes_a_smaller_module(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    plain = build(projects.make(tmp_path / "plain", "plain"), kernel_6_12)
    # With the second one no name of discarded code is left in the object; by rustc 1.85 it is 4 %
    # larger, by 1.96 it is smaller as well.
    for lto, at_most in (("true", 1.0), ('"thin"', 1.1)):
        profile = f"\n[profile.release]\nlto = {lto}\n"
        root = projects.make(tmp_path / lto.strip('"'), "small", manifest=profile)
        size = int(str(build(root, kernel_6_12)["size"]))
        assert size < at_most * int(str(plain["size"])), lto


def test_a_module_that_was_removed_comes_back(project: Path, kernel_6_12: KernelTree) -> None:
    module = Path(str(build(project, kernel_6_12)["module"]))
    module.unlink()
    assert not build(project, kernel_6_12)["fresh"]
    assert module.exists()


def test_a_second_project_finds_everything_in_the_cache(
    project: Path, kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    assert project.exists()
    result = build(projects.make(tmp_path / "other", "other"), kernel_6_12)
    assert stages(result) == {"plan", "crate", "kbuild", "check", "finish"}


def test_two_builds_at_once_both_succeed(project: Path, kernel_6_12: KernelTree) -> None:
    source = project / "src" / "lib.rs"
    source.write_text(source.read_text() + "\n// changed\n")
    command = [sys.executable, "-m", "rkmbuild", "build", str(project), "-k", kernel_6_12.release]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, **pipes) as first, started(command, **pipes) as second:
        both = (first, second)
        said = [process.communicate(timeout=120)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said


def test_a_mistake_in_rust_costs_no_object_of_c(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    manifest = '\n[package.metadata.rkmbuild]\nc-sources = ["c/more.c"]\n'
    root = projects.make(tmp_path / "both", "both", manifest=manifest)
    (root / "c").mkdir()
    (root / "c" / "more.c").write_text("int more(void);\nint more(void) { return 1; }\n")
    build(root, kernel_6_12)
    (made,) = root.glob("target/rkmbuild/*/*/more.o")
    compiled = made.stat().st_mtime_ns
    source = root / "src" / "lib.rs"
    text = source.read_text()
    source.write_text(text + "\nmistake\n")
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release)
    assert done.returncode == 6, done.stderr
    assert "rkmbuild_rust" not in done.stderr
    source.write_text(text)
    build(root, kernel_6_12)
    assert made.stat().st_mtime_ns == compiled


def test_a_build_from_a_process_with_many_open_files_ends_as_any_other(
    project: Path, kernel_6_12: KernelTree
) -> None:
    source = project / "src" / "lib.rs"
    source.write_text(source.read_text() + "\n// with many files open\n")
    command = [sys.executable, "-m", "rkmbuild", "build", str(project), "-k", kernel_6_12.release]
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(Path(os.devnull).open("rb")).fileno() for _ in range(12)]
        done = subprocess.run(command, pass_fds=taken, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert build(project, kernel_6_12)["fresh"]


@pytest.mark.parametrize("after", [0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.1, 1.3, 1.6])
def test_a_build_that_was_killed_leaves_nothing_that_the_next_one_trips_over(
    project: Path, kernel_6_12: KernelTree, after: float
) -> None:
    source = project / "src" / "lib.rs"
    source.write_text(source.read_text() + f"\n// killed after {after}\n")
    command = [sys.executable, "-m", "rkmbuild", "build", str(project), "-k", kernel_6_12.release]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    result = build(project, kernel_6_12)
    assert Path(str(result["module"])).stat().st_size > 1000
    assert build(project, kernel_6_12)["fresh"]


def test_a_build_that_was_killed_while_it_filled_the_cache_is_done_by_the_next_one(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", "cold")
    cache = tmp_path / "cache"
    environment = {**os.environ, "RKMBUILD_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "rkmbuild", "build", str(root), "-k", str(kernel_6_12.build)]
    for filled in ("tmp/*/work/target", "tmp/*/work/target/x86_64-kernel/release/deps/*core*"):
        process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        deadline = time.monotonic() + 120
        while not list(cache.glob(filled)) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert not list(cache.glob("sysroot/*"))
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(cache.glob("sysroot/*"))) == 1


def test_an_interrupted_build_stops_what_it_started(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", "stopped")
    cache = tmp_path / "cache"
    environment = {**os.environ, "RKMBUILD_CACHE_DIR": str(cache)}
    command = [sys.executable, "-m", "rkmbuild", "build", str(root), "-k", str(kernel_6_12.build)]
    with started(command, stderr=subprocess.PIPE, env=environment) as process:
        deadline = time.monotonic() + 60
        while not list(cache.glob("tmp/*/work/target")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not list(cache.glob("tmp/*"))
    left = []
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            left += [text for text in [command_line.read_bytes()] if os.fsencode(cache) in text]
    assert not left


def test_a_configuration_of_cargos_hides_no_change(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", manifest='path = "driver/main.rs"\n')
    (root / "src").rename(root / "driver")
    source = (root / "driver" / "lib.rs").rename(root / "driver" / "main.rs")
    source.write_text(source.read_text() + "\n#[cfg(CONFIG_OF_NO_KERNEL)]\nstatic ONE: u32 = 1;\n")
    (root / ".cargo").mkdir()
    (root / ".cargo" / "config.toml").write_text(
        '[build]\ntarget = "x86_64-unknown-linux-gnu"\nrustflags = ["-Cno-such-option"]\n'
        f'target-dir = "elsewhere"\ndep-info-basedir = "{tmp_path}"\n'
    )
    for words in ("loaded", "loaded again"):
        source.write_text(source.read_text().replace("loaded", words))
        done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "--quiet")
        assert (done.returncode, done.stdout) == (0, "")
        (warning,) = done.stderr.splitlines()
        assert warning.startswith("warning: `-Cno-such-option` of ")
    (module,) = root.glob("target/rkmbuild/*/sample.ko")
    assert b"loaded again" in module.read_bytes()
    assert not (root / "elsewhere").exists()
