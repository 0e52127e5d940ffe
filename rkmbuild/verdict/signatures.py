"""What a kernel demands of a module's signature: module_sig_check, mod_check_sig, pkcs7_verify."""

from rkmbuild.ko.signature import Appended, Fault, Signature
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import notes, permission, taints
from rkmbuild.verdict.target import Target

# A part of the line that the kernel logs for a fault; it logs nothing for the others.
_LOGGED = {Fault.NOT_ZERO: "PKCS#7 signature info has unexpected non-zero params"}


def check(appended: Appended | None, target: Target, report: FindingList) -> None:
    """Judge what is appended to a module, as module_sig_check (kernel/module/signing.c) does."""
    fault = appended.fault if appended else None
    # mod_check_sig() gives ENOPKG for a signature of another type, which counts as none.
    if fault and fault is not Fault.OTHER_TYPE:
        report.add(
            permission.SIGNATURE_MALFORMED,
            f"the appended signature is damaged: {fault.value}",
            log=_LOGGED.get(fault, ""),
        )
        return
    known = target.config.on("MODULE_SIG")
    signature = appended.signature if appended else None
    if signature and known and _wrong_kind(signature, report):
        return
    if signature and signature.key == target.signed_by:
        report.unchecked.append(
            "signature: it names the key of this kernel's own modules; whether it fits the "
            "contents only that key tells"
        )
    elif signature and known:
        report.add(
            notes.SIGNATURE_UNVERIFIED,
            f"signed by `{signature.signer}` ({signature.hash}, key {signature.key.hex()}): "
            "whether the kernel knows this key cannot be told from its files",
        )
    elif known:
        _unsigned("module with unsupported crypto" if fault else "unsigned module", target, report)


def _unsigned(kind: str, target: Target, report: FindingList) -> None:
    """Judge a module without a signature that the kernel could verify."""
    if target.enforced:
        report.add(
            permission.SIGNATURE_REQUIRED,
            f"this kernel enforces signatures, and refuses any {kind}",
            log=f"Loading of {kind} is rejected",
        )
    elif target.locked_down:
        report.add(permission.LOCKDOWN, f"this kernel is locked down, and refuses any {kind}")
    else:
        report.add(
            taints.UNSIGNED,
            "no signature that the kernel could verify: it is tainted (E) and says so once",
        )


def _wrong_kind(signature: Signature, report: FindingList) -> bool:
    """Judge what is refused whoever has signed it: verify_pkcs7_message_sig, pkcs7_verify."""
    if signature.embedded:
        report.add(
            permission.SIGNATURE_KIND,
            "the signature holds what it signs, and is not of this file",
            errno="EBADMSG",
            log="PKCS#7 signature with non-detached data",
        )
    elif signature.attributes:
        report.add(
            permission.SIGNATURE_KIND,
            "the signature is one of attributes, and not of the module itself",
            log="Invalid module sig (has authattrs)",
        )
    return signature.embedded or signature.attributes
