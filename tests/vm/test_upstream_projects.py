"""Projects on the upstream API, as `rkmbuild new` makes them and with crates: built, and run."""

import json
from pathlib import Path

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import projects
from tests.cli import complaints, rkmbuild
from tests.vm import crate_guest

pytestmark = pytest.mark.together

UPSTREAM = '\n[package.metadata.rkmbuild]\napi = "upstream"\n'
# One with a procedural macro, one with a build script, and one with nothing of that.
CRATES = """
[dependencies]
fnv = { version = "1", default-features = false }
memoffset = "0.9"
paste = "1"
"""
HASHES = """
        let mut hasher = fnv::FnvHasher::default();
        core::hash::Hasher::write(&mut hasher, b"kernel");
        let hash = core::hash::Hasher::finish(&hasher);
        pr_info!("{:x} {} {}\\n", hash, memoffset::offset_of!(Pair, second), number());
"""
ITEMS = """
#[repr(C)]
struct Pair {
    first: u8,
    second: u32,
}

paste::paste! {
    fn [<num ber>]() -> u32 { 7 }
}
"""
# By index, so that nothing but running it tells.
CRASHES = 'let numbers = KVec::<i32>::new();\n        pr_info!("{}\\n", numbers[3]);'
SCRIPT = (
    "insmod /hello.ko",
    "rmmod hello",
    "insmod /miscdevice.ko",
    "exec 3<>/dev/miscdevice; echo text >&3; cat <&3; exec 3>&-",
    "rmmod miscdevice",
    "insmod /hashes.ko",
    "rmmod hashes",
)


def _documented(root: Path) -> Path:
    """Say in a project what it is, for which the kernel's build asks (`-Wmissing_docs`)."""
    file = root / "src/lib.rs"
    file.write_text(f"//! A module for a test.\n\n{file.read_text()}")
    return root


@pytest.fixture(scope="module")
def built(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The modules by their names; nothing but progress was said of them."""
    assert upstream_7_3.way is Way.OWN
    top = tmp_path_factory.mktemp("projects")
    for name in ("hello", "miscdevice"):
        words = ("--template", name, "--api", "upstream", "--author", "", "--vcs", "none")
        assert rkmbuild("new", top / name, *words).returncode == 0
    hashes = CRATES + UPSTREAM
    _documented(projects.make(top / "hashes", "hashes", body=HASHES, before=ITEMS, manifest=hashes))
    names = ("hello", "miscdevice", "hashes")
    return {name: crate_guest.build(top / name, kernel_7_3) for name in names}


def test_they_are_loaded_driven_and_unloaded_without_a_word_of_the_kernels(
    kernel_7_3: KernelTree, built: dict[str, Path]
) -> None:
    result = crate_guest.run(kernel_7_3, built, SCRIPT)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(SCRIPT)
    assert crate_guest.texts(result, 0, 1)[-3:] == [
        "hello: Hello kernel module!",
        "hello: My message is on the heap!",
        "hello: Goodbye kernel module!",
    ]
    assert result.steps[3].lines == ("text",)
    assert "misc miscdevice: registered" in crate_guest.texts(result, 2)
    assert crate_guest.texts(result, 5) == ["hashes: 52f8ab92f7c3fb18 4 7"]


def test_check_has_nothing_to_say_and_they_are_as_small_as_what_they_do(
    kernel_7_3: KernelTree, built: dict[str, Path]
) -> None:
    words = ("--kernel", kernel_7_3.release, "--json")
    done = rkmbuild("check", *built.values(), *words)
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    for said in document.get("modules", [document]):
        assert {finding["rule"] for finding in said["findings"]} <= {"unsigned", "out-of-tree"}
    assert built["hello"].stat().st_size < 20 << 10


def test_a_build_that_is_fresh_does_nothing_until_the_crate_changes(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, built: dict[str, Path]
) -> None:
    root = built["hello"].parents[3]
    words = ("build", root, "--kernel", kernel_7_3.release, "--json")
    assert json.loads(rkmbuild(*words).stdout)["fresh"]
    state = next(root.glob("target/rkmbuild/*/release/state.json"))
    inputs = json.loads(state.read_text())["inputs"]
    assert str(upstream_7_3.crates / "libkernel.rmeta") in inputs


def test_what_a_project_brings_of_tests_runs_and_what_does_not_is_told(
    kernel_7_3: KernelTree, built: dict[str, Path]
) -> None:
    root = built["hello"].parents[3]
    done = rkmbuild("test", root, "--kernel", kernel_7_3.release, "--json", "--timeout", "150")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    assert "without CONFIG_KUNIT=y" in done.stderr
    (ran,) = json.loads(done.stdout)["kernels"]
    assert [test["name"] for test in ran["tests"]] == ["tests/says_hello.sh"]


def test_a_panic_is_told_by_the_line_of_the_project(
    kernel_7_3: KernelTree, upstream_7_3: Sidecar, tmp_path: Path
) -> None:
    root = _documented(projects.make(tmp_path / "crash", "crash", body=CRASHES, manifest=UPSTREAM))
    words = ("--kernel", kernel_7_3.release, "--timeout", "150")
    done = rkmbuild("run", *words, cwd=root)
    assert done.returncode == 22, done.stderr
    lines = (root / "src/lib.rs").read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "numbers[3]" in line)
    assert f"panicked at src/lib.rs:{number}:" in done.stdout
    assert "in the source, that was <crash::Sample as kernel::module::Module>::init" in done.stderr
    assert f"at src/lib.rs:{number}" in done.stderr
    assert "at rust/kernel/alloc/kvec.rs:" in done.stdout
    assert upstream_7_3.release in done.stderr
