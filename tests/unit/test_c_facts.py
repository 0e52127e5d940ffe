"""What a project's C asks of a kernel is found in its files."""

from pathlib import Path

from rkmbuild.base import paths
from rkmbuild.pipeline import probe
from rkmbuild.pipeline.api import c_facts
from rkmbuild.project import project
from tests import projects

METADATA = """
[package.metadata.rkmbuild]
headers = ["src/shim.h", "linux/pci.h"]
c-sources = ["src/shim.c"]
"""
CRATES_OWN = probe.read((paths.data("crates") / "kernel" / "probes").read_text())[1]


def of(folder: Path, **files: str) -> project.Project:
    root = projects.make(folder / "p", manifest=METADATA)
    for name, text in {"shim_h": "", "shim_c": "", **files}.items():
        (root / "src" / name.replace("_", ".")).write_text(text)
    return project.load(root)


def test_what_c_files_and_their_headers_ask_is_found(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        shim_h='#include <linux/usb.h>\n#include "more.h"\n#ifdef RKMBUILD_HAS_usb_thing\n#endif\n',
        more_h="#if defined(RKMBUILD_HAS_thing) || defined(RKMBUILD_HAS_WQ_PERCPU)\n",
        shim_c='#include "shim.h"\n  #  include  <linux/netdevice.h>\n#ifdef RKMBUILD_HAS_in_c\n',
    )
    in_headers = {"usb_thing", "thing", "WQ_PERCPU"}
    assert c_facts.in_headers(found).names == in_headers
    asked = c_facts.everywhere(found)
    assert asked.names == in_headers | {"in_c"}
    assert asked.headers == ("<linux/pci.h>", "<linux/usb.h>", "<linux/netdevice.h>")
    # The crate asks for one of them itself.
    names = [question.name for question in asked.questions(beside=CRATES_OWN)]
    assert names == ["in_c", "thing", "usb_thing"]


def test_a_project_that_asks_nothing_has_no_questions(tmp_path: Path) -> None:
    asked = c_facts.everywhere(of(tmp_path, shim_c="#include <linux/usb.h>\n"))
    assert not asked.names
    assert not asked.questions(beside=())
