"""A panic in a module: its thread dies as by BUG(), the kernel lives, the module stays."""

import re
import shutil
from pathlib import Path

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.vm import crate_guest

DEVICE = "/dev/panics"
SCRIPT = (
    # The guest's command line makes a panic of each oops; a usual system does not.
    "echo 0 > /proc/sys/kernel/panic_on_oops",
    "insmod /panics.ko && rmmod panics && insmod /panics.ko",
    f"echo index > {DEVICE}",
    f"echo memory > {DEVICE}",
    f"echo 'stop %s' > {DEVICE}",
    f"echo keep > {DEVICE}",
    "rmmod panics",
    "echo alive && cat /proc/sys/kernel/tainted",
    # A panic in an interrupt is one of the machine.
    f"echo timer > {DEVICE}; sleep 10",
)


def test_a_panic_ends_its_thread_and_no_more(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "panics", kernel)
    result = crate_guest.run(kernel, {"panics": module}, SCRIPT)
    _, loaded, index, memory, asked, kept, unload, alive, _ = range(len(SCRIPT))

    assert result.steps[loaded].status == 0
    messages = {
        index: "index out of bounds: the len is 0 but the index is 6",
        memory: f"memory allocation of {1 << 45} bytes failed",
        asked: "asked to stop %s",
        kept: "a file that is being closed cannot be kept",
    }
    for step, message in messages.items():
        said = "\n".join(crate_guest.texts(result, step))
        assert result.steps[step].status != 0
        assert "panics: panicked at " in said, said
        assert message in said, said
        assert "kernel BUG at" in said, said
    assert "src/lib.rs:" in "\n".join(crate_guest.texts(result, index))
    assert result.steps[unload].status != 0, "a module that panicked was unloaded"
    assert result.steps[alive].status == 0
    assert result.steps[alive].lines[0] == "alive"
    # Better than to wait for itself.
    assert result.outcome is Outcome.CRASHED
    last = [message.text for message in result.log]
    assert any("a timer was dropped by its own function" in text for text in last), last


SHORT = '\n[package.metadata.rkmbuild]\npanic = "short"\n'


def test_a_short_panic_says_its_place_alone(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = tmp_path / "panics"
    shutil.copytree(crate_guest.MODULES / "panics", root, ignore=shutil.ignore_patterns("target"))
    with (root / "Cargo.toml").open("a") as manifest:
        manifest.write(SHORT)
    panics = crate_guest.build(root, kernel_6_12)
    long = "0123456789" * 150
    body = f'pr_info!("a \\0 in it\\n"); pr_info!("{long}\\n");'
    literal = crate_guest.build(
        projects.make(tmp_path / "literal", "literal", body=body, manifest=SHORT), kernel_6_12
    )
    assert not re.search(rb"4core3fmt5write|9Formatter3pad|12pad_integral", literal.read_bytes())
    script = (*SCRIPT[:5], "insmod /literal.ko")
    result = crate_guest.run(kernel_6_12, {"panics": panics, "literal": literal}, script)
    _, _, index, memory, asked, printed = range(len(script))
    place = re.compile(r"panics: panicked at (\S+):\d+:\d+:")
    said = crate_guest.texts(result, index, memory, asked)
    found = [match[1] for match in map(place.fullmatch, said) if match]
    assert len(found) == 3
    assert found[0].endswith("src/lib.rs")
    assert found[1].endswith("alloc/global.rs")
    assert sum("kernel BUG at" in line for line in said) == 3
    assert not any("index out of bounds" in line or "asked to stop" in line for line in said)
    nul, *parts = crate_guest.texts(result, printed)
    assert nul == r"literal: a \x00 in it"
    assert "".join(part.removeprefix("literal: ") for part in parts) == long
