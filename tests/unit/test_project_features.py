"""What is proposed to be rid of the standard library or of vector code, by a crate's features."""

from collections.abc import Mapping
from typing import Any

from rkmbuild.project import features
from rkmbuild.project.dependencies import Graph, Package


def package(
    name: str,
    all_features: Mapping[str, list[str]] | None = None,
    *,
    on: str = "",
    uses: tuple[Mapping[str, Any], ...] = (),
    source: str = "registry",
) -> Package:
    return Package(
        id=f"{source}+{name}",
        name=name,
        version="1.2.3",
        crate=name.replace("-", "_"),
        features=all_features or {},
        enabled=frozenset(on.split()),
        declared=uses,
        edges=tuple(f"{use.get('source', 'registry')}+{use['name']}" for use in uses),
    )


def use(name: str, *wanted: str, optional: bool = False) -> dict[str, Any]:
    return {
        "name": name, "kind": None, "rename": None, "optional": optional, "features": list(wanted),
    }  # fmt: skip


def graph(*packages: Package) -> Graph:
    return Graph(packages[0].id, {each.id: each for each in packages})


def test_a_direct_dependency_loses_its_default_features_and_keeps_what_was_asked_for() -> None:
    crate = package("b", {"default": ["std"], "std": [], "alloc": []}, on="default std alloc")
    said = features.without_std(crate, graph(package("a", uses=(use("b", "alloc", "std"),)), crate))
    line = 'b = { version = "1.2.3", default-features = false, features = ["alloc"] }'
    assert said.splitlines()[-1] == line


def test_of_a_chain_the_first_crate_is_the_one_to_change() -> None:
    last = package("c", {"std": []}, on="std")
    first = package("b", {"default": ["c/std"]}, on="default", uses=(use("c"),))
    said = features.without_std(last, graph(package("a", uses=(use("b"),)), first, last))
    assert "b has its features default on" in said
    assert said.endswith('\nb = { version = "1.2.3", default-features = false }')


def test_a_crate_that_always_asks_for_std_is_named() -> None:
    last = package("c", {"std": []}, on="std")
    first = package("b", uses=(use("c", "std"),))
    said = features.without_std(last, graph(package("a", uses=(use("b"),)), first, last))
    assert said.startswith("b 1.2.3 asks for c with its standard library, whatever")


def test_a_crate_for_programs_only_is_left_out_by_the_feature_that_brings_it() -> None:
    last = package("c")
    by_feature = use("c", optional=True)
    first = package("b", {"net": ["dep:c"], "x": []}, on="net x", uses=(by_feature,))
    said = features.without_std(last, graph(package("a", uses=(use("b"),)), first, last))
    assert said.endswith("b brings c by its feature net: disable it")
    said = features.without_std(last, graph(package("a", uses=(use("c"),)), last))
    assert said.endswith(
        "has no feature that leaves the standard library out: use another crate for it"
    )


def test_a_feature_that_leaves_out_all_vector_code_comes_before_those_that_leave_out_some() -> None:
    named: dict[str, list[str]] = {"no_sse2": [], "no_neon": [], "pure": [], "std": []}
    crate = package("b", named, on="std")
    said = features.without_vectors(crate, graph(package("a", uses=(use("b"),)), crate))
    assert "pure, no_sse2 promise code without them" in said
    assert said.endswith('\nb = { version = "1.2.3", features = ["pure"] }')


def test_features_that_ask_for_vector_code_are_named_where_none_forbids_it() -> None:
    crate = package("b", {"runtime-detection": [], "x": []}, on="runtime-detection x")
    said = features.without_vectors(crate, graph(package("a", uses=(use("b"),)), crate))
    assert "its features runtime-detection may be what asks for them" in said
    plain = package("b")
    said = features.without_vectors(plain, graph(package("a", uses=(use("b"),)), plain))
    assert said.endswith("use another crate for it")
