"""What stands before a line of the kernel's is left out, whoever put it there."""

import pytest

from rkmbuild.klog.lines import LineReader, text_of

_TEXT = "RIP: 0010:greeter_init+0x15/0xff0 [greeter]"
# dmesg and journalctl of Debian 12 (util-linux 2.38, systemd 252), kernels' consoles.
_PREFIXES = (
    "",
    "[    2.630916] ",
    "[12345.630916] ",
    "<4>[    2.630916] ",
    "<4>",
    "[    2.630916][  T137] ",
    "<4>[    2.630916][    C0] ",
    "[    2.630916 <    0.000123>] ",
    "[Sat Nov 21 09:16:40 2026] ",
    "[Nov21 09:16] ",
    "[  +0.000123] ",
    "kern  :warn  : [    2.630916] ",
    "kern  :emerg : [Sat Nov 21 09:16:40 2026] ",
    "2026-11-21T09:16:40,123456+00:00 ",
    "Nov 21 09:16:40 host kernel: ",
    "Nov  1 09:16:40 host-1.lan kernel: [    2.630916] ",
    "Nov 21 09:16:40.123456 host kernel: ",
    "2026-11-21T09:16:40+0000 host kernel: ",
    "2026-11-21T09:16:40.123456+01:00 host kernel: ",
    "1795425400.123456 host kernel: ",
    "[    2.630916] host kernel: ",
    "4,1234,2630916,-;",
    "4,1234,2630916,-,caller=T137;",
    "2026-11-21T09:16:40.1234567Z [    2.630916] ",
    "Sat 2026-11-21 09:16:40 UTC host kernel: ",
    "Sat 2026-11-21 09:16:40 CEST host kernel: ",
    "[    2.630916 <    0.000123 >] host kernel: ",
    "Nov 21 09:16:40 [    2.630916] ",
    "[2026-11-21 09:16:40] [    2.630916] ",
    "[09:16:40.123] [    2.630916] ",
    # In the language of the machine: dmesg -H, -T; syslog.
    "[  +0,003082] ",
    "[Sa Nov 21 09:16:40 2026] ",
    "[Mär21 10:15] ",
    "Mär 21 10:15:30 host kernel: ",
    "févr. 21 10:15:30 host kernel: [    2.630916] ",
    "3月 21 10:15:30 host kernel: ",
    # RFC 5424, as a file and as it is sent; syslog of busybox and OpenWrt; logcat -b kernel.
    "2025-02-20T14:48:04.960577+01:00 host kernel - - - ",
    "<4>1 2025-02-20T14:48:04.9+01:00 host kernel - - - ",
    '<4>1 2025-02-20T14:48:04.9Z host kernel - - [meta sequenceId="7"] ',
    "Jan  1 00:00:09 (none) kern.warn kernel: [    9.067789] ",
    "Thu Dec 14 21:48:00 2023 kern.warn kernel: [    9.067789] ",
    "02-20 14:48:04.960     0     0 W kernel  : ",
    "[    2.630916] (0)[137:insmod] ",
    # Collectors of logs, grep, and people: the kernel's time stands where it is.
    "| [    2.48] ",
    "web-1  | 2025-02-20T14:48:04.960Z [    2.630916] ",
    "dmesg.txt:123:[    2.630916] ",
    "##[debug]  [    2.630916] ",
    "// [    2.630916][    T1] ",
    "\r[    2.630916] ",
    "\0\0\r\0<4>[    2.630916] ",
    "    [    2.630916] ",
    "> [    2.630916] ",
    "> > Nov 21 09:16:40 host kernel: ",
    "> ",
    "\x1b]0;serial\x07\x1b[?25l\x1b[2K[    2.630916] ",
    "\x1b[32m[    2.630916] \x1b[0m\x1b[33m",
)


@pytest.mark.parametrize("prefix", _PREFIXES)
def test_a_prefix_is_left_out(prefix: str) -> None:
    assert text_of(f"{prefix}{_TEXT}\r\n") == _TEXT
    assert text_of(f"{prefix}{_TEXT}  \x1b[0m\x1b[K\r\r\n") == _TEXT


@pytest.mark.parametrize("prefix", _PREFIXES)
def test_what_indents_a_trace_stays(prefix: str) -> None:
    assert text_of(f"{prefix} ? vfs_write+0x1/0x2") == " ? vfs_write+0x1/0x2"


@pytest.mark.parametrize(
    "text",
    [
        "[drm] initialised",
        "<TASK>",
        " </TASK>",
        "[5] is a number",
        "kern is not a facility here",
        "Nov 21 is a day",
        "4,5 are numbers",
    ],
)
def test_what_only_looks_like_a_prefix_stays(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize(
    "prefix",
    ["| ", "qemu-1: | ", "console#2> ", "00:00:12.5 target ", "  12  ", "12: ", "*** "],
)
def test_what_stands_before_the_lines_is_learned_where_the_kernel_is_sure_to_speak(
    prefix: str,
) -> None:
    reader = LineReader()
    texts = ["Call Trace:", " <TASK>", " ? vfs_write+0x1/0x2", _TEXT, "Allocated by task 7:", ""]
    assert [reader.text_of(f"{prefix}{text}") for text in texts] == [
        *texts[:-1],
        reader.text_of(prefix),
    ]


def test_the_head_of_a_report_is_found_behind_what_is_not_known() -> None:
    for text in ("BUG: KASAN: double-free in f+0x1/0x2", "INFO: task dd:7 blocked for more than"):
        assert text_of(f"target #3 > {text}") == text
        assert text_of(f"    {text}") == text


@pytest.mark.parametrize(
    "text",
    [
        "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [insmod:136]",
        "greeter: BUG: this is what the module says",
        "Workqueue: events later [greeter]",
        "hardirqs last  enabled at (7): [<ffffffffc0602010>] f+0x1/0x2 [m]",
        "greeter: version [1.5] of 10:15 is ready",
    ],
)
def test_what_the_kernel_or_a_module_says_stays_whole(text: str) -> None:
    assert text_of(text) == text
    assert text_of(f"[    2.630916] {text}") == text


def test_the_message_of_a_line_of_json_is_read() -> None:
    # journalctl -o json; LAVA's log of a board
    assert text_of('{"PRIORITY":"4","MESSAGE":" ? f+0x1/0x2 [m]","_TRANSPORT":"kernel"}') == (
        " ? f+0x1/0x2 [m]"
    )
    line = '- {"dt": "2025-02-20T14:48:04", "lvl": "target", "msg": "[    2.630916] Call Trace:"}'
    assert text_of(line) == "Call Trace:"
    assert text_of('{"MESSAGE": 7}') == '{"MESSAGE": 7}'
