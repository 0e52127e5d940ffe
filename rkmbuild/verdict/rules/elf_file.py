"""Refusals for the file itself: headers and tables that the loader cannot go by.

elf_validity_check and setup_load_info up to 6.3, elf_validity_cache_copy later.
"""

from rkmbuild.verdict.rules.kinds import DAMAGED, MAIN, STRIPPED, refused, refused_file

# elf_validity_check, elf_validity_cache_copy
ELF_HEADER = refused_file(
    "elf-header",
    "the file is too short to hold an ELF header",
    "elf_validity_check",
    "elf_validity_ehdr",
)

ELF_MAGIC = refused_file(
    "elf-magic",
    "the file is no ELF file",
    "elf_validity_check",
    "elf_validity_ehdr",
)

ELF_TYPE = refused_file(
    "elf-type",
    "the file is no relocatable object (ET_REL)",
    "elf_validity_check",
    "elf_validity_ehdr",
    "a module is linked with ld -r, by kbuild; an executable or shared library is none",
)

ELF_MACHINE = refused_file(
    "elf-machine",
    "the object is for another machine than the kernel",
    "elf_validity_check",
    "elf_validity_ehdr",
    "build it for {machine}",
)

ELF_SECTION_SIZE = refused_file(
    "elf-section-size",
    "section headers have another size than Elf64_Shdr",
    "elf_validity_check",
    "elf_validity_cache_sechdrs",
)

ELF_SECTION_TABLE = refused_file(
    "elf-section-table",
    "the section headers reach beyond the end of the file",
    "elf_validity_check",
    "elf_validity_cache_sechdrs",
    "the file is truncated or damaged: copy or build it again",
)

ELF_SECTION_ZERO = refused_file(
    "elf-section-zero",
    "section 0 is not empty",
    "elf_validity_check",
    "elf_validity_cache_sechdrs",
)

ELF_SECTION_BOUNDS = refused_file(
    "elf-section-bounds",
    "a section reaches beyond the end of the file",
    "validate_section_offset",
    "validate_section_offset",
    "the file is truncated or damaged: copy or build it again",
)

ELF_NAMES = refused_file(
    "elf-names",
    "the table of section names is missing, empty, or not NUL-terminated",
    "elf_validity_check",
    "elf_validity_cache_secstrings",
)

ELF_SECTION_NAME = refused_file(
    "elf-section-name",
    "a section's name lies outside the table of names",
    "elf_validity_check (allocated sections)",
    "elf_validity_cache_secstrings (every section)",
)

ONE_MODINFO = refused_file(
    "one-modinfo",
    "there is more than one .modinfo section",
    "not checked",
    "elf_validity_cache_index_info",
    "sections of one name but different flags do not merge: #[used] sets SHF_GNU_RETAIN, "
    "#[used(compiler)] does not",
)

THIS_MODULE = refused_file(
    "this-module",
    ".gnu.linkonce.this_module is missing, there twice, not allocated, empty, or of "
    "another size than this kernel's struct module",
    "setup_load_info (only that it is there)",
    "elf_validity_cache_index_mod",
    "an object file becomes a module when modpost and kbuild finish it: rkmbuild build",
)

SYMBOL_TABLE = refused_file(
    "symbol-table",
    "there is no symbol table (from 6.12 on also: there is more than one)",
    "setup_load_info",
    "elf_validity_cache_index_sym",
    STRIPPED,
)

STRING_TABLE = refused(
    "string-table",
    "ENOEXEC",
    "the symbol table names no string table (from 6.13 on also: it is empty, does not begin and "
    "end with NUL, or does not have a symbol's name)",
    f"{MAIN}: elf_validity_check (6.1), elf_validity_cache_index_str (6.12), "
    "elf_validity_cache_strtab (6.13)",
    DAMAGED,
)

EXTENDED_VERSIONS = refused(
    "extended-versions",
    "ENOEXEC",
    "of __version_ext_crcs and __version_ext_names one is missing, or names are (from 6.14 on)",
    f"{MAIN}: elf_validity_cache_index_versions (6.14)",
    DAMAGED,
)
