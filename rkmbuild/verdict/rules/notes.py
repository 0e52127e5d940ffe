"""What is worth knowing of a module that is loaded and runs."""

from rkmbuild.verdict.rules.kinds import DAMAGED, MAIN, OBJTOOL, THREAD_SIZE, note

ELF_CLASS = note(
    "elf-class",
    "the file does not say ELF64, little-endian: the loader does not check it, but kmod's tools do",
    "kmod: libkmod/libkmod-elf.c",
    DAMAGED,
)

NAME_DIFFERS = note(
    "name-differs",
    "modinfo and struct module disagree on the name",
    f"{MAIN}: elf_validity_cache_index_mod uses the one for messages, the other for itself",
)

MODINFO_MISSING = note(
    "modinfo-missing",
    "the module has no .modinfo section",
    f"{MAIN}: get_modinfo",
    "build it through kbuild: modpost writes .modinfo",
)

SIGNATURE_UNVERIFIED = note(
    "signature-unverified",
    "the signature's key is not the one that the kernel's own modules are signed with",
    "kernel/module/signing.c: mod_verify_sig",
    "the kernel accepts it if the key is in its keyring; `keyctl list %:.builtin_trusted_keys`",
)

PACKED_LARGE = note(
    "packed-large",
    "the kernel unpacks the file itself, and needs 8 MiB or more for that",
    "lib/xz/xz_dec_lzma2.c: xz_dec_lzma2_reset; kernel/module/decompress.c: module_zstd_decompress",
    "xz --check=crc32 --lzma2=dict=1MiB, or zstd without --ultra and --long",
)

NO_EXIT = note(
    "no-exit",
    "the module has an init function and no exit function: it cannot be unloaded",
    f"{MAIN}: SYSCALL_DEFINE2(delete_module)",
    "add module_exit(); in Rust, module! does",
)

NO_ORC = note(
    "no-orc",
    "functions have no ORC data: stack traces through them are guesses",
    "arch/{srcarch}/kernel/unwind_orc.c: unwind_module_init",
    OBJTOOL,
)

STRAIGHT_LINE_SPECULATION = note(
    "straight-line-speculation",
    "no INT3 follows a RET or an indirect JMP, and SLS is on",
    "arch/{srcarch}/Makefile: -mharden-sls=all",
    "in Rust: target features +harden-sls-ret, +harden-sls-ijmp",
)

NEVER_RUN = note(
    "never-run",
    "the module has constructors (.init_array, .ctors), and the kernel without CONFIG_CONSTRUCTORS "
    "calls none; or it has destructors (.fini_array, .dtors), which no kernel calls",
    f"{MAIN}: find_module_sections, do_mod_ctors",
    "call them from init and exit; rkmbuild build has init call those of the Rust side",
)

FPU_USED = note(
    "fpu-used",
    "the module uses vector or floating-point registers, and calls kernel_fpu_begin()",
    "Documentation/core-api/floating-point.rst",
)

RECURSION = note(
    "recursion",
    "functions call themselves, or each other in a circle",
    THREAD_SIZE,
    "see that the depth has a bound, or make it a loop with a list",
)

FREED_CODE_KEPT = note(
    "freed-code-kept",
    "data that stays points to .init sections, which are freed once init has returned",
    f"{MAIN}: do_init_module, do_free_init; scripts/mod/modpost.c: sectioncheck",
    "fine where nothing but init follows the pointer (__refdata, __ro_after_init)",
)

LARGE_FRAME = note(
    "large-frame",
    "a function's frame is larger than CONFIG_FRAME_WARN",
    "lib/Kconfig.debug: FRAME_WARN",
    "put large values on the heap, in Rust into a Box or Vec",
)

KFUNC_NO_TYPES = note(
    "kfunc-no-types",
    "the module has sets of types or functions for BPF programs and no types of its own: the "
    "kernel registers none of the functions",
    "kernel/bpf/btf.c: __register_btf_kfunc_id_set",
    "rkmbuild build writes them; in C, pahole does where kbuild finds the kernel's vmlinux",
)
