"""Bindings against the kernel's own compiler: a layout that differs does not get through."""

import json
import re
import subprocess
from pathlib import Path

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust
from tests import projects
from tests.cli import rkmbuild
from tests.header_sweep import Sweep

# Headers of every folder: what names the module, packs and aligns at once, says names twice, or has
# structures that derive what they cannot.
SAMPLE = (
    "drm/drm_device.h", "linux/ethtool.h", "linux/hyperv.h", "linux/i2c.h", "linux/sock_diag.h",
    "linux/usb.h", "media/v4l2-device.h", "net/netrom.h", "net/sock.h", "net/tcp.h", "sound/soc.h",
    "uapi/linux/ioam6.h",
)  # fmt: skip


def bound(tree: KernelTree, folder: Path) -> str:
    root = projects.make(folder / "p", "bound")
    done = rkmbuild("build", root, "-k", tree.release, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    assert rkmbuild("build", root, "-k", tree.release).returncode == 0
    key = json.loads(done.stdout)["bindings"]["key"]
    return (paths.cache_dir() / "bindings" / str(key) / "bindings.rs").read_text()


def test_the_bindings_of_a_build_assert_every_layout(kernel: KernelTree, tmp_path: Path) -> None:
    text = bound(kernel, tmp_path)
    assert "size_of::<file_operations>() == " in text
    assert "align_of::<task_struct>() == 64" in text
    assert re.search(r"offset_of!\(task_struct, _bitfield_\d\) \* 8 \+ \d+ == \d+", text)
    asserted = set(re.findall(r'"(\w+) is not laid out as in C"', text))
    # All but what C only declares, which has no size in Rust either.
    bodies = dict(re.findall(r"pub (?:struct|union) (\w+) \{([^}]*)\}", text))
    others = {name: body for name, body in bodies.items() if name not in asserted}
    assert not [n for n, body in others.items() if body.strip() and "[u8; 0" not in body]
    assert len(asserted) > 1500


def test_a_layout_that_differs_stops_rustc(kernel: KernelTree, tmp_path: Path) -> None:
    text = bound(kernel, tmp_path)
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


def test_what_was_put_right_is_said_with_v(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", "bound")
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
