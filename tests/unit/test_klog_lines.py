"""What stands before a line of the kernel's is left out, whoever put it there."""

import pytest

from rkmbuild.klog.lines import text_of

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
