"""Signatures of kinds that sign-file does not make, out of one that it made (X.690, RFC 2315)."""

import hashlib

from rkmbuild.ko.signature import MARKER

_SEQUENCE, _SET, _OCTETS, _OID, _FIRST = 0x30, 0x31, 0x04, 0x06, 0xA0
_PKCS = bytes.fromhex("2a864886f70d01")
DATA, SIGNED_DATA = _PKCS + b"\x07\x01", _PKCS + b"\x07\x02"
_CONTENT_TYPE, _MESSAGE_DIGEST = _PKCS + b"\x09\x03", _PKCS + b"\x09\x04"
SHA256 = bytes.fromhex("608648016503040201")

Item = tuple[int, bytes]


def der(tag: int, *contents: bytes) -> bytes:
    """Return an item."""
    body = b"".join(contents)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def items(data: bytes) -> list[Item]:
    """Return tags and contents of the items in `data`."""
    found = []
    while data:
        size, start = data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[start : start + size]))
        data = data[start + size :]
    return found


def message(digest: bytes = SHA256) -> bytes:
    """Return a message as sign-file writes it, with a signature that fits nothing."""
    issuer = der(_SEQUENCE, der(_SEQUENCE), der(2, b"\x07"))
    signer = der(
        _SEQUENCE,
        der(2, b"\1"),
        issuer,
        der(_SEQUENCE, der(_OID, digest)),
        der(_SEQUENCE, der(_OID, _PKCS + b"\x01\x01")),
        der(_OCTETS, bytes(64)),
    )
    content = der(_SEQUENCE, der(_OID, DATA))
    signed = der(_SEQUENCE, der(2, b"\1"), der(_SET), content, der(_SET, signer))
    return der(_SEQUENCE, der(_OID, SIGNED_DATA), der(_FIRST, signed))


def with_attributes(made: bytes, module: bytes) -> bytes:
    """Return a message whose signer signs attributes, with the module's digest among them."""
    attributes = der(
        _FIRST,
        der(_SEQUENCE, der(_OID, _CONTENT_TYPE), der(_SET, der(_OID, DATA))),
        der(
            _SEQUENCE,
            der(_OID, _MESSAGE_DIGEST),
            der(_SET, der(_OCTETS, hashlib.sha256(module).digest())),
        ),
    )
    *before, (_, signers) = _signed(made)
    ((_, signer),) = items(signers)
    parts = [der(*item) for item in items(signer)]
    changed = der(_SET, der(_SEQUENCE, *parts[:3], attributes, *parts[3:]))
    return _wrapped(*(der(*item) for item in before), changed)


def with_contents(made: bytes, module: bytes) -> bytes:
    """Return a message that holds the module itself."""
    parts = [der(*item) for item in _signed(made)]
    parts[2] = der(_SEQUENCE, der(_OID, DATA), der(_FIRST, der(_OCTETS, module)))
    return _wrapped(*parts)


def append(module: bytes, made: bytes) -> bytes:
    """Return a module with a message behind it."""
    return module + made + bytes((0, 0, 2, 0, 0, 0, 0, 0)) + len(made).to_bytes(4, "big") + MARKER


def of(signed: bytes) -> bytes:
    """Return the message behind a module."""
    end = len(signed) - len(MARKER) - 12
    size = int.from_bytes(signed[end + 8 : end + 12], "big")
    return signed[end - size : end]


def _signed(made: bytes) -> list[Item]:
    ((_, outer),) = items(made)
    _, (_, wrapped) = items(outer)
    ((_, signed),) = items(wrapped)
    return items(signed)


def _wrapped(*parts: bytes) -> bytes:
    return der(_SEQUENCE, der(_OID, SIGNED_DATA), der(_FIRST, der(_SEQUENCE, *parts)))
