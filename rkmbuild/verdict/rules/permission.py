"""Refusals whatever the module is: none is loaded, it is packed wrongly, or has no signature."""

from rkmbuild.verdict.rules.kinds import MAIN, refused

# may_init_module, before the file is read
MODULES_DISABLED = refused(
    "modules-disabled",
    "EPERM",
    "the kernel loads no modules any more: kernel.modules_disabled is on",
    f"{MAIN}: may_init_module",
    "only a reboot allows it again",
)

# module_decompress, before the signature
PACKED_OTHERWISE = refused(
    "packed-otherwise",
    "EINVAL",
    "the kernel unpacks modules itself (CONFIG_MODULE_DECOMPRESS), and not of this packer",
    "kernel/module/decompress.c: module_decompress",
    "pack it with what the kernel's own modules are packed with, or not at all",
)

PACKED_OPTIONS = refused(
    "packed-options",
    "EINVAL",
    "the kernel unpacks modules itself, and the file was packed with options that it does not know",
    "kernel/module/decompress.c; lib/xz/xz_dec_stream.c: dec_stream_header, dec_block_header",
    "pack it as the kernel's own are (scripts/Makefile.modinst): "
    "xz --check=crc32 --lzma2=dict=1MiB, gzip -n, or plain zstd",
)

# module_sig_check, before anything else is looked at
SIGNATURE_MALFORMED = refused(
    "signature-malformed",
    "EBADMSG",
    "the appended signature is no well-formed struct module_signature and PKCS#7 message",
    "kernel/module_signature.c: mod_check_sig; crypto/asymmetric_keys/pkcs7_parser.c",
    "sign it again with the kernel's scripts/sign-file, or remove the signature",
)

SIGNATURE_KIND = refused(
    "signature-kind",
    "EKEYREJECTED",
    "the signature covers attributes, or holds what it signs: a module's does neither",
    "crypto/asymmetric_keys/pkcs7_verify.c: pkcs7_verify; certs/system_keyring.c: "
    "verify_pkcs7_message_sig",
    "sign it with the kernel's scripts/sign-file",
)

SIGNATURE_REQUIRED = refused(
    "signature-required",
    "EKEYREJECTED",
    "the kernel enforces signatures, and the module has none that it can verify",
    "kernel/module/signing.c: module_sig_check",
    "sign the module with a key that this kernel trusts (MOK, or its own build key)",
)

LOCKDOWN = refused(
    "lockdown",
    "EPERM",
    "the kernel is locked down, and the module has no signature that it can verify",
    "security/lockdown/lockdown.c: LOCKDOWN_MODULE_SIGNATURE",
    "sign the module with an enrolled machine owner key, or disable Secure Boot",
)
