"""What the source of a project says that the crate of its kernel does not know, or not compile."""

import re

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.project import package
from rkmbuild.project.project import Project

# What crates/ has, and rust/ of no kernel up to 7.3.
_OF_PORTABLE = re.compile(
    r"\b(?:kernel_test|bpf_kfunc|bpf_object|export_symbol(?:_gpl)?|declare_tracepoint)\b"
    r"|extern crate alloc"
)
# rust/macros/kunit.rs, Linux 7.3: the module of tests is there where this is built in.
_TESTS = re.compile(r"#\[\s*(?:kernel::|macros::)?kunit_tests\b")


def hint(project: Project, tree: KernelTree) -> str:
    """Return what may help where a project does not compile: whose crate it is written on."""
    linux = f"Linux {tree.version.major}.{tree.version.minor}"
    whose = f"`kernel` is the crate of {linux} here, which need not have what another version's has"
    lines = [whose]
    said = sorted({word for text in _texts(project) for word in _OF_PORTABLE.findall(text)})
    if said:
        lines.append(f"of the portable API alone: {', '.join(f'`{word}`' for word in said)}")
    return "\n".join(lines)


def tests_remark(project: Project, tree: KernelTree) -> str:
    """Return why tests inside a module do not run, where it has some and they do not; or empty."""
    if tree.config.get("KUNIT") == "y" or not any(map(_TESTS.search, _texts(project))):
        return ""
    return (
        f"{tree.release} was built without CONFIG_KUNIT=y, and upstream's #[kunit_tests] "
        "compiles nothing there: of the tests, the scripts and programs in tests/ run"
    )


def _texts(project: Project) -> list[str]:
    return [file.read_text(errors="replace") for file in package.sources(project.root)]
