"""hello_world as the README shows it, built and run."""

import json
from pathlib import Path
from subprocess import CompletedProcess

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild
from tests.vm import crate_guest

EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_world"
LINES = ["Hello kernel module!", "My message is on the heap!", "Goodbye kernel module!"]


def build(tree: KernelTree, folder: Path, *words: str) -> CompletedProcess[str]:
    """Build a copy of it in `folder`, whatever comes of that."""
    root = projects.make(folder / "hello_world", "hello_world")
    for name in ("Cargo.toml", "src/lib.rs"):
        (root / name).write_bytes((EXAMPLE / name).read_bytes())
    return rkmbuild("build", root, "--kernel", crate_guest.spec(tree), *words, "--json")


def says_its_lines(built: CompletedProcess[str], tree: KernelTree) -> None:
    """Run what was built, and see that it says its three lines and nobody anything more."""
    module = json.loads(built.stdout)["module"]
    ran = rkmbuild("run", module, "--kernel", crate_guest.spec(tree), "--json")
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["release"] == tree.release
    said = [message["text"] for message in result["messages"]]
    prefix = "hello_world: "
    assert [line for line in said if line.removeprefix(prefix) in LINES] == [
        prefix + line for line in LINES
    ]
    # What remains is what a kernel says of any unsigned module from outside its tree, and of its
    # clock, which settles a second or two after the start.
    others = [line for line in said if line.removeprefix(prefix) not in LINES]
    assert all("taint" in line or line.startswith(crate_guest.CLOCK) for line in others), others
