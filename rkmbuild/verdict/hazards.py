"""The rules that the loader does not enforce: what taints, what crashes, and the notes.

A dangerous module is one that finit_module takes, or reads beyond its buffers for, so that the
kernel may crash or be corrupted then or later.
"""

from rkmbuild.verdict.findings import Rule, Severity
from rkmbuild.verdict.notes import NOTES

_MAIN = "kernel/module/main.c"
_X86 = "arch/x86/kernel/module.c"
_DAMAGED = "the file is damaged or was made by no kernel build: copy or build it again"
_OBJTOOL = "let kbuild run objtool over the object, as rkmbuild build does"


def _taints(rule: str, text: str, source: str, way_out: str, *, ordinary: bool = False) -> Rule:
    return Rule(
        id=rule,
        severity=Severity.TAINTS,
        text=text,
        source=source,
        way_out=way_out,
        ordinary=ordinary,
    )


def _dangerous(rule: str, text: str, source: str, way_out: str = _DAMAGED) -> Rule:
    return Rule(id=rule, severity=Severity.DANGEROUS, text=text, source=source, way_out=way_out)


_TAINTS = (
    _taints(
        "unsigned",
        "the module has a signature that the kernel can verify (else taint E)",
        f"{_MAIN}: load_module (6.1), module_augment_kernel_taints (6.12), CONFIG_MODULE_SIG",
        "sign it, if this kernel enforces signatures: scripts/sign-file",
        ordinary=True,
    ),
    _taints(
        "out-of-tree",
        "the module comes from the kernel's own tree (else taint O)",
        f"{_MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
        "nothing to do: every module from outside is so marked",
        ordinary=True,
    ),
    _taints(
        "forced",
        "the module carries a version magic, and CRCs of what it imports and exports (else taint "
        "F; without CONFIG_MODULE_FORCE_LOAD it is refused)",
        f"{_MAIN}: try_to_force_load",
        "build it through kbuild, and do not strip its .modinfo or __versions",
    ),
    _taints(
        "staging",
        "the module is not from the staging directory (else taint C)",
        f"{_MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
        "the kernel's developers do not vouch for it",
    ),
    _taints(
        "test-module",
        "the module is no test (else taint N)",
        f"{_MAIN}: check_modinfo (6.1), module_augment_kernel_taints (6.12)",
        "load tests in a virtual machine: rkmbuild run",
    ),
    _taints(
        "live-patch",
        "the module is no live patch (else taint K)",
        f"{_MAIN}: check_modinfo_livepatch, module_augment_kernel_taints",
        "a live patch changes the running kernel's own functions",
    ),
    _taints(
        "proprietary",
        "the license is compatible with the GPL (else taint P)",
        "include/linux/license.h: license_is_gpl_compatible",
        "GPL-compatible are GPL, GPL v2, GPL and additional rights, Dual BSD/GPL, Dual MIT/GPL, "
        "Dual MPL/GPL",
    ),
)

_DANGERS = (
    _dangerous(
        "release-differs",
        "a module with Rust code is for the very release that it was built for: it knows the "
        "layout of more types than those that the CRCs cover",
        "kernel/module/version.c: same_magic leaves the release out; scripts/genksyms",
        "build it for this kernel: rkmbuild build --kernel {release}",
    ),
    _dangerous(
        "section-zero-used",
        "section 0 is all zero, and no other section is of type SHT_NULL with contents",
        f"{_MAIN}: rewrite_section_headers, move_module",
    ),
    _dangerous(
        "section-name-outside",
        "every section's name lies within the table of names",
        f"{_MAIN}: find_any_sec; {_X86}: module_finalize (they compare every name)",
    ),
    _dangerous(
        "section-name-twice",
        "allocated sections have names of their own (6.1 goes on without its list of sections, "
        "and add_notes_attrs then follows a null pointer)",
        "kernel/module/sysfs.c: add_sect_attrs, add_notes_attrs (6.1)",
        "sections of one name but different flags do not merge at linking: give them one set",
    ),
    _dangerous(
        "section-alignment",
        "a section's alignment is a power of two and at most a page",
        f"{_MAIN}: module_get_offset (6.1), module_get_offset_and_type (6.12)",
    ),
    _dangerous(
        "size-wraps",
        "the sections' sizes sum up to less than 4 GiB (the loader counts in 32 bits)",
        f"{_MAIN}: module_get_offset (6.1), module_get_offset_and_type (6.12)",
    ),
    _dangerous(
        "much-memory",
        "a module takes less than 256 MiB",
        f"{_MAIN}: move_module; arch/x86 module_alloc (6.1), execmem_alloc (6.12)",
        "a static of this size belongs into memory that init allocates",
    ),
    _dangerous(
        "table-size",
        "there are at most half a million symbols and four million relocations: the kernel would "
        "take more, but no driver has a fifth of it, and they are not judged",
        f"{_MAIN}: simplify_symbols, apply_relocations",
    ),
    _dangerous(
        "section-flags",
        "code is loaded, and what the kernel writes to is writable",
        f"{_MAIN}: layout_sections; kernel/jump_label.c, lib/bug.c write to their tables",
    ),
    _dangerous(
        "section-overlap",
        "no two allocated sections claim the same bytes of the file",
        'System V ABI, "Sections in an object file may not overlap"',
    ),
    _dangerous(
        "special-section",
        "a table that the kernel reads has its entries' size, memory of its own and a relocation "
        "for every pointer, which leads to the kind of place that it should",
        f"{_MAIN}: find_module_sections; {_X86}: module_finalize",
        _OBJTOOL,
    ),
    _dangerous(
        "string-outside",
        "names of symbols and of modinfo end within their tables",
        f"{_MAIN}: simplify_symbols; kernel/module/kallsyms.c: layout_symtab",
    ),
    _dangerous(
        "this-module-content",
        "struct module is zero but for its name, init and exit",
        "scripts/mod/modpost.c: add_header; the kernel takes the rest as it is in the file",
    ),
    _dangerous(
        "entry-points",
        "init and exit are functions of this module",
        f"{_MAIN}: do_init_module; arch/x86 jumps wherever they point",
    ),
    _dangerous(
        "symbol-outside",
        "a symbol lies within its section, and a function in one with code",
        f"{_MAIN}: simplify_symbols",
    ),
    _dangerous(
        "symbol-overlap",
        "functions do not begin in the middle of others",
        "System V ABI, symbol table",
    ),
    _dangerous(
        "relocation-section",
        "a section `.rela.x` is of type SHT_RELA, and fills `.x` by the module's symbols (the "
        "loader goes by the numbers in the header, and leaves out what is of another type)",
        f"{_MAIN}: apply_relocations",
    ),
    _dangerous(
        "branch-unfilled",
        "calls and jumps to elsewhere have relocations: without one they lead to what follows",
        "x86-64 psABI: the operand of such a call is 0 in the file",
    ),
    _dangerous(
        "relocation-place",
        "a relocation's place lies within its section (the loader writes wherever it points)",
        f"{_X86}: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
    ),
    _dangerous(
        "relocation-symbol",
        "a relocation's symbol exists (the loader reads beyond the table)",
        f"{_X86}: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
    ),
    _dangerous(
        "relocation-target",
        "what is loaded refers only to what is loaded (the rest is freed when loading ends)",
        f"{_MAIN}: simplify_symbols gives such symbols addresses in the copy of the file",
    ),
    _dangerous(
        "relocation-livepatch",
        "only live patches have SHF_RELA_LIVEPATCH sections",
        f"{_MAIN}: apply_relocations; kernel/livepatch/core.c: klp_apply_section_relocs",
    ),
    _dangerous(
        "relocation-truncated",
        "the value of a PC32 or PLT32 relocation fits into 32 bits (the loader cuts it off)",
        f"{_X86}: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
        "compile with code model kernel",
    ),
    _dangerous(
        "relocation-skipped",
        "per-CPU variables have no relocations in their initial values: the loader skips them",
        f"{_MAIN}: layout_and_allocate clears SHF_ALLOC, apply_relocations skips",
        "fill pointers of per-CPU variables in init",
    ),
    _dangerous(
        "call-target",
        "a call leads to the beginning of a function",
        "x86-64 psABI: R_X86_64_PLT32 of a call has the addend -4",
    ),
    _dangerous(
        "missing-endbr",
        "where X86_KERNEL_IBT is on, a function whose address is taken begins with ENDBR64 (else "
        "the first indirect call to it is a fatal #CP)",
        "arch/x86/kernel/cet.c: exc_control_protection; CONFIG_X86_KERNEL_IBT",
        "compile with -fcf-protection=branch, in Rust -Zcf-protection=branch",
    ),
    _dangerous(
        "fpu-registers",
        "code that uses x87, MMX, SSE or AVX registers does so between kernel_fpu_begin() and "
        "kernel_fpu_end(): else it overwrites the user's",
        "Documentation/core-api/floating-point.rst; arch/x86/Makefile: -mno-sse -mno-80387",
        "compile with soft floats: the target's features must be -mmx,-sse,-sse2,…,+soft-float",
    ),
    _dangerous(
        "stack-frame",
        "a function's frame leaves room on the kernel's stack of 16 KiB",
        "arch/x86/include/asm/page_64_types.h: THREAD_SIZE",
        "put large values on the heap, in Rust into a Box or Vec",
    ),
    _dangerous(
        "endless-recursion",
        "no circle of calls is without a way out: the stack of 16 KiB would end before it",
        "arch/x86/include/asm/page_64_types.h: THREAD_SIZE",
        "let the function return before it calls itself, or make it a loop",
    ),
    _dangerous(
        "not-in-init",
        "init calls nothing that ends the calling kernel thread or asks it to stop: it runs in the "
        "thread of finit_module, which would die with the module half-loaded",
        f"{_MAIN}: do_init_module; kernel/kthread.c: kthread_exit, to_kthread",
        "start a kernel thread for it (kthread_run), or return from init",
    ),
    _dangerous(
        "freed-code-used",
        "code that stays does not refer to .init sections, which are freed once init has returned",
        f"{_MAIN}: do_init_module, do_free_init; scripts/mod/modpost.c: sectioncheck",
        "leave __init or __initdata out where what it marks is used later",
    ),
    _dangerous(
        "no-retpoline",
        "a kernel with retpolines has modules built with them",
        f"{_MAIN}: check_modinfo_retpoline; arch/x86/kernel/cpu/bugs.c: retpoline_module_ok",
        "build through kbuild: it adds -mindirect-branch and says retpoline=Y",
    ),
)

HAZARDS = (*_TAINTS, *_DANGERS, *NOTES)
