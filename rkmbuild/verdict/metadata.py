"""What a module says of itself against what the kernel is: version magic, license, layout, CRCs."""

import struct

from rkmbuild.kernel.names import MODULE_NAME_LEN
from rkmbuild.ko import strings
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.findings import Rule
from rkmbuild.verdict.rules import dangers, notes, refusals, taints
from rkmbuild.verdict.subject import Subject

# struct modversion_info (include/linux/module.h): unsigned long crc; char name[MODULE_NAME_LEN]
_VERSION = struct.Struct(f"<Q{MODULE_NAME_LEN}s")


def check(subject: Subject, report: FindingList) -> None:
    """Apply early_mod_check, check_modinfo and the taints that follow from .modinfo.

    Order and texts as in kernel/module/main.c: load_module of 6.1, early_mod_check and
    module_augment_kernel_taints of 6.12.
    """
    _layout(subject, report)
    _vermagic(subject, report)
    if subject.field("livepatch") is not None:
        if subject.target.config.on("LIVEPATCH"):
            report.add(taints.LIVE_PATCH, "the module is a live patch")
        else:
            report.add(
                refusals.LIVEPATCH_SUPPORT,
                "the module is a live patch, and this kernel does not support them",
                log="livepatch support is disabled",
            )


def check_taints(subject: Subject, report: FindingList) -> None:
    """Say how the module would taint the kernel, and what is odd about .modinfo."""
    if subject.field("intree") is None:
        report.add(
            taints.OUT_OF_TREE,
            "not from the kernel's own tree",
            log="loading out-of-tree module taints",
        )
    if subject.field("retpoline") is None and _retpolines(subject):
        report.add(
            dangers.NO_RETPOLINE,
            "the kernel has retpolines, and the module says nothing of them",
            log="loading module not compiled with retpoline compiler",
        )
    if subject.field("staging") is not None:
        report.add(taints.STAGING, "the module is from the staging directory")
    if not gpl_compatible(subject):
        license_ = subject.field("license")
        shown = f"`{license_}`" if license_ is not None else "not given"
        report.add(
            taints.PROPRIETARY,
            f"the license is {shown}: the kernel treats it as proprietary, and refuses it "
            "GPL-only symbols",
            log="taints kernel",
        )
    if subject.field("test") is not None:
        report.add(taints.TEST_MODULE, "the module is a test")
    _modinfo(subject, report)


def gpl_compatible(subject: Subject) -> bool:
    """Tell whether GPL-only symbols are open to the module."""
    license_ = subject.field("license")
    # module_augment_kernel_taints knows two modules that lie about it.
    return license_ in strings.GPL_COMPATIBLE and subject.name not in ("driverloader", "lve")


def versions(subject: Subject) -> dict[bytes, int] | None:
    """Return the CRCs that the module carries, by symbol; None where it carries none.

    The first entry of a name counts, as in check_version() (kernel/module/version.c); from 6.14 on
    those of extended modversions come before the others.
    """
    file = subject.file
    if subject.index.extended_crcs:
        table = file.content(file.sections[subject.index.extended_crcs])
        values = table[: len(table) & ~3].cast("I").tolist()
        words = bytes(file.content(file.sections[subject.index.extended_names])).split(b"\0")
        return dict(reversed(list(zip(words, values, strict=False))))
    if not subject.index.versions:
        return None
    table = file.content(file.sections[subject.index.versions])
    whole = table[: len(table) - len(table) % _VERSION.size]
    rows = [(name.partition(b"\0")[0], crc) for crc, name in _VERSION.iter_unpack(whole)]
    return dict(reversed(rows))


def unlisted_is_refused(subject: Subject) -> bool:
    """Tell whether a symbol without a CRC in the module's list is refused.

    Mainline warns once and goes on (kernel/module/version.c: check_version, "Broken toolchain");
    Debian's kernels refuse, but where the list is an extended one.
    """
    debian = "Debian" in subject.target.config.get("CC_VERSION_TEXT", "")
    return debian and not subject.index.extended_crcs


def _layout(subject: Subject, report: FindingList) -> None:
    """check_modstruct_version: the CRC of module_layout stands for struct module."""
    known = subject.target.exports.get("module_layout")
    if not known or not subject.target.config.on("MODVERSIONS"):
        return
    carried = versions(subject)
    if carried is None:
        _forced(
            subject,
            report,
            refusals.MODVERSIONS,
            "the module carries no CRCs (__versions)",
            "module_layout",
        )
        return
    crc = carried.get(b"module_layout")
    if crc is None and not unlisted_is_refused(subject):
        return
    if crc is None:
        message = "the module's CRCs leave out module_layout"
        log = "no symbol version for module_layout"
        report.add(refusals.MODVERSIONS, message, place="__versions", log=log)
    elif crc != known.crc:
        built_for = (subject.field("vermagic") or "an unknown kernel").partition(" ")[0]
        report.add(
            refusals.MODVERSIONS,
            f"built for {built_for}, whose struct module differs (CRC of module_layout "
            f"{crc:#010x}, this kernel's is {known.crc:#010x})",
            place="__versions",
            log="disagrees about version of symbol module_layout",
        )


def _vermagic(subject: Subject, report: FindingList) -> None:
    found = subject.field("vermagic")
    if found is None:
        _forced(
            subject, report, refusals.VERMAGIC, "the module has no version magic", "bad vermagic"
        )
        return
    wanted = subject.target.vermagic
    if not wanted:
        report.unchecked.append("version magic: this kernel has neither modules nor configuration")
    if not wanted or _same_magic(found, wanted, crcs=bool(subject.index.versions)):
        _release(subject, found.partition(" ")[0], report)
        return
    report.add(
        refusals.VERMAGIC,
        f"`{found}` is not `{wanted}`: {_difference(found, wanted)}",
        place=".modinfo",
        log=f"version magic '{found}' should be '{wanted}'",
    )


def _same_magic(ours: str, theirs: str, *, crcs: bool) -> bool:
    """same_magic(): where the module has CRCs, only what follows the release has to be equal."""
    if not crcs:
        return ours == theirs
    return ours.partition(" ")[1:] == theirs.partition(" ")[1:]


def _release(subject: Subject, found: str, report: FindingList) -> None:
    release = subject.target.release
    if release and found != release and subject.file.find(".note.rkmbuild"):
        message = (
            f"built for {found or 'nothing'}, this is {release}; the kernel would not refuse it"
        )
        report.add(dangers.RELEASE_DIFFERS, message, place=".modinfo")


def _difference(found: str, wanted: str) -> str:
    """Say field by field what differs."""
    ours, theirs = found.split(), wanted.split()
    said = []
    if ours[:1] != theirs[:1]:
        said.append(f"built for {ours[0] if ours else 'nothing'}, this is {theirs[0]}")
    said += [f"the module does not have `{word}`" for word in theirs[1:] if word not in ours]
    said += [f"the kernel does not have `{word}`" for word in ours[1:] if word not in theirs]
    return ", ".join(said) or "the fields differ in order or in spaces"


def _forced(subject: Subject, report: FindingList, refusal: Rule, message: str, why: str) -> None:
    """try_to_force_load: goes on and taints, or refuses without CONFIG_MODULE_FORCE_LOAD."""
    if subject.target.config.on("MODULE_FORCE_LOAD"):
        report.add(taints.FORCED, message, log=f"{why}: kernel tainted")
    else:
        report.add(refusal, message)


def _retpolines(subject: Subject) -> bool:
    # 6.9 renamed RETPOLINE
    return subject.target.config.on("RETPOLINE", "MITIGATION_RETPOLINE")


def _modinfo(subject: Subject, report: FindingList) -> None:
    if not subject.index.info:
        report.add(notes.MODINFO_MISSING, "the module has no .modinfo section")
    elif not strings.ends_within(subject.file, subject.index.info):
        report.add(
            dangers.STRING_OUTSIDE, "the last string of .modinfo has no end", place=".modinfo"
        )
    said = subject.field("name")
    if said is not None and said != subject.name:
        report.add(notes.NAME_DIFFERS, f"`{said}` in .modinfo, `{subject.name}` in struct module")
    layout = subject.target.struct_module
    if layout and 0 not in subject.struct_module[layout.name_at : layout.name_at + MODULE_NAME_LEN]:
        report.add(dangers.THIS_MODULE_CONTENT, "the module's name has no end")
