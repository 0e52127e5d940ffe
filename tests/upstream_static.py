"""Modules on Rust for Linux's own crate for a kernel that was built without Rust."""

import shutil
import subprocess
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import overlaid
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from tests import projects

UPSTREAM = '\n[package.metadata.rkmbuild]\napi = "upstream"\n'
"""What a manifest has for such a project."""
_DATA = Path(__file__).parent / "data" / "upstream"
_AUTHORS = {False: 'author: "Somebody"', True: 'authors: ["Somebody"]'}


def printing(folder: Path, tree: KernelTree) -> Path:
    """Put the module `printing` into a new folder, in the words of a kernel's `module!`."""
    shutil.copytree(_DATA / "printing", folder)
    source = folder / "said.rs"
    # `author` went with 6.19, and `authors` came with 6.15.
    source.write_text(source.read_text().replace("AUTHORS", _AUTHORS[tree.version.major > 6]))
    return folder


def alone(folder: Path, *sources: Path) -> Path:
    """Put modules of one file each into a new folder."""
    folder.mkdir()
    for source in sources:
        shutil.copyfile(source, folder / source.name)
    names = " ".join(f"{source.stem}.o" for source in sources)
    (folder / "Kbuild").write_text(f"obj-m := {names}\n")
    return folder


def traced(folder: Path, source: Path) -> Path:
    """Put 7.3's sample of printing, which has a tracepoint in C, into a new folder."""
    folder.mkdir()
    for name in ("rust_print_main.rs", "rust_print_events.c"):
        shutil.copyfile(source / "samples/rust" / name, folder / name)
    (folder / "Kbuild").write_text(
        "obj-m := rust_print.o\nrust_print-y := rust_print_main.o rust_print_events.o\n"
        "ccflags-y += -I$(src)\n"
    )
    return folder


def ours(name: str) -> Path:
    """Return a source of ours."""
    (found,) = _DATA.rglob(f"{name}.rs")
    return found


def make(folder: Path, tree: KernelTree, sidecar: Sidecar) -> "subprocess.CompletedProcess[str]":
    """Build what is in a folder by the kernel's own rules."""
    command = overlaid.prepare(tree, sidecar).command(folder, "-j2")
    return subprocess.run(command, capture_output=True, text=True, check=False)


def project(root: Path, body: str, *, before: str = "", manifest: str = "") -> Path:
    """Write a project on a crate that is older than `authors`, and documented as it wants it."""
    projects.make(root, root.name, body=body, before=before, manifest=manifest + UPSTREAM)
    file = root / "src/lib.rs"
    text = file.read_text().replace('authors: ["A test"]', 'author: "A test"')
    file.write_text(f"//! A module for a test.\n\n{text}")
    return root
