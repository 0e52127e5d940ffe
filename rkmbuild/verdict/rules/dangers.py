"""What the loader does not refuse, or reads beyond its buffers for: the kernel may crash."""

from rkmbuild.verdict.rules.kinds import (
    COMPILE_FOR_KERNEL,
    MAIN,
    MODULE_C,
    OBJTOOL,
    THREAD_SIZE,
    dangerous,
)

RELEASE_DIFFERS = dangerous(
    "release-differs",
    "a module with Rust code was built for another release: it knows the layout of more "
    "types than those that the CRCs cover",
    "kernel/module/version.c: same_magic leaves the release out; scripts/genksyms",
    "build it for this kernel: rkmbuild build --kernel {release}",
)

SECTION_ZERO_USED = dangerous(
    "section-zero-used",
    "section 0 is not all zero, or another section is of type SHT_NULL and has contents",
    f"{MAIN}: rewrite_section_headers, move_module",
)

SECTION_NAME_OUTSIDE = dangerous(
    "section-name-outside",
    "a section's name lies outside the table of names",
    f"{MAIN}: find_any_sec; {MODULE_C}: module_finalize (they compare every name)",
)

SECTION_NAME_TWICE = dangerous(
    "section-name-twice",
    "two allocated sections have the same name (6.1 goes on without its list of sections, "
    "and add_notes_attrs then follows a null pointer)",
    "kernel/module/sysfs.c: add_sect_attrs, add_notes_attrs (6.1)",
    "sections of one name but different flags do not merge at linking: give them one set",
)

SECTION_ALIGNMENT = dangerous(
    "section-alignment",
    "a section's alignment is no power of two, or more than a page",
    f"{MAIN}: module_get_offset (6.1), module_get_offset_and_type (6.12)",
)

SIZE_WRAPS = dangerous(
    "size-wraps",
    "the sections' sizes sum up to 4 GiB or more (the loader counts in 32 bits)",
    f"{MAIN}: module_get_offset (6.1), module_get_offset_and_type (6.12)",
)

MUCH_MEMORY = dangerous(
    "much-memory",
    "the module takes more than 256 MiB",
    f"{MAIN}: move_module; arch/{{srcarch}} module_alloc (6.1), execmem_alloc (6.12)",
    "a static of this size belongs into memory that init allocates",
)

TABLE_SIZE = dangerous(
    "table-size",
    "there are more than half a million symbols or four million relocations: the kernel "
    "would load them, but no driver has a fifth of it, and they are not judged",
    f"{MAIN}: simplify_symbols, apply_relocations",
)

SECTION_FLAGS = dangerous(
    "section-flags",
    "code is not loaded, or what the kernel writes to is not writable",
    f"{MAIN}: layout_sections; kernel/jump_label.c, lib/bug.c write to their tables",
)

SECTION_OVERLAP = dangerous(
    "section-overlap",
    "two sections claim the same bytes of the file",
    'System V ABI, "Sections in an object file may not overlap"',
)

SPECIAL_SECTION = dangerous(
    "special-section",
    "a table that the kernel reads has entries of a wrong size, no contents, a pointer "
    "without a relocation, or one that leads to the wrong kind of place",
    f"{MAIN}: find_module_sections; {MODULE_C}: module_finalize",
    OBJTOOL,
)

STRING_OUTSIDE = dangerous(
    "string-outside",
    "the name of a symbol, or a string of modinfo, does not end within its table",
    f"{MAIN}: simplify_symbols; kernel/module/kallsyms.c: layout_symtab",
)

THIS_MODULE_CONTENT = dangerous(
    "this-module-content",
    "struct module has more in it than its name, init and exit",
    "scripts/mod/modpost.c: add_header; the kernel takes the rest as it is in the file",
)

ENTRY_POINTS = dangerous(
    "entry-points",
    "init or exit is no function of this module",
    f"{MAIN}: do_init_module; arch/{{srcarch}} jumps wherever they point",
)

SYMBOL_OUTSIDE = dangerous(
    "symbol-outside",
    "a symbol lies outside its section, or a function in one without code",
    f"{MAIN}: simplify_symbols",
)

SYMBOL_OVERLAP = dangerous(
    "symbol-overlap",
    "a function begins in the middle of another one",
    "System V ABI, symbol table",
)

RELOCATION_SECTION = dangerous(
    "relocation-section",
    "a section `.rela.x` is not of type SHT_RELA, or does not fill `.x` by the module's "
    "symbols (the loader goes by the numbers in the header, and leaves out what is of "
    "another type)",
    f"{MAIN}: apply_relocations",
)

BRANCH_UNFILLED = dangerous(
    "branch-unfilled",
    "a call or jump to elsewhere has no relocation: it leads to what follows it",
    "{psabi}: the operand of such a call is 0 in the file",
)

RELOCATION_PLACE = dangerous(
    "relocation-place",
    "a relocation's place lies outside its section (the loader writes wherever it points)",
    "{relocate}",
)

RELOCATION_OVERLAP = dangerous(
    "relocation-overlap",
    "a relocation's place overlaps the upper half of a distance that another one filled in: the "
    "loader refuses it or writes over it, by where the module comes to lie",
    "{relocate}",
)

RELOCATION_SYMBOL = dangerous(
    "relocation-symbol",
    "a relocation's symbol does not exist (the loader reads beyond the table)",
    "{relocate}",
)

RELOCATION_TARGET = dangerous(
    "relocation-target",
    "what is loaded refers to what is not (and is freed when loading ends)",
    f"{MAIN}: simplify_symbols gives such symbols addresses in the copy of the file",
)

RELOCATION_LIVEPATCH = dangerous(
    "relocation-livepatch",
    "a module that is no live patch has SHF_RELA_LIVEPATCH sections",
    f"{MAIN}: apply_relocations; kernel/livepatch/core.c: klp_apply_section_relocs",
)

RELOCATION_TRUNCATED = dangerous(
    "relocation-truncated",
    "the value of a PC32 or PLT32 relocation does not fit into 32 bits (the loader truncates it)",
    "{relocate}",
    "compile with code model kernel",
)

RELOCATION_SKIPPED = dangerous(
    "relocation-skipped",
    "per-CPU variables have relocations in their initial values: up to 6.16 the loader skips them",
    f"{MAIN}: layout_and_allocate clears SHF_ALLOC, apply_relocations skips (6.12)",
    "fill pointers of per-CPU variables in init",
)

CALL_TARGET = dangerous(
    "call-target",
    "a call does not lead to the beginning of a function",
    "{psabi}: {call} of a call has the addend {call_addend}",
)

MISSING_ENDBR = dangerous(
    "missing-endbr",
    "a function whose address is taken does not begin with {landing_pad}, and {landing_option} "
    "is on: the first indirect call to it is a fatal {landing_fault}",
    "{landing_source}; CONFIG_{landing_option}",
    "compile with -fcf-protection=branch, in Rust -Zcf-protection=branch",
)

FPU_REGISTERS = dangerous(
    "fpu-registers",
    "the module uses x87, MMX, SSE or AVX registers and never calls kernel_fpu_begin(): "
    "it overwrites the user's",
    "Documentation/core-api/floating-point.rst; arch/{srcarch}/Makefile: {no_vectors}",
    "compile with soft floats: the target's features must be -mmx,-sse,-sse2,…,+soft-float",
)

THREAD_POINTER = dangerous(
    "thread-pointer",
    "code reads or writes through %fs, where a user program has its thread-local data and its "
    "stack's canary: it was compiled for programs",
    "arch/{srcarch}/entry/entry_64.S: the kernel is entered with the program's FS; "
    "arch/{srcarch}/Makefile: -mcmodel=kernel",
    COMPILE_FOR_KERNEL,
)

PER_CPU_PLACE = dangerous(
    "per-cpu-place",
    "code reads or writes through %gs at a fixed place where this kernel has no per-CPU variable, "
    "or takes the stack's canary from where it is not",
    "arch/{srcarch}/include/asm/percpu.h; asm/stackprotector.h, which 6.15 changed (80d47defddc0)",
    COMPILE_FOR_KERNEL,
)

RED_ZONE = dangerous(
    "red-zone",
    "a function keeps data below the stack's pointer, where interrupts overwrite it",
    "arch/{srcarch}/Makefile: -mno-red-zone",
    COMPILE_FOR_KERNEL,
)

PLAIN_RETURNS = dangerous(
    "plain-returns",
    "functions do not return through __{srcarch}_return_thunk, and RETHUNK is on: the kernel says "
    "that it is protected, and is not",
    "arch/{srcarch}/Makefile: -mfunction-return=thunk-extern",
    "in Rust: -Zfunction-return=thunk-extern; in C: kbuild's flags",
)

INDIRECT_CALLS = dangerous(
    "indirect-calls",
    "indirect calls or jumps go through no thunk, and RETPOLINE is on: the kernel says that it is "
    "protected, and is not",
    "arch/{srcarch}/Makefile: RETPOLINE_CFLAGS",
    "in Rust: target features +retpoline-external-thunk, +retpoline-indirect-calls, "
    "+retpoline-indirect-branches; in C: kbuild's flags",
)

STACK_FRAME = dangerous(
    "stack-frame",
    "a function's frame leaves too little of the kernel's stack of 16 KiB",
    THREAD_SIZE,
    "put large values on the heap, in Rust into a Box or Vec",
)

ENDLESS_RECURSION = dangerous(
    "endless-recursion",
    "a circle of calls has no way out: the stack of 16 KiB ends before it",
    THREAD_SIZE,
    "let the function return before it calls itself, or make it a loop",
)

NOT_IN_INIT = dangerous(
    "not-in-init",
    "init calls what ends the calling kernel thread or asks it to stop: it runs in the "
    "thread of finit_module, which dies with the module half-loaded",
    f"{MAIN}: do_init_module; kernel/kthread.c: kthread_exit, to_kthread",
    "start a kernel thread for it (kthread_run), or return from init",
)

FREED_CODE_USED = dangerous(
    "freed-code-used",
    "code that stays refers to .init sections, which are freed once init has returned",
    f"{MAIN}: do_init_module, do_free_init; scripts/mod/modpost.c: sectioncheck",
    "leave __init or __initdata out where what it marks is used later",
)

NO_RETPOLINE = dangerous(
    "no-retpoline",
    "the kernel has retpolines, and the module was built without them",
    f"{MAIN}: check_modinfo_retpoline; arch/{{srcarch}}/kernel/cpu/bugs.c: retpoline_module_ok",
    "build through kbuild: it adds -mindirect-branch and says retpoline=Y",
)

KFUNC_TYPES_DIFFER = dangerous(
    "kfunc-types-differ",
    "the types of functions for BPF programs are not for this build of the kernel: programs that "
    "call them are verified by other types, or the functions are not there",
    "kernel/bpf/btf.c: btf_parse_module, __register_btf_kfunc_id_set",
    "build it for this kernel: rkmbuild build --kernel {release}",
)

KFUNC_FLAGS = dangerous(
    "kfunc-flags",
    "a function for BPF programs has flags that this kernel does not know and ignores: its "
    "verifier lets programs do what the function relies on them not to do",
    "include/linux/btf.h: KF_ACQUIRE and what follows",
    "build it for this kernel, and leave out what it cannot promise",
)

KFUNC_DUPLICATE = dangerous(
    "kfunc-duplicate",
    "a function for BPF programs has the name of another symbol: the kernel looks its address up "
    "by name, and programs call the other one",
    "kernel/bpf/verifier.c: add_kfunc_call; kernel/kallsyms.c: kallsyms_lookup_name",
    "rename it: #[bpf_kfunc] puts the module's name before that of a function",
)
