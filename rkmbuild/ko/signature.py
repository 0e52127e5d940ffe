"""The signature behind a module: is there one, whose, with which hash; and what the kernel asks."""

import struct
from dataclasses import dataclass

from rkmbuild.verdict.report import Report
from rkmbuild.verdict.rules import notes, permission, taints

# include/linux/module_signature.h
MARKER = b"~Module signature appended~\n"
_FOOTER = struct.Struct(">BBBBB3xI")
_FOOTER_SIZE = 12
_PKEY_ID_PKCS7 = 2

# include/linux/oid_registry.h
_HASHES = {
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("608648016503040204"): "sha224",
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
    bytes.fromhex("608648016503040208"): "sha3-256",
    bytes.fromhex("608648016503040209"): "sha3-384",
    bytes.fromhex("60864801650304020a"): "sha3-512",
}
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_COMMON_NAME = bytes.fromhex("550403")

_SEQUENCE, _SET = 0x30, 0x31
# [0], which holds the contents of SignedData and the attributes of a SignerInfo
_CONTEXT_0 = 0xA0


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the PKCS#7 message says of itself; it is not verified.

    Attributes:
        signer: The issuer's common name, or empty.
        key: Serial number, or subject key identifier, of the signing certificate.
        hash: Name of the hash, or its object identifier in hex digits.
        embedded: Whether the message holds what it signs; a module's does not.
        attributes: Whether it signs attributes and not the contents; a module's may not.
    """

    signer: str
    key: bytes
    hash: str
    embedded: bool = False
    attributes: bool = False


@dataclass(frozen=True, kw_only=True)
class Appended:
    """What is behind a module that ends with the marker.

    Attributes:
        problem: Why mod_check_sig() or the parser would not take it; empty where they would.
        errno: What they would return: `EBADMSG`, or `ENOPKG`, which counts as unsigned.
        log: A part of the line that the kernel logs.
        signature: What it says; None where there is a problem.
    """

    problem: str = ""
    errno: str = ""
    log: str = ""
    signature: Signature | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a kernel demands of signatures.

    Attributes:
        known: Whether it looks at signatures at all (CONFIG_MODULE_SIG).
        enforced: Whether it loads signed modules only.
        locked_down: Whether lockdown is at `integrity` or above.
        signed_by: The key of its own modules, or None.
    """

    known: bool
    enforced: bool = False
    locked_down: bool = False
    signed_by: bytes | None = None


def split(data: bytes) -> tuple[bytes, Appended | None]:
    """Return the module without what is appended, and what is appended (None for nothing).

    As module_sig_check and mod_verify_sig (kernel/module/signing.c) and mod_check_sig
    (kernel/module_signature.c) do it, 6.1 and 6.12.
    """
    if not data.endswith(MARKER) or len(data) <= len(MARKER):
        return data, None
    body = data[: -len(MARKER)]
    room = len(body) - _FOOTER_SIZE
    if room <= 0:
        return body, Appended(problem="it is cut off", errno="EBADMSG")
    algo, hashed, id_type, signer_len, key_len, size = _FOOTER.unpack_from(body, room)
    unexpected = algo or hashed or signer_len or key_len or any(body[room + 5 : room + 8])
    if size >= room:
        problem = Appended(problem="it is larger than the file", errno="EBADMSG")
    elif id_type != _PKEY_ID_PKCS7:
        problem = Appended(
            problem=f"it is of type {id_type} and no PKCS#7 message",
            errno="ENOPKG",
            log="not signed with expected PKCS#7 message",
        )
    elif unexpected:
        problem = Appended(
            problem="it has values where a PKCS#7 one has zeros",
            errno="EBADMSG",
            log="PKCS#7 signature info has unexpected non-zero params",
        )
    else:
        body, message = body[: room - size], body[room - size : room]
        signature = parse(message)
        unreadable = "" if signature else "its PKCS#7 message cannot be read"
        errno = "" if signature else "EBADMSG"
        problem = Appended(problem=unreadable, errno=errno, signature=signature)
    return body, problem


def parse(message: bytes) -> Signature | None:
    """Read a PKCS#7 SignedData message with one signer, as scripts/sign-file writes it.

    None where it is no such message.
    """
    try:
        return _parsed(message)
    except (ValueError, IndexError):
        return None


def check(appended: Appended | None, report: Report, policy: Policy) -> None:
    """Judge what is appended, as module_sig_check does."""
    if appended and appended.problem and appended.errno != "ENOPKG":
        report.add(
            permission.SIGNATURE_MALFORMED,
            f"the appended signature is damaged: {appended.problem}",
            errno=appended.errno,
            log=appended.log,
        )
        return
    signature = appended.signature if appended else None
    if signature and policy.known and _wrong_kind(signature, report):
        return
    if signature and signature.key == policy.signed_by:
        report.unchecked.append(
            "signature: it names the key of this kernel's own modules; whether it fits the "
            "contents only that key tells"
        )
        return
    if not policy.known:
        return
    kind = "module with unavailable key" if signature else "unsigned module"
    if appended and appended.problem:
        kind = "module with unsupported crypto"
    if signature:
        report.add(
            notes.SIGNATURE_UNVERIFIED,
            f"signed by `{signature.signer}` ({signature.hash}, key {signature.key.hex()}): "
            "whether the kernel knows this key cannot be told from its files",
        )
    if policy.enforced and not signature:
        report.add(
            permission.SIGNATURE_REQUIRED,
            f"this kernel enforces signatures, and this is an {kind}",
            log=f"Loading of {kind} is rejected",
        )
    elif policy.locked_down and not signature:
        report.add(permission.LOCKDOWN, f"this kernel is locked down, and this is an {kind}")
    elif not signature:
        report.add(
            taints.UNSIGNED,
            "no signature that the kernel could verify: it is tainted (E) and says so once",
        )


def _wrong_kind(signature: Signature, report: Report) -> bool:
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


def _parsed(message: bytes) -> Signature:
    (outer,) = _items(message, _SEQUENCE)
    kind, wrapped = _items(outer)
    if kind != _SIGNED_DATA:
        raise ValueError("not signed data")
    (signed,) = _items(wrapped, _SEQUENCE)
    _, _, content, *_, signers = _items(signed)
    signer = _items(signers, _SEQUENCE)[0]
    _, issued, algorithm, *rest = _items(signer)
    if not rest:
        raise ValueError("no signature")
    digest = _items(algorithm)[0]
    name, key = "", issued
    if _tag_of(signer, 1) == _SEQUENCE:
        issuer, key = _items(issued)
        name = _common_name(issuer)
    return Signature(
        signer=name,
        key=key,
        hash=_HASHES.get(digest, digest.hex()),
        embedded=len(_items(content)) > 1,
        attributes=_tag_of(signer, 3) == _CONTEXT_0,
    )


def _common_name(issuer: bytes) -> str:
    for relative in _items(issuer, _SET):
        for pair in _items(relative, _SEQUENCE):
            kind, value = _items(pair)
            if kind == _COMMON_NAME:
                return value.decode(errors="replace")
    return ""


def _items(data: bytes, tag: int | None = None) -> list[bytes]:
    """Return the contents of the DER items in `data`; ValueError where one is no `tag` or ends."""
    found = []
    at = 0
    while at < len(data):
        kind, start, size = _item(data, at)
        if tag is not None and kind != tag:
            raise ValueError("unexpected item")
        found.append(data[start : start + size])
        at = start + size
    return found


def _tag_of(data: bytes, index: int) -> int:
    at = 0
    for _ in range(index):
        _, start, size = _item(data, at)
        at = start + size
    return data[at]


def _item(data: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, start and size of the DER item at an offset (X.690, definite lengths)."""
    kind, size = data[at], data[at + 1]
    start = at + 2
    if size & 0x80:
        count = size & 0x7F
        if not 0 < count <= 4:
            raise ValueError("unsupported length")
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + size > len(data):
        raise ValueError("cut off")
    return kind, start, size
