"""Why kbuild could not make a module, in words of the module's source where they can be had."""

import re
from collections.abc import Collection
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError
from rkmbuild.base.process import Completed
from rkmbuild.kernel.symvers import TRIMMED
from rkmbuild.pipeline import exports, link_hints, origins, undefined
from rkmbuild.pipeline.crate import Library
from rkmbuild.pipeline.helpers import Helpers

# The second is what Linux 6.5 and later say of what the module itself exports.
_MISSING = re.compile(r'modpost: "([^"]+)" \[[^]]*\] (?:undefined|was exported without definition)')


def explain(
    done: Completed,
    *,
    module: str,
    release: str,
    folder: Path,
    helpers: Helpers,
    rust: str,
    exports_header: str,
    trimmed: bool,
    library: Library,
) -> BuildError:
    """Return the error for a make that failed.

    Args:
        done: What make printed.
        module: The module's name.
        release: The kernel's.
        folder: Where it was built.
        helpers: The C helpers that it could ask for.
        rust: The name of its object of Rust code.
        exports_header: The name of the file with its exports.
        trimmed: Whether the kernel exports only what its own modules use.
        library: What its Rust code was linked from.
    """
    error = process.failed(done, doing=f"linking {module}.ko")
    broken = helpers.blamed(done.stderr, helpers.wanted(folder))
    if broken:
        return _without_helpers(broken, done, helpers, folder / rust, release)
    missing = list(dict.fromkeys(_MISSING.findall(done.stderr)))
    if not missing:
        return BuildError(error.message, hint=error.hint, output=done.stderr or done.stdout)
    unmangled = exports.exported(folder / exports_header) & set(missing)
    if unmangled:
        names = ", ".join(f"`{name}`" for name in sorted(unmangled))
        return BuildError(
            f"{names} is exported, but the Rust code has no symbol of that name",
            hint="give the function #[export], or a static #[no_mangle]",
            output=done.stderr,
        )
    askers = undefined.askers(folder / f"{module}.o", missing)
    # A helper says little to who wrote the module: what it is there for says more.
    asked = {name for names in askers.values() for name in names if helpers.has(name)}
    items = undefined.items(folder / rust, asked)
    crates = _crates({asker for found in askers.values() for asker in found}, library)
    lines = []
    for name in missing:
        who = [each for asker in askers.get(name, ()) for each in _words(asker, items, crates)]
        if who:
            lines.append(f"`{name}` is needed by {', '.join(who)}")
    lines += [text for name in sorted(asked) if (text := helpers.instead(name))]
    lines += link_hints.of(missing)
    for crate in dict.fromkeys(crates.values()):
        wanted = [wants for name, wants in library.wanted if name == crate]
        beside = f", and it asks for the library {', '.join(wanted)}" if wanted else ""
        lines.append(
            f"what crate {crate} brings in C or assembly needs what this kernel lacks{beside}: see "
            "which of its features or functions do without, or use another crate for it"
        )
    if trimmed:
        lines.append(TRIMMED)
    return BuildError(
        f"the kernel exports no symbol {', '.join(f'`{name}`' for name in missing)}",
        hint="\n".join([*lines, error.hint or ""]),
        output=done.stderr,
    )


def _without_helpers(
    broken: dict[str, list[str]], done: Completed, helpers: Helpers, rust: Path, release: str
) -> BuildError:
    """Return the error for helpers that do not compile for this kernel."""
    items = undefined.items(rust, broken)
    names = [f"`{item.name}`" for name in broken for item in items.get(name, ())]
    lines = [f"{helper}: {text}" for helper, texts in broken.items() for text in texts]
    for name in broken:
        lines += [f"used in {item.used}" for item in items.get(name, ()) if item.used]
        if text := helpers.instead(name):
            lines.append(f"in its place: {text}")
    what = ", ".join(dict.fromkeys(names)) or ", ".join(f"`{name}`" for name in broken)
    return BuildError(
        f"Linux {release} lacks what {what} stands on",
        hint="\n".join(dict.fromkeys(lines)),
        output=done.stderr,
    )


def _crates(askers: Collection[str], library: Library) -> dict[str, str]:
    """Return the crates that functions come from which are not Rust."""
    foreign = {asker: asker for asker in askers if "::" not in asker}
    found = origins.find(foreign, library, ())
    known = {crate for crate, _ in library.native}
    return {asker: crate for asker, crate in found.items() if crate in known}


def _words(asker: str, items: dict[str, list[undefined.Item]], crates: dict[str, str]) -> list[str]:
    found = items.get(asker, [])
    crate = f" of crate {crates[asker]}" if asker in crates else ""
    return list(dict.fromkeys(item.text for item in found)) or [f"{asker}{crate}"]
