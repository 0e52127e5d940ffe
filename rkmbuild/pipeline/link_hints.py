"""What stands behind symbols that no kernel has, where their names tell."""

import re
from collections.abc import Iterable

# Functions that C files and `-sys` crates take from a program's C library; those that the kernel
# has under the same names are not asked for in vain.
_OF_C = (
    "abort|abs|aligned_alloc|assert|atexit|atoi|calloc|close|exit|f(?:close|flush|open|printf|puts|"
    "read|write)|free|getenv|gmtime|localtime|malloc|memalign|mmap|munmap|open|perror|"
    "posix_memalign|printf|putchar|puts|qsort|rand|read|realloc|srand|std(?:err|in|out)|"
    r"str(?:dup|error|tod|tol|toul)|time|write|pthread_\w+|__assert_fail|__errno_location|"
    r"__(?:f|s|sn|v)?printf_chk|__mem\w+_chk|__stack_chk_guard|__cxa_\w+"
)

_HINTS = (
    (
        r"__(?:start|stop)_(\w+)",
        ("{names} are the bounds of a section that a program's linker would give (crates that "
        "gather items so, as linkme does): a module is linked otherwise: list the items yourself"),
    ),
    (
        r"_critical_section_1_0_(?:acquire|release)",
        ("the crate critical-section wants to be told how: critical_section::set_impl! with a type "
        "whose acquire() and release() are local_irq_save() and local_irq_restore() in C, and "
        "a spinlock where there is more than one processor"),
    ),
    (
        r"__getrandom_v0\d_custom",
        ("getrandom's backend `custom` asks the module for its bytes: define {names} in it "
        "(`#[no_mangle] unsafe extern \"Rust\" fn`), by kernel::bindings::get_random_bytes()"),
    ),
    (
        r"__(?:atomic|sync)_\w+",
        ("{names}: atomic operations on more than 64 bits come from a program's libatomic: use a "
        "lock of kernel::sync, or portable-atomic with its feature `fallback`"),
    ),
    (
        r"_Unwind_\w+|rust_eh_personality|__gxx_personality_v0",
        "{names}: nothing unwinds in a kernel; a panic there ends the thread",
    ),
    (
        _OF_C,
        ("{names}: from the C library of a program, which a kernel does not have; a crate that is "
        "written in Rust throughout does without"),
    ),
)  # fmt: skip


def of(missing: Iterable[str]) -> list[str]:
    """Return what is known of symbols that no kernel exports, a sentence for each kind."""
    left = list(missing)
    found = []
    for pattern, text in _HINTS:
        names = [name for name in left if re.fullmatch(pattern, name)]
        if names:
            found.append(text.replace("{names}", ", ".join(f"`{name}`" for name in names[:4])))
            left = [name for name in left if name not in names]
    return found
