"""Whether a module's code is protected as the kernel's configuration promises."""

from rkmbuild.ko import protection
from rkmbuild.verdict import machine_code
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.machine_code import Code
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject


def check(subject: Subject, code: Code, report: FindingList) -> None:
    """Judge returns, indirect branches, landing pads and ORC against the configuration.

    6.9 put MITIGATION_ before the names of the options.
    """
    config = subject.target.config
    if config.on("RETHUNK", "MITIGATION_RETHUNK") and code.returns:
        message = f"{len(code.returns)} functions return without the kernel's return thunk"
        report.add(dangers.PLAIN_RETURNS, message, place=machine_code.where(subject, code.returns))
    branches = protection.unpatched(subject, code.branches)
    if config.on("RETPOLINE", "MITIGATION_RETPOLINE") and branches:
        message = f"{len(branches)} indirect calls or jumps go through no retpoline"
        report.add(dangers.INDIRECT_CALLS, message, place=machine_code.where(subject, branches))
    unguarded = [place for place in code.unguarded if place in {*code.returns, *branches}]
    if config.on("SLS", "MITIGATION_SLS") and unguarded:
        message = f"{len(unguarded)} returns or jumps have no INT3 behind them"
        where = machine_code.where(subject, unguarded)
        report.add(notes.STRAIGHT_LINE_SPECULATION, message, place=where)
    pad = subject.target.arch.landing_pad
    if pad and config.on(pad.option):
        missing = protection.without_pad(subject, pad, subject.target.arch.relocations.addresses)
        if missing:
            message = (
                f"the address of {len(missing)} functions is taken, and they have no {pad.name}"
            )
            report.add(dangers.MISSING_ENDBR, message, place=machine_code.where(subject, missing))
    if config.on("UNWINDER_ORC"):
        _orc(subject, report)


def _orc(subject: Subject, report: FindingList) -> None:
    file = subject.file
    code = [
        number
        for number, section in enumerate(file.sections)
        if section.executable and subject.allocated[number] and subject.functions.get(number)
    ]
    if code and not file.find(".orc_unwind_ip"):
        message = "no ORC data: stack traces through the module will be guesses"
        report.add(notes.NO_ORC, message)
