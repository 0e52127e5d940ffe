"""Where the `rkmbuild` command and `python -m rkmbuild` begin."""

import os
import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until there is something to stop and to say, Ctrl-C just ends the process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.getfilesystemencoding() != "utf-8":
        # In a locale of old, while cargo, rustc and Cargo.toml know UTF-8 only.
        again = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - no other process: this one, begun anew
    from rkmbuild import cli  # noqa: PLC0415 - it takes a while, see above

    cli.main()


if __name__ == "__main__":
    main()
