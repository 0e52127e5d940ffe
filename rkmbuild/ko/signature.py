"""The signature behind a module: whether there is one, whose it is, with which hash."""

import struct
from dataclasses import dataclass
from enum import Enum

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


class Fault(Enum):
    """Why what is appended cannot be read as a module's signature; the value says it in words."""

    CUT_OFF = "it is truncated"
    TOO_LARGE = "it is larger than the file"
    OTHER_TYPE = "it is no PKCS#7 message"
    NOT_ZERO = "it has values where a PKCS#7 one has zeros"
    UNREADABLE = "its PKCS#7 message cannot be read"


@dataclass(frozen=True, kw_only=True)
class Appended:
    """What is behind a module that ends with the marker: a signature, or why it is none.

    Attributes:
        signature: What it says; None where there is a fault.
        fault: Why it cannot be read; None where it can.
    """

    signature: Signature | None = None
    fault: Fault | None = None


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
        return body, Appended(fault=Fault.CUT_OFF)
    algo, hashed, id_type, signer_len, key_len, size = _FOOTER.unpack_from(body, room)
    if size >= room:
        return body, Appended(fault=Fault.TOO_LARGE)
    if id_type != _PKEY_ID_PKCS7:
        return body, Appended(fault=Fault.OTHER_TYPE)
    if algo or hashed or signer_len or key_len or any(body[room + 5 : room + 8]):
        return body, Appended(fault=Fault.NOT_ZERO)
    signature = parse(body[room - size : room])
    fault = None if signature else Fault.UNREADABLE
    return body[: room - size], Appended(signature=signature, fault=fault)


def parse(message: bytes) -> Signature | None:
    """Read a PKCS#7 SignedData message with one signer, as scripts/sign-file writes it.

    None where it is no such message.
    """
    try:
        return _parsed(message)
    except (ValueError, IndexError):
        return None


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
