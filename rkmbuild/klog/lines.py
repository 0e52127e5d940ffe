"""What the kernel said in a line of a log, whatever printk, dmesg, journalctl or others put around.

Most of what stands before is known by its form. What is not is found by what the kernel says
itself: where a line has words that it alone prints, they are taken, and what stood before them is
taken off the lines that follow.
"""

import json
import re

# Lines of the kernel's are shorter; what comes after is not looked at.
_LONGEST = 4096
# ECMA-48: control sequences, as colours, and strings, as a window's title
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# What a serial line adds: NULs of a machine that starts, carriage returns on either side.
_JUNK = "\0\r"
# As syslog names who spoke; the second is the form of RFC 5424, with structured data or without.
_TAG = (
    r"kernel *(?:\[\d+\])?: ?",
    r"kernel (?:\d+|-) \S{1,32} (?:-|(?:\[[^\]]{0,80}\])+) ?\ufeff?",
)
_HOST = rf"\S{{1,64}} (?:{_TAG[0]}|{_TAG[1]})"
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_PREFIXES = (
    # syslog and journalctl -o short, short-precise; ts of moreutils
    rf"[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? (?:{_HOST})?",
    # journalctl -o short-full
    rf"[A-Z][a-z]{{2}} \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d [\w+:-]{{1,10}} {_HOST}",
    # RFC 5424; journalctl -o short-iso, short-iso-precise; dmesg --time-format iso; collectors
    rf"(?:<\d{{1,3}}>1 )?{_ISO}(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)? (?:{_HOST})?",
    # journalctl -o short-unix, short-monotonic, short-delta
    rf"(?:\d{{9,11}}\.\d+|\[ *\d+\.\d+(?: < *\d+\.\d+[ *]>)?\]) {_HOST}",
    # minicom and tio, on a serial line
    r"\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:\.\d+)?Z?\] ",
    # dmesg -x
    r"(?:kern|user|daemon|syslog) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ",
    # a console without quiet words: console_msg_format=syslog, dmesg -r
    r"<\d{1,3}>",
    # /dev/kmsg and netconsole: priority, number, microseconds, flags
    r"\d{1,3},\d+,\d+,[-c+](?:,[\w=]+)*;",
    # printk.time; dmesg -d; dmesg -T and -H, in the language and with the comma of the machine
    r"\[ *\d+[.,]\d{6}(?: <[ +]*\d+[.,]\d+>)?\] ?",
    r"\[[^][\d]{1,12}[^][]{0,12}\d\d:\d\d:\d\d(?: \d{4})?\] ?",
    r"\[(?:[^][\d]{1,6}[ \d]\d \d\d:\d\d| *\+\d+[.,]\d+)\] ?",
    # CONFIG_PRINTK_CALLER (kernel/printk/printk.c, print_caller); Android's kernels
    r"\[ *[TC]\d+\] ?",
    r"\(\d{1,3}\)\[\d+:[^]]{1,32}\] ?",
)
_ANY = f"(?:{'|'.join(_PREFIXES)})"
# No more of them stand before one line; who quotes a log in a mail or indents it does so before.
_PREFIX = re.compile(rf"(?:> ?){{0,5}}(?:[ \t]{{0,32}}(?P<known>{_ANY}{_ANY}{{0,4}}))?")
# The same within a line: the kernel's time, as print_time of printk.c pads it; syslog's tag, where
# a time of the day stands before it, in whatever form and language.
_FARTHEST = 160
_TIME = re.compile(
    r"\[(?: *\d{1,9}[.,]\d{6}| {1,5}\d{1,4}[.,]\d{1,9}|\d{5,9}[.,]\d{1,9})(?:@\d+)?\] ?"
    r"(?:\[ *[TC]\d+\] ?|\(\d{1,3}\)\[\d+:[^]]{1,32}\] ?)?"
)
_TAGGED = re.compile(rf"(?=.{{0,80}}\d\d:\d\d).{{0,120}}?(?<!\S)(?:{_TAG[0]}|{_TAG[1]})")
_JSON = re.compile(r"\s*(?:- )?(\{.*\})\s*,?")
_MESSAGES = ("MESSAGE", "msg", "message", "log", "text")

# Words of the kernel alone that begin a line. Those of the first group begin it always; before the
# others the kernel itself may say who speaks, as `watchdog: `.
_ALWAYS = (
    r"Call [Tt]race:|Modules linked in:|CPU: \d+ (?:UID: \d+ )?PID: \d+ |Hardware name: "
    r"|-+\[ cut here \]-+|---\[ end (?:trace|Kernel panic)|RIP: [0-9a-f]{4}:|<TASK>"
    r"|kernel BUG at |Linux version \d"
)
_OFTEN = (
    r"BUG: |WARNING: |UBSAN: |INFO: (?:task|rcu_\w+) |Kernel panic - not syncing: |Oops: "
    r"|Internal error: |Unable to handle kernel |general protection fault|CFI failure at "
    r"|Watchdog detected hard LOCKUP|unregister_netdevice: waiting for |refcount_t: "
    r"|BUG \S+ \((?:Not tainted|Tainted)"
)
_WORDS = re.compile(rf"(?<!\w)(?:(?P<always>{_ALWAYS})|{_OFTEN})")
# That is a driver or a part of the kernel that speaks, and no prefix.
_SPEAKER = re.compile(r"[A-Za-z_][\w. -]{0,40}: ")
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


class LineReader:
    """Reads the lines of one log in their order; it learns what stands before them."""

    def __init__(self) -> None:
        self._learned: re.Pattern[str] | None = None

    def text_of(self, line: str) -> str:
        """Return what the kernel printed, without what stands around it."""
        line = _cleaned(line)
        if (text := _known(line)) is not None:
            return text
        line = line[_quoted(line) :]
        if self._learned and (found := self._learned.match(line)):
            return line[found.end() :]
        found = _WORDS.search(line[:_LONGEST])
        if found is None or _SPEAKER.fullmatch(line[: found.start()]):
            return line
        if found["always"] and line[: found.start()].strip():
            self._learned = _shape(line[: found.start()])
        return line[found.start() :]


def text_of(line: str) -> str:
    """Return what the kernel printed in a line that stands alone; else see `LineReader`."""
    return LineReader().text_of(line)


def _cleaned(line: str) -> str:
    line = line[:_LONGEST]
    if "\x1b" in line:
        line = _ESCAPE.sub("", line)
    line = line.lstrip(_JUNK).rstrip(f"{_JUNK}\n\t ")
    return _message(line) if line.endswith(("}", "},")) else line


def _known(line: str) -> str | None:
    """Return the text behind what is known by its form; None where nothing is."""
    match = _PREFIX.match(line)
    known = bool(match and match["known"])
    rest = line[match.end() :] if match else line
    near = rest[:_FARTHEST]
    if found := _TAGGED.match(near):
        rest, known = rest[found.end() :], True
        near = rest[:_FARTHEST]
    elif known and (found := re.match(_HOST, near)):
        rest = rest[found.end() :]
        near = rest[:_FARTHEST]
    if found := _TIME.search(near):
        rest, known = rest[found.end() :], True
    return rest if known else None


def _quoted(line: str) -> int:
    match = _PREFIX.match(line)
    return match.end() if match else 0


def _message(line: str) -> str:
    """Return the message of a line that is JSON, as journalctl and runners of tests write it."""
    found = _JSON.fullmatch(line)
    try:
        document = json.loads(found[1]) if found else None
    except (ValueError, RecursionError):
        return line
    if not isinstance(document, dict):
        return line
    texts = (document[key] for key in _MESSAGES if isinstance(document.get(key), str))
    return next((text.split("\n", 1)[0] for text in texts), line)


def _shape(prefix: str) -> re.Pattern[str]:
    """Return what a prefix of the same form matches: its words and numbers may differ."""

    def general(piece: str) -> str:
        if piece.isspace():
            return r"\s+"
        return r"\w+" if re.match(r"\w", piece) else re.escape(piece)

    bare = prefix.rstrip()
    pieces = "".join(general(piece) for piece in _PIECES.findall(bare))
    return re.compile(pieces + re.escape(prefix[len(bare) :]))
