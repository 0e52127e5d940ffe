"""C beside Rust: the project's C files and headers, and the cfgs that say what kernel this is."""

import json
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree, KernelVersion
from tests import projects
from tests.cli import complaints, rkmbuild

METADATA = """
[package.metadata.rkmbuild]
headers = ["src/shim.h"]
c-sources = ["src/shim.c"]
"""
HEADER = (
    "#define SHIM_LIMIT 42\nstruct shim { int a; long b; };\nint shim_sum(const struct shim *s);\n"
)
SOURCE = (
    '#include "shim.h"\n\nint shim_sum(const struct shim *s)\n{\n\treturn s->a + (int)s->b;\n}\n'
)
BODY = """
        let shim = kernel::bindings::shim { a: 1, b: 2 };
        // SAFETY: The pointer is to a value that lives here.
        let sum = unsafe { kernel::bindings::shim_sum(&shim) };
        pr_info!("{} of {}\\n", sum, kernel::bindings::SHIM_LIMIT);
"""
CFGS = """
#[cfg(not(kernel_6_1))]
compile_error!("6.1 and later are all there is");
#[cfg(kernel_6_12)]
const SERIES: u32 = 12;
#[cfg(not(kernel_6_12))]
const SERIES: u32 = 1;
#[cfg(all(CONFIG_MODULES, CONFIG_MODULES = "y", not(CONFIG_NO_SUCH_OPTION)))]
const _: u32 = SERIES;
#[cfg({wrong})]
compile_error!("the other side of 7.2");
"""


def build(root: Path, tree: KernelTree) -> str:
    done = rkmbuild("build", root, "--kernel", tree.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    return str(json.loads(done.stdout)["module"])


@pytest.mark.dear
def test_rust_calls_a_c_function_of_the_project_by_its_header(
    kernel: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", "with_c", manifest=METADATA, body=BODY)
    (root / "src" / "shim.h").write_text(HEADER)
    (root / "src" / "shim.c").write_text(SOURCE)
    module = build(root, kernel)
    assert b"shim_sum\0" in Path(module).read_bytes()


@pytest.mark.dear
def test_the_projects_c_is_told_what_the_kernel_has_and_so_are_bindings_of_its_headers(
    kernel: KernelTree, tmp_path: Path
) -> None:
    # One name is the crate's as well, one is in a header that the crate does not include, and one
    # is nowhere.
    body = """
        const LIMIT: u32 = kernel::bindings::SHIM_LIMIT;
        const _: () = assert!(LIMIT == if cfg!(has_const = "WQ_PERCPU") { 42 } else { 1 });
        // SAFETY: It may be called at any time.
        pr_info!("{} {}\\n", LIMIT, unsafe { kernel::bindings::shim_limit() });
"""
    root = projects.make(tmp_path / "p", "asks_in_c", manifest=METADATA, body=body)
    (root / "src" / "shim.h").write_text(
        "#ifdef RKMBUILD_HAS_WQ_PERCPU\n#define SHIM_LIMIT 42\n#else\n#define SHIM_LIMIT 1\n"
        "#endif\nint shim_limit(void);\n"
    )
    (root / "src" / "shim.c").write_text(
        '#include "shim.h"\n#include <linux/pci.h>\n\n'
        "#if defined(RKMBUILD_HAS_pci_alloc_irq_vectors) && !defined(RKMBUILD_HAS_no_such_thing)\n"
        "int shim_limit(void)\n{\n\treturn SHIM_LIMIT;\n}\n#endif\n"
    )
    build(root, kernel)


def test_cfgs_say_which_kernel_this_is_and_rustc_expects_them(
    kernel: KernelTree, tmp_path: Path
) -> None:
    newer = kernel.version >= KernelVersion(7, 2, 0)
    before = CFGS.replace("{wrong}", "not(kernel_7_2)" if newer else "kernel_7_2")
    body = 'pr_info!("series {}\\n", SERIES);'
    build(
        projects.make(tmp_path / "p", "cfgs", before=before, body=body),
        kernel,
    )
