"""Whether a project may name any of the bindings: then all is bound for it."""

from pathlib import Path

import pytest

from rkmbuild.pipeline.api import portable_crate, reach
from rkmbuild.project import project
from tests import projects

PATH = '\n[dependencies]\nother = { path = "../other" }\n'


def _everything(root: Path) -> bool:
    return reach.everything(project.load(root))


def test_a_project_that_speaks_of_no_bindings_needs_few(tmp_path: Path) -> None:
    manifest = '\n[dependencies]\nhex = { version = "0.4", default-features = false }\n'
    assert not _everything(projects.make(tmp_path / "sample", manifest=manifest))


@pytest.mark.parametrize(
    ("before", "manifest"),
    [
        ("use kernel::bindings;", ""),
        ('#[cfg(has_fn = "seq_read")] const IT: u8 = 1;', ""),
        ('#[path = "../../elsewhere.rs"] mod elsewhere;', ""),
        ('include!("../../elsewhere.rs");', ""),
        ("kernel::export_symbol_gpl!(vfs_read);", ""),
        ('#[export] extern "C" fn vfs_read() {}', ""),
        ("", '\n[package.metadata.rkmbuild]\nheaders = ["linux/usb.h"]\n'),
        ("", '\n[dependencies]\nother = { git = "https://example.org/other" }\n'),
        ("", '\n[dependencies]\nother = { version = "1", registry = "ours" }\n'),
        ("", '\n[patch.crates-io]\nhex = { path = "../hex" }\n'),
    ],
)
def test_one_that_may_name_any_gets_all(tmp_path: Path, before: str, manifest: str) -> None:
    assert _everything(projects.make(tmp_path / "sample", before=before, manifest=manifest))


def test_what_lies_beside_it_counts(tmp_path: Path) -> None:
    root = projects.make(tmp_path / "sample", manifest=PATH)
    other = projects.make(tmp_path / "other", "other")
    assert not _everything(root)
    (other / "build.rs").write_text("fn main() {}\n")
    assert _everything(root)
    (other / "build.rs").unlink()
    assert not _everything(root)
    source = other / "src" / "lib.rs"
    source.write_text(f"{source.read_text()}\nuse kernel::bindings::jiffies;\n")
    assert _everything(root)


def test_the_crates_words_are_those_of_c_that_it_uses() -> None:
    words = portable_crate.words()
    assert {"file_operations", "rust_helper_printk", "NETDEV_UP", "netdev_cmd"} <= set(words)
    assert "usb_device" not in words
