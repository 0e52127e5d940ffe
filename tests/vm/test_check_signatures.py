"""What `check` says of signatures is what kernels say that demand them."""

import dataclasses

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import compression
from rkmbuild.verdict import batch, check, target
from rkmbuild.verdict.findings import Verdict
from tests.corpus import offer, signatures

# What makes a kernel demand signatures, on its command line.
ENFORCED, LOCKED_DOWN = "module.sig_enforce=1", "lsm=lockdown lockdown=integrity"
# A module that needs no other, and no hardware.
SIGNED = "nls_cp437"


@pytest.fixture(scope="module")
def files(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An unsigned module, one of the kernel's own, and signatures made of that behind the first."""
    assert kernel.modules
    own = next(p for p in batch.files([kernel.modules]) if p.name.startswith(f"{SIGNED}."))
    signed = compression.decompress(own)
    subject = offer.build_subject(kernel, tmp_path_factory.mktemp("subject"))
    message = signatures.of(signed)
    return {
        "unsigned": subject,
        "the kernel's own": signed,
        "another's signature": signatures.append(subject, message),
        "of attributes": signatures.append(subject, signatures.with_attributes(message, subject)),
        "with contents": signatures.append(subject, signatures.with_contents(message, b"module")),
    }


@pytest.mark.parametrize("append", ["", ENFORCED, LOCKED_DOWN])
def test_a_kernel_that_demands_signatures_says_what_was_foretold(
    append: str,
    files: dict[str, bytes],
    kernel: KernelTree,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    known = dataclasses.replace(
        target.of(kernel), enforced=append == ENFORCED, locked_down=append == LOCKED_DOWN
    )
    agent = offer.build_agent(tmp_path_factory.mktemp("agent"))
    data = list(files.values())
    answers = offer.offer(kernel, agent, data, boots=1, append=append)
    verdicts = dict(
        zip(files, (check.judge(one, known, explain=False) for one in data), strict=True)
    )
    by_name = dict(zip(files, answers, strict=True))
    for kind in ("unsigned", "the kernel's own", "of attributes", "with contents"):
        assert disagreement(verdicts[kind], by_name[kind]) == "", kind
    # Only the key tells that a signature is another module's, which `check` has not: it says so.
    assert verdicts["another's signature"].unchecked
    assert by_name["another's signature"].errno == 129  # EKEYREJECTED


def disagreement(verdict: Verdict, answer: offer.Answer) -> str:
    found = verdict.refusal
    errno, log = (found.errno, found.log) if found else ("", "")
    return offer.disagreement(found is None, errno, log, answer)
