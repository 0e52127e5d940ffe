"""A line of a kernel log without what printk, dmesg, journalctl or a console put before it."""

import re

# Lines of the kernel's are shorter; what comes after is not looked at.
_LONGEST = 4096
# ECMA-48: control sequences, as colours, and strings, as a window's title
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# What a serial line adds: NULs of a machine that starts, carriage returns on either side.
_JUNK = "\0\r"
_HOST = r"[\w.-]{1,64} kernel(?:\[\d+\])?: "
_PREFIXES = (
    # syslog and journalctl -o short, short-precise; ts of moreutils
    rf"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? (?:{_HOST})?",
    # journalctl -o short-full
    rf"[A-Z][a-z]{{2}} \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [\w+:-]{{1,10}} {_HOST}",
    # journalctl -o short-iso, short-iso-precise; dmesg --time-format iso; collectors of logs
    rf"\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)? (?:{_HOST})?",
    # journalctl -o short-unix, short-monotonic, short-delta
    rf"(?:\d{{9,11}}\.\d+|\[ *\d+\.\d+(?: < *\d+\.\d+[ *]>)?\]) {_HOST}",
    # minicom and tio, on a serial line
    r"\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:\.\d+)?\] ",
    # dmesg -x
    r"(?:kern|user|daemon|syslog) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ",
    # a console without quiet words: console_msg_format=syslog, dmesg -r
    r"<\d{1,3}>",
    # /dev/kmsg and netconsole: priority, number, microseconds, flags
    r"\d{1,3},\d+,\d+,[-c+](?:,[\w=]+)*;",
    # printk.time; dmesg -d; dmesg -T and -H
    r"\[ *\d+\.\d{6}(?: <[ +]*\d+\.\d+>)?\] ?",
    r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] ?",
    r"\[(?:[A-Z][a-z]{2}[ \d]\d \d\d:\d\d| *\+\d+\.\d+)\] ?",
    # CONFIG_PRINTK_CALLER (kernel/printk/printk.c, print_caller)
    r"\[ *[TC]\d+\] ?",
)
_ANY = f"(?:{'|'.join(_PREFIXES)})"
# No more of them stand before one line; who quotes a log in a mail or indents it does so before.
_PREFIX = re.compile(rf"(?:> ?){{0,5}}(?:[ \t]{{0,32}}{_ANY}{_ANY}{{0,4}})?")


def text_of(line: str) -> str:
    """Return what the kernel printed, without what stands around it."""
    line = line[:_LONGEST]
    if "\x1b" in line:
        line = _ESCAPE.sub("", line)
    line = line.lstrip(_JUNK).rstrip(f"{_JUNK}\n\t ")
    match = _PREFIX.match(line)
    return line[match.end() :] if match else line
