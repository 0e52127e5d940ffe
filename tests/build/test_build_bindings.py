"""Bindings against the kernel's own compiler: a layout that differs does not get through."""

import json
import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline
from rkmbuild.pipeline.api import reach
from rkmbuild.pipeline.layout import lighter, mend, rust_text
from rkmbuild.pipeline.pipeline import BuildRequest
from rkmbuild.project import project
from rkmbuild.toolchain import rust
from tests import projects
from tests.cli import rkmbuild
from tests.header_sweep import Sweep
from tests.unit import test_layout as recorded

# Headers of every folder: what names the module, packs and aligns at once, says names twice, or has
# structures that derive what they cannot.
SAMPLE = (
    "drm/drm_device.h", "linux/ethtool.h", "linux/hyperv.h", "linux/i2c.h", "linux/sock_diag.h",
    "linux/usb.h", "media/v4l2-device.h", "net/netrom.h", "net/sock.h", "net/tcp.h", "sound/soc.h",
    "uapi/linux/ioam6.h", "linux/arm_sdei.h", "uapi/sound/hdspm.h",
)  # fmt: skip

SERVICES = Path(__file__).parents[1] / "modules" / "services"


def bound(tree: KernelTree, folder: Path) -> Path:
    """Return the folder of a project's bindings: of everything, as it speaks of them."""
    root = projects.make(folder / "p", "bound", before="use kernel::bindings;")
    done = rkmbuild("build", root, "-k", tree.release, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    assert rkmbuild("build", root, "-k", tree.release).returncode == 0
    key = json.loads(done.stdout)["bindings"]["key"]
    return paths.cache_dir() / "bindings" / str(key)


@pytest.mark.dear
def test_the_bindings_of_a_build_assert_every_layout(kernel: KernelTree, tmp_path: Path) -> None:
    folder = bound(kernel, tmp_path)
    text = (folder / "layout.rs").read_text()
    assert "size_of::<file_operations>() == " in text
    assert "align_of::<task_struct>() == 64" in text
    assert re.search(r"offset_of!\(task_struct, _bitfield_\d\) \* 8 \+ \d+ == \d+", text)
    asserted = set(re.findall(r'"(\w+) is not laid out as in C"', text))
    # All but what C only declares, which has no size in Rust either.
    rust = (folder / "bindings.rs").read_text()
    bodies = dict(re.findall(r"pub (?:struct|union) (\w+) \{([^}]*)\}", rust))
    others = {name: body for name, body in bodies.items() if name not in asserted}
    # bindgen has blanks between all tokens where no rustfmt works.
    closed = {name: "".join(body.split()) for name, body in others.items()}
    assert not [name for name, body in closed.items() if body and "[u8;0" not in body]
    assert len(asserted) > 1500


@pytest.mark.dear
def test_a_layout_that_differs_stops_rustc(kernel: KernelTree, tmp_path: Path) -> None:
    text = (bound(kernel, tmp_path) / "layout.rs").read_text()
    # The kernel's own struct miscdevice begins with an int; here a pointer comes first.
    other = "#[repr(C)] struct miscdevice { name: usize, minor: i32 }\n"
    (line,) = [line for line in text.splitlines() if '"miscdevice is not laid out' in line]
    check = re.search(r"::core::mem::offset_of!\(miscdevice, minor\) == \d+", line)
    assert check is not None
    source = tmp_path / "other.rs"
    source.write_text(f"{other}const _: () = assert!({check[0]});\nfn main() {{}}\n")
    found, _ = rust.choose()
    done = subprocess.run(
        [found.rustc, "--edition=2021", "--emit=metadata", "-o", tmp_path / "other.rmeta", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "assertion failed" in done.stderr


@pytest.mark.dear
def test_a_module_is_the_same_whether_all_is_bound_or_what_it_needs(
    kernel: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "services"
    shutil.copytree(SERVICES, root, ignore=shutil.ignore_patterns("target"))
    assert not reach.everything(project.load(root))
    made = []
    for everything in (False, True):
        monkeypatch.setattr(reach, "everything", lambda _, answer=everything: answer)
        shutil.rmtree(root / "target", ignore_errors=True)
        module = pipeline.build(BuildRequest(path=root, kernel=str(kernel.build))).module
        made.append(module.read_bytes())
    assert _sections_that_differ(*made) == []
    assert made[0] == made[1]


def test_where_rkmbuild_lies_says_nothing_to_a_module(
    kernel_6_12: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLVM names what parts of a crate share by a digest that debug information is part of."""
    root = tmp_path / "services"
    shutil.copytree(SERVICES, root, ignore=shutil.ignore_patterns("target"))
    request = BuildRequest(path=root, kernel=str(kernel_6_12.build))
    here = pipeline.build(request).module.read_bytes()
    assert ".llvm." in str(here)

    elsewhere = tmp_path / "a/folder/of/another/length"
    shutil.copytree(paths.data("crates"), elsewhere, ignore=shutil.ignore_patterns("target"))
    lies = {"crates": elsewhere}
    monkeypatch.setattr(paths, "data", lambda name, at=paths.data: lies.get(name) or at(name))
    for kind in ("sysroot", "bindings"):
        (tmp_path / "cache" / kind).parent.mkdir(exist_ok=True)
        (tmp_path / "cache" / kind).symlink_to(paths.cache_dir() / kind)
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(tmp_path / "cache"))
    shutil.rmtree(root / "target")
    there = pipeline.build(request).module.read_bytes()
    # Both are digests of debug information as well, in which the helpers' files in C have names.
    assert _sections_that_differ(here, there) == [".note.gnu.build-id", ".gnu_debuglink"]


def _sections_that_differ(one: bytes, other: bytes) -> list[str]:
    both = [
        {each.name: each.data() for each in ELFFile(BytesIO(module)).iter_sections()}
        for module in (one, other)
    ]
    return [name for name in both[0] | both[1] if both[0].get(name) != both[1].get(name)]


def test_what_was_put_right_is_said_with_v(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", "bound", before="use kernel::bindings;")
    done = rkmbuild("build", root, "-k", kernel_6_12.release, "-v")
    assert done.returncode == 0, done.stderr
    # arch/x86/include/asm/alternative.h packs a union; asm-generic/param.h has HZ as 100.
    assert "alt_instr: opaque, as it is packed and holds" in done.stderr
    assert "HZ: 250 in C, and not 100" in done.stderr


def test_headers_of_every_folder_bind_as_btf_has_them(kernel_6_12: KernelTree) -> None:
    sweep = Sweep(kernel_6_12)
    sweep.bind(SAMPLE)
    swept = sweep.swept
    assert swept.failed == {}
    assert set(swept.bound) == set(SAMPLE) - set(swept.no_c)
    assert swept.differing == {}
    assert len(swept.compared) > 1500


@pytest.mark.parametrize("bindgen", ["0.60.1", "0.72.1"])
def test_what_is_written_for_a_trait_does_what_is_derived(bindgen: str, tmp_path: Path) -> None:
    text, comparison = recorded.bound(bindgen), recorded.compared(bindgen=bindgen)
    mend.mend(comparison)
    derived = mend.written(text.text, text.records, comparison.rust.records)
    names = {
        name: ("Debug" in record.derived, record.kind == "union")
        for name, record in rust_text.parse(derived).records.items()
        if {"Clone", "Copy"} <= set(record.derived)
        and ("Default" in record.derived or f"Default for {name} " in derived)
    }
    assert len(names) > 5
    source = tmp_path / "both.rs"
    source.write_text(
        "#![allow(warnings)]\nmod ffi { pub use core::ffi::*; }\n"
        "fn zero<T: Copy>(a: &T) -> bool { unsafe { core::slice::from_raw_parts("
        "a as *const T as *const u8, core::mem::size_of::<T>()) }.iter().all(|b| *b == 0) }\n"
        f"mod derived {{\n{derived}}}\nmod written {{\n{lighter.lightened(derived)}}}\n"
        "fn main() {\n"
        + "".join(
            f"    let d = derived::{name}::default(); let w = written::{name}::default();\n"
            # Between the fields of a structure there may be anything, once it was moved.
            + ("    assert!(zero(&d) && zero(&w) && zero(&w.clone()));\n" if union else "")
            + ('    assert_eq!(format!("{d:?}"), format!("{:?}", w.clone()));\n' if shown else "")
            for name, (shown, union) in names.items()
        )
        + '    println!("same");\n}\n'
    )
    found, _ = rust.choose()
    made = tmp_path / "both"
    commands: list[list[str | Path]] = [[found.rustc, "--edition=2021", "-o", made, source], [made]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert done.stdout == "same\n"
