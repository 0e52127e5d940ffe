"""The loader's rules for what a module says of itself, and for its signature."""

import dataclasses
import struct

import pytest

from rkmbuild.ko import elf, signature
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Severity, Verdict
from rkmbuild.verdict.target import Target
from tests.corpus import signatures
from tests.modules import AX, VERMAGIC, WA, A, Module, Sec, kernel, modinfo, module, versions

NEW = kernel("6.12.0")
MARKER = b"~Module signature appended~\n"


def judge(made: Module | bytes, target: Target = NEW) -> Verdict:
    return check.judge(bytes(made), target, explain=False)


def rules(made: Module | bytes, target: Target = NEW) -> set[str]:
    return {finding.rule.id for finding in judge(made, target).findings}


def refusal(made: Module | bytes, target: Target = NEW) -> tuple[str, str] | None:
    found = judge(made, target).refusal
    return (found.rule.id, found.errno) if found else None


def test_a_module_for_another_struct_module_is_refused_and_told_for_which_kernel_it_is() -> None:
    made = module().section("__versions", data=versions(module_layout=0x9999))
    found = judge(made).refusal
    assert found
    assert (found.rule.id, found.errno) == ("modversions", "ENOEXEC")
    assert found.log == "disagrees about version of symbol module_layout"
    assert "built for 6.12.0-test" in found.message


def test_only_what_follows_the_release_counts_where_there_are_crcs() -> None:
    other_release = module(vermagic=VERMAGIC.replace("6.12.0", "6.12.99"))
    assert refusal(other_release) is None


def test_rust_code_is_for_the_very_release_though_the_kernel_does_not_mind() -> None:
    made = module(vermagic=VERMAGIC.replace("6.12.0", "6.12.99"))
    assert "release-differs" not in rules(made)
    note = Sec(".note.rkmbuild", bytes(16), A, elf.SHT_NOTE, 4)
    assert "release-differs" in rules(made.add(note))
    assert "release-differs" not in rules(module().add(note))


def test_a_kernel_whose_version_magic_is_not_known_refuses_for_none() -> None:
    unknown = dataclasses.replace(NEW, vermagic="")
    verdict = judge(module(vermagic="6.1.0 odd"), unknown)
    assert verdict.refusal is None
    assert any("version magic" in what for what in verdict.unchecked)


@pytest.mark.parametrize(
    ("vermagic", "said"),
    [
        (VERMAGIC.replace("preempt ", ""), "the module does not have `preempt`"),
        (VERMAGIC.replace("mod_unload ", "mod_unload rt "), "the kernel does not have `rt`"),
        (VERMAGIC.rstrip(), "in order or in spaces"),
    ],
)
def test_a_version_magic_that_differs_is_said_field_by_field(vermagic: str, said: str) -> None:
    found = judge(module(vermagic=vermagic)).refusal
    assert found
    assert found.rule.id == "vermagic"
    assert said in found.message
    assert found.log == f"version magic '{vermagic}' should be '{VERMAGIC}'"


def test_the_whole_version_magic_counts_where_there_are_no_crcs() -> None:
    made = module(vermagic=VERMAGIC.replace("6.12.0", "6.12.99")).section("__versions", flags=0)
    found = judge(made).refusal
    assert found
    assert found.rule.id == "vermagic"
    assert "built for 6.12.99-test, this is 6.12.0-test" in found.message


@pytest.mark.parametrize("missing", ["vermagic", "crcs"])
def test_what_is_missing_is_forced_where_the_kernel_allows_it(missing: str) -> None:
    made = module(vermagic="-") if missing == "vermagic" else module()
    if missing == "crcs":
        made = made.section("__versions", flags=0)
    verdict = judge(made)
    assert verdict.refusal is None
    assert verdict.worst is Severity.TAINTS
    assert verdict.exit_code == 42
    assert refusal(made, kernel(MODULE_FORCE_LOAD="")) is not None


def test_a_live_patch_taints_or_is_refused() -> None:
    made = module(livepatch="Y")
    assert "live-patch" in rules(made, kernel(LIVEPATCH="y"))
    assert refusal(made) == ("livepatch-support", "ENOEXEC")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"staging": "Y"}, "staging"),
        ({"test": "Y"}, "test-module"),
        ({"license": "Proprietary"}, "proprietary"),
        ({"license": "-"}, "proprietary"),
        ({"license": "gpl"}, "proprietary"),
    ],
)
def test_what_taints_is_said_and_has_its_exit_status(fields: dict[str, str], rule: str) -> None:
    verdict = judge(module(**fields))
    assert rule in {finding.rule.id for finding in verdict.findings}
    assert verdict.exit_code == 42


def test_a_module_of_the_kernels_tree_is_not_out_of_tree() -> None:
    assert "out-of-tree" not in rules(module(intree="Y"))


def test_no_word_of_retpolines_is_dangerous_to_a_kernel_with_them() -> None:
    assert "no-retpoline" in rules(module(retpoline="-"))
    assert "no-retpoline" not in rules(module(retpoline="-"), kernel(MITIGATION_RETPOLINE=""))


def test_a_name_that_the_kernel_has_taken_is_refused() -> None:
    this = ".gnu.linkonce.this_module"
    made = module(name="printk")
    body = bytearray(next(sec.data for sec in made.sections if sec.name == this))
    body[24:30] = b"printk"
    assert refusal(made.section(this, data=bytes(body))) == ("name-taken", "EINVAL")
    body[24:30] = bytes(6)
    assert refusal(made.section(this, data=bytes(body))) == ("name-empty", "EINVAL")


def test_two_names_are_a_note() -> None:
    assert "name-differs" in rules(module(name="other"))


def test_a_modinfo_whose_last_string_has_no_end_is_dangerous() -> None:
    assert "string-outside" in rules(module().section(".modinfo", data=modinfo()[:-1]))


def signed(body: bytes, **changes: int) -> bytes:
    footer = {"algo": 0, "hash": 0, "id": 2, "signer": 0, "key": 0, "pad": 0, "size": 0} | changes
    appended = struct.pack(
        ">BBBBBBxxI", *(footer[n] for n in ("algo", "hash", "id", "signer", "key", "pad", "size"))
    )
    return body + appended + MARKER


@pytest.mark.parametrize(
    ("changes", "errno"),
    [
        ({"size": 1 << 30}, "EBADMSG"),
        ({"algo": 1}, "EBADMSG"),
        ({"pad": 1}, "EBADMSG"),
        ({"size": 100}, "EBADMSG"),
    ],
)
def test_a_damaged_signature_is_refused_even_where_none_is_needed(
    changes: dict[str, int], errno: str
) -> None:
    assert refusal(signed(bytes(module()), **changes)) == ("signature-malformed", errno)


def test_a_signature_of_another_kind_counts_as_none() -> None:
    assert refusal(signed(bytes(module()), id=1)) is None
    assert refusal(signed(bytes(module()), id=1), kernel(MODULE_SIG_FORCE="y")) is None


def test_a_kernel_that_enforces_signatures_refuses_an_unsigned_module() -> None:
    target = Target(**{**vars(NEW), "enforced": True})
    assert refusal(module(), target) == ("signature-required", "EKEYREJECTED")
    locked = Target(**{**vars(NEW), "locked_down": True})
    assert refusal(module(), locked) == ("lockdown", "EPERM")


def test_a_module_that_is_loaded_is_not_loaded_again() -> None:
    target = Target(**{**vars(NEW), "loaded": frozenset({"tiny"})})
    assert refusal(module(), target) == ("already-there", "EEXIST")


def test_a_message_that_is_no_signature_is_told_from_one() -> None:
    assert signature.parse(b"") is None
    assert signature.parse(b"\x30\x84\xff\xff\xff\xff") is None
    assert signature.parse(bytes.fromhex("300b06092a864886f70d010702")) is None


def test_a_signature_of_attributes_or_with_contents_is_refused_whoever_made_it() -> None:
    made, body = signatures.message(), bytes(module())
    assert refusal(signatures.append(body, made)) is None
    attributes = signatures.with_attributes(made, body)
    assert refusal(signatures.append(body, attributes)) == ("signature-kind", "EKEYREJECTED")
    contents = signatures.with_contents(made, body)
    assert refusal(signatures.append(body, contents)) == ("signature-kind", "EBADMSG")
    assert refusal(signatures.append(body, contents), kernel(MODULE_SIG="")) is None


@pytest.mark.parametrize(
    ("version", "expected"),
    [("6.1.0", ("write-and-execute", "ENOEXEC")), ("6.12.0", ("already-there", "EEXIST"))],
)
def test_whether_it_is_loaded_is_asked_early_from_6_4_on(
    version: str, expected: tuple[str, str]
) -> None:
    made = module(vermagic=VERMAGIC.replace("6.12.0", version))
    both = made.add(Sec(".data.code", bytes(4), WA | AX))
    known = dataclasses.replace(kernel(version), loaded=frozenset({"tiny"}))
    assert refusal(both, known) == expected


def test_types_are_said_to_be_unchecked_where_they_decide() -> None:
    with_types = module().add(Sec(".BTF", b"types", 0))
    strict = kernel(DEBUG_INFO_BTF_MODULES="y")
    assert [what.partition(":")[0] for what in judge(with_types, strict).unchecked] == ["types"]
    assert not judge(module(), strict).unchecked
    lenient = kernel(DEBUG_INFO_BTF_MODULES="y", MODULE_ALLOW_BTF_MISMATCH="y")
    assert not judge(with_types, lenient).unchecked
