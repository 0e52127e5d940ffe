"""A kernel's configuration, read from its tree the way kbuild reads it."""

import re
from pathlib import Path

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.tree import Kconfig

AUTO_CONF = Path("include/config/auto.conf")
DOT_CONFIG = Path(".config")

_LINE = re.compile(r"^CONFIG_(\w+)=(.*)$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")


def read(build: Path) -> Kconfig:
    """Return the configuration of the kernel whose objtree is `build`.

    The values are those of include/config/auto.conf: that is the file that the top Makefile
    includes when it builds an external module, and the one that was there when the kernel itself
    was built. `.config` is what a person edits; a tree may come without it, but where it is there
    and damaged the tree is not to be trusted.

    Raises:
        KernelError: auto.conf is missing, or one of the two is damaged.
    """
    auto_conf = build / AUTO_CONF
    text = _text(auto_conf)
    if text is None:
        raise _unprepared(build)
    values = parse(text)
    _check(auto_conf, text, values)
    dot_config = _text(build / DOT_CONFIG)
    if dot_config is not None:
        _check(build / DOT_CONFIG, dot_config, None)
    return Kconfig(values)


def parse(text: str) -> dict[str, str]:
    """Return the options set in `text` (.config or auto.conf), names without CONFIG_."""
    return {
        name: _unquoted(value) if value.startswith('"') else value
        for name, value in _LINE.findall(text)
    }


def _unquoted(value: str) -> str:
    return _ESCAPE.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1]


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KernelError(f"cannot read {path}: {error.strerror}") from None


def _check(path: Path, text: str, values: dict[str, str] | None) -> None:
    # Both files are written in one go and end in a newline; one that does not was cut off.
    if not text.strip():
        what = "is empty"
    elif "\0" in text:
        what = "is not text"
    elif not (_LINE.search(text) if values is None else values):
        what = "sets no option"
    elif not text.endswith("\n"):
        what = f"is truncated in line {text.count(chr(10)) + 1}"
    else:
        return
    raise KernelError(
        f"{path} {what}: the kernel tree is damaged",
        hint="install the kernel's headers again, or choose another kernel with --kernel",
    )


def _unprepared(build: Path) -> KernelError:
    if (build / DOT_CONFIG).exists():
        return KernelError(
            f"{build} is configured, but not prepared for building modules: {AUTO_CONF} is missing",
            hint=f"run `make -C {build} modules_prepare`",
        )
    return KernelError(
        f"{build} has no kernel configuration: neither {AUTO_CONF} nor {DOT_CONFIG} is there",
        hint="--kernel needs the folder that /lib/modules/RELEASE/build points to,\n"
        "or the folder that a kernel was built in",
    )
