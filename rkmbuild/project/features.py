"""Which features of a crate to switch, to be rid of what a kernel module cannot have."""

import re
from collections.abc import Collection

from rkmbuild.project.dependencies import Graph, Package, arrows

# What maintainers call features that do without vector instructions, and those that ask for them.
_AVOIDING = re.compile(
    r"(force[-_])?soft|pure|portable|scalar|generic|serial|no[-_](simd|asm|sse|avx|intrinsics).*"
)
_ASKING = re.compile(r"(^|.*[-_])(std|simd|asm|sse|avx|detect\w*|runtime|accel\w*|native)\b.*")
_STD = re.compile(r"(use[-_])?std")


def without_vectors(package: Package, graph: Graph) -> str:
    """Return what to write into Cargo.toml, so that a crate leaves out its vector instructions."""
    way = arrows(graph.chain(package.id))
    off = sorted(name for name in package.features if name not in package.enabled)
    # `no_sse2` and its like leave out one thing each; what leaves out all comes first.
    avoiding = sorted(filter(_AVOIDING.fullmatch, off), key=lambda name: name.startswith("no"))
    asking = sorted(filter(_ASKING.fullmatch, package.enabled))
    said = f"{way}, version {package.version}: "
    if avoiding:
        line = _line(
            package,
            [*graph.packages[graph.root].wants(package).get("features", []), avoiding[0]],
            default="default" in package.enabled or "default" not in package.features,
        )
        said += f"of its features, {', '.join(avoiding)} promise code without them; in Cargo.toml:"
        return f"{said}\n{line}"
    if asking:
        return f"{said}its features {', '.join(asking)} may be what asks for them: disable them"
    return f"{said}it has no feature that leaves them out: use another crate for it"


def without_std(package: Package, graph: Graph) -> str:
    """Return what to write into Cargo.toml, so that a crate does without the standard library."""
    chain = graph.chain(package.id)
    if not any(map(_STD.fullmatch, package.features)):
        return _without(chain)
    if len(chain) == 2:
        wanted = [f for f in chain[0].wants(package).get("features", []) if not _STD.fullmatch(f)]
        return f"in Cargo.toml:\n{_line(package, wanted, default=False)}"
    first, asks = chain[1], chain[-2]
    bringing = sorted(name for name in first.enabled if name == "default" or _STD.fullmatch(name))
    if bringing:
        # A crate that has such a feature is often of little use with nothing else on.
        alloc = ["alloc"] if "alloc" in first.features else []
        wanted = [f for f in chain[0].wants(first).get("features", []) if not _STD.fullmatch(f)]
        return (
            f"{first.name} has its features {', '.join(bringing)} on; in Cargo.toml:\n"
            f"{_line(first, dict.fromkeys([*wanted, *alloc]), default=False)}"
        )
    return (
        f"{asks.name} {asks.version} asks for {package.name} with its standard library, whatever "
        "its own features: use another crate for it"
    )


def _without(chain: list[Package]) -> str:
    """Return how to leave out a crate that can do nothing without the standard library."""
    package = chain[-1]
    said = f"{package.name} {package.version} has no feature that leaves the standard library out"
    for parent, child in zip(chain[-2::-1], chain[:0:-1], strict=True):
        bringing = _bringing(parent, child)
        if bringing:
            brought = f"{parent.name} brings {child.name} by its feature {' and '.join(bringing)}"
            return f"{said}; {brought}: disable it"
    return f"{said}: use another crate for it"


def _bringing(parent: Package, child: Package) -> list[str]:
    """Return the features of a crate that are on and bring an optional dependency."""
    entry = parent.wants(child)
    if not entry.get("optional"):
        return []
    name = entry["rename"] or entry["name"]
    return sorted(
        feature
        for feature in parent.enabled
        if feature == name or {name, f"dep:{name}"} & set(parent.features.get(feature, ()))
    )


def _line(package: Package, features: Collection[str], *, default: bool) -> str:
    """Return a line for `[dependencies]`."""
    place = package.id.partition("+")[0]
    said = [f'{place} = "…"' if place in ("path", "git") else f'version = "{package.version}"']
    if not default:
        said.append("default-features = false")
    if features:
        named = ", ".join(f'"{feature}"' for feature in features)
        said.append(f"features = [{named}]")
    return f"{package.name} = {{ {', '.join(said)} }}"
