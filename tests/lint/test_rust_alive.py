"""What the kernel may call of a module is counted, so that the module stays for as long."""

import re

from tests.kernel_crates import CRATES

SOURCE = CRATES / "kernel" / "src"
# A function of ours that C calls: defined here, or in a macro.
_CALLED = re.compile(r'\bextern "C" fn \w+[<(]')
_COUNTED = re.compile(r"\balive!\(|\bAlive::(?:new|end)\(")
# What else sees to it that a module with such functions stays.
ELSEWHERE = {
    "debugfs/bytes.rs": "a table of debugfs/file.rs",
    "export.rs": "whoever is linked to an export counts as a user of the module",
    "filesystem/operations.rs": "a table of filesystem.rs; what is mounted counts as a user",
    "fs/operations.rs": "a table of miscdevice.rs and chrdev.rs; an open file counts as a user",
    "kunit.rs": "a parameter: the kernel takes those away itself",
    "module_param.rs": "the kernel takes parameters away itself, before it frees the module",
    "module_param/string.rs": "as module_param.rs",
    "time/hrtimer.rs": "the handles of time/hrtimer/pointer.rs",
    "workqueue/delayed.rs": "a work of workqueue/item.rs, which counts where it is queued",
}


def test_each_function_that_the_kernel_calls_is_of_something_that_is_counted() -> None:
    texts = {str(file.relative_to(SOURCE)): file.read_text() for file in SOURCE.rglob("*.rs")}
    calls = {name for name, text in texts.items() if _CALLED.search(text)}
    counted = {name for name, text in texts.items() if _COUNTED.search(text)}
    forgotten = calls - counted - set(ELSEWHERE)
    assert not forgotten, f"what registers keeps an Alive (src/alive.rs): {sorted(forgotten)}"
    needless = {name for name in ELSEWHERE if name not in calls or name in counted}
    assert not needless, needless
