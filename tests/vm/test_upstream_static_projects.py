"""Projects on the upstream API for a kernel without Rust: built small, checked, and run."""

import json
from pathlib import Path

import pytest

from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import upstream_static
from tests.cli import complaints, rkmbuild
from tests.vm import crate_guest

pytestmark = pytest.mark.together

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
        // SAFETY: it is given any number, and calls back as it is declared.
        pr_info!("{}\\n", unsafe { twice(21) });
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

extern "C" {
    fn twice(number: i32) -> i32;
}

/// Called from C.
#[no_mangle]
pub extern "C" fn doubled(number: i32) -> i32 {
    2 * number
}
"""
WITH_C = '\n[package.metadata.rkmbuild]\nc-sources = ["src/shim.c"]\napi = "upstream"\n'
C = """\
#include <linux/printk.h>

int twice(int number);
int doubled(int number);

int twice(int number)
{
	pr_info("in C: %d\\n", number);
	return doubled(number);
}
"""
# By index, so that nothing but running it tells.
CRASHES = 'let numbers = KVec::<i32>::new();\n        pr_info!("{}\\n", numbers[3]);'
SCRIPT = ("insmod /hello.ko", "rmmod hello", "insmod /hashes.ko", "rmmod hashes")


@pytest.fixture(scope="module")
def built(
    kernel_6_12: KernelTree, upstream_6_12: Sidecar, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The modules by their names; nothing but progress was said of them."""
    assert upstream_6_12.way is Way.STATIC
    top = tmp_path_factory.mktemp("projects")
    words = ("--api", "upstream", "--kernel", kernel_6_12.release, "--author", "A Test")
    assert rkmbuild("new", top / "hello", *words, "--vcs", "none").returncode == 0
    hashes = upstream_static.project(top / "hashes", HASHES, before=ITEMS, manifest=CRATES)
    (hashes / "src/shim.c").write_text(C)
    manifest = hashes / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace(upstream_static.UPSTREAM, WITH_C))
    return {root: crate_guest.build(top / root, kernel_6_12) for root in ("hello", "hashes")}


@pytest.fixture(scope="module")
def guest(kernel_6_12: KernelTree, built: dict[str, Path]) -> GuestResult:
    result = crate_guest.run(kernel_6_12, built, SCRIPT)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(SCRIPT)
    return result


def test_a_new_project_is_loaded_and_unloaded(guest: GuestResult) -> None:
    assert crate_guest.texts(guest, 0, 1)[-3:] == [
        "hello: Hello kernel module!",
        "hello: My message is on the heap!",
        "hello: Goodbye kernel module!",
    ]


def test_crates_and_c_of_the_project_are_in_its_module(guest: GuestResult) -> None:
    assert crate_guest.texts(guest, 2) == [
        "hashes: 52f8ab92f7c3fb18 4 7",
        "in C: 21",
        "hashes: 42",
    ]


def test_check_has_nothing_to_say_and_the_crate_is_in_as_far_as_it_is_used(
    kernel_6_12: KernelTree, built: dict[str, Path]
) -> None:
    done = rkmbuild("check", *built.values(), "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stdout
    for said in json.loads(done.stdout)["modules"]:
        assert {finding["rule"] for finding in said["findings"]} <= {"unsigned", "out-of-tree"}
    assert built["hello"].stat().st_size < 40 << 10


def test_a_build_that_is_fresh_does_nothing_until_the_crate_changes(
    kernel_6_12: KernelTree, upstream_6_12: Sidecar, built: dict[str, Path]
) -> None:
    root = built["hello"].parents[3]
    words = ("build", root, "--kernel", kernel_6_12.release, "--json")
    assert json.loads(rkmbuild(*words).stdout)["fresh"]
    state = next(root.glob("target/rkmbuild/*/release/state.json"))
    inputs = json.loads(state.read_text())["inputs"]
    for name in ("libkernel.rmeta", "crates.a", "helpers.a"):
        assert str(upstream_6_12.crates / name) in inputs


def test_an_edit_is_built_without_make_and_tested(
    kernel_6_12: KernelTree, built: dict[str, Path]
) -> None:
    root = built["hello"].parents[3]
    file = root / "src/lib.rs"
    file.write_text(file.read_text().replace("on the {}!", "on the {} now!"))
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, "-v")
    assert done.returncode == 0, done.stderr
    assert "make -C" not in done.stderr
    script = root / "tests/says_hello.sh"
    script.write_text(script.read_text().replace("on the heap!", "on the heap now!"))
    done = rkmbuild("test", root, "--kernel", kernel_6_12.release, "--json", "--timeout", "150")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    (ran,) = json.loads(done.stdout)["kernels"]
    assert [test["name"] for test in ran["tests"]] == ["tests/says_hello.sh"]


def test_a_panic_is_told_by_the_line_of_the_project(
    kernel_6_12: KernelTree, upstream_6_12: Sidecar, tmp_path: Path
) -> None:
    root = upstream_static.project(tmp_path / "crash", CRASHES)
    done = rkmbuild("run", "--kernel", kernel_6_12.release, "--timeout", "150", cwd=root)
    assert done.returncode == 22, done.stderr
    lines = (root / "src/lib.rs").read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "numbers[3]" in line)
    assert f"panicked at src/lib.rs:{number}:" in done.stdout
    assert "in the source, that was <crash::Sample as kernel::Module>::init" in done.stderr
    assert f"at src/lib.rs:{number}" in done.stderr
    assert upstream_6_12.release in done.stderr
