"""How a rule is written down: one function for each severity, and the texts that several share."""

from rkmbuild.verdict.findings import Rule, Severity

MAIN = "kernel/module/main.c"
MODULE_C = "arch/{srcarch}/kernel/module.c"
THREAD_SIZE = "{thread_size}: THREAD_SIZE"

DAMAGED = "the file is damaged or was made by no kernel build: copy or build it again"
REBUILD = "build it for this kernel: rkmbuild build --kernel {release}"
STRIPPED = "do not strip more than debug information: strip --strip-debug, as rkmbuild build does"
COMPILE_FOR_KERNEL = (
    "compile it with the kernel's flags: by kbuild, or with those that rkmbuild gives build scripts"
)
OBJTOOL = "let kbuild run objtool over the object, as rkmbuild build does"


def refused(rule: str, errno: str, text: str, source: str, way_out: str) -> Rule:
    """Return a rule whose breach finit_module answers with `errno`."""
    return Rule(
        id=rule,
        severity=Severity.REFUSED,
        text=text,
        source=source,
        way_out=way_out,
        errno=errno,
    )


def refused_file(rule: str, text: str, old: str, new: str, way_out: str = DAMAGED) -> Rule:
    """Return a rule of the file's own tables, by the functions that apply it in 6.1 and 6.12."""
    return refused(rule, "ENOEXEC", text, f"{MAIN}: {old} (6.1), {new} (6.12)", way_out)


def taints(rule: str, text: str, source: str, way_out: str, *, ordinary: bool = False) -> Rule:
    """Return a rule whose breach taints the kernel."""
    return Rule(
        id=rule,
        severity=Severity.TAINTS,
        text=text,
        source=source,
        way_out=way_out,
        ordinary=ordinary,
    )


def dangerous(rule: str, text: str, source: str, way_out: str = DAMAGED) -> Rule:
    """Return a rule after whose breach the kernel may crash or be corrupted, now or later."""
    return Rule(id=rule, severity=Severity.DANGEROUS, text=text, source=source, way_out=way_out)


def note(rule: str, text: str, source: str, way_out: str = "") -> Rule:
    """Return a rule that is no reason to fail."""
    return Rule(id=rule, severity=Severity.NOTE, text=text, source=source, way_out=way_out)
