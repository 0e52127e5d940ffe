"""`rkmbuild build`: from a module project to a `.ko`."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkmbuild.pipeline.api.upstream.by_kbuild import Made
    from rkmbuild.pipeline.pipeline import BuildRequest, BuildResult
    from rkmbuild.pipeline.plan import BuildPlan
    from rkmbuild.pipeline.stages import StageTime
    from rkmbuild.project.kbuild_source import KbuildSource


class Profile(StrEnum):
    """cargo's two profiles."""

    RELEASE = "release"
    DEV = "dev"


class Cc(StrEnum):
    """Which C compiler kbuild uses."""

    AUTO = "auto"
    GCC = "gcc"
    CLANG = "clang"


def build(
    path: options.Source = Path(),
    package: options.Packages = None,
    kernel: options.Kernel = None,
    profile: Annotated[Profile, typer.Option(help="cargo's profile.")] = Profile.RELEASE,
    features: Annotated[
        list[str] | None,
        typer.Option("--features", "-F", help="Features, as for cargo."),
    ] = None,
    all_features: Annotated[bool, typer.Option("--all-features", help="All features.")] = False,
    no_default_features: Annotated[
        bool, typer.Option("--no-default-features", help="Without the default features.")
    ] = False,
    cc: Annotated[
        Cc, typer.Option(help="C compiler: the kernel's own one, else clang; or one of the two.")
    ] = Cc.AUTO,
    toolchain: options.Toolchain = None,
    locked: Annotated[
        bool, typer.Option("--locked", help="Refuse to change Cargo.lock, as cargo's.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Keep cargo off the network.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Commands to run side by side.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print what would be done, and do nothing.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Show where the time went, as a table and a page.")
    ] = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Build the module of a project, or the modules of a workspace.

    A file in Rust without a project around it, and a folder with a Kbuild or Makefile, are built by
    the kernel's own rules, on the kernel's own `kernel` crate.
    """
    from rkmbuild.pipeline import pipeline
    from rkmbuild.project import kbuild_source, selection

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    source = kbuild_source.find(path)
    if source:
        unfit = {
            "--package": package, "--features": features, "--all-features": all_features,
            "--no-default-features": no_default_features, "--locked": locked,
            "--offline": offline, "--toolchain": toolchain, "--plan": plan, "--timings": timings,
            "--profile dev": profile is Profile.DEV,
        }  # fmt: skip
        _refuse([name for name, given in unfit.items() if given], source.shown)
        asked = pipeline.BuildRequest(
            path=path.absolute(),
            kernel=kernel,
            cc=cc.value,
            cargo=pipeline.CargoOptions(jobs=jobs),
        )
        _build_by_kbuild(asked, source)
        return
    request = pipeline.BuildRequest(
        path=path.absolute(),
        kernel=kernel,
        cc=cc.value,
        toolchain=toolchain,
        cargo=pipeline.CargoOptions(
            profile=profile.value,
            features=tuple(name for names in features or [] for name in names.split(",")),
            all_features=all_features,
            no_default_features=no_default_features,
            locked=locked,
            offline=offline,
            jobs=jobs,
        ),
    )
    _say_passed_over(request.path)
    modules = selection.select(request.path, package or ())
    if plan:
        _show_plans([pipeline.prepare(replace(request, path=module.root)) for module in modules])
        return
    documents = []
    for result in pipeline.build_all(request, modules):
        _show_result(result, request, with_timings=timings)
        documents.append(result.document())
    if as_json:
        console.result(_document(documents))


def _build_by_kbuild(request: "BuildRequest", source: "KbuildSource") -> None:
    from rkmbuild.pipeline.api.upstream import by_kbuild

    made = by_kbuild.build(request, source)
    for each in made:
        _show_made(each)
    if console.is_json():
        console.result(_document([each.document() for each in made]))


def _refuse(given: "Sequence[str]", what: str) -> None:
    if given:
        from rkmbuild.base.errors import UsageError

        raise UsageError(
            f"{', '.join(given)} cannot be used with {what}, which is built without cargo",
            hint="the kernel's own rules build it, with the rustc that the kernel was built with",
        )


def _say_passed_over(path: Path) -> None:
    from rkmbuild.project import kbuild_source

    other = kbuild_source.beside(path)
    if other and (path / "Cargo.toml").exists():
        console.note(f"{path.name} has a Cargo.toml, which is built; its {other.name} is not used")


def _document(documents: "list[dict[str, Any]]") -> "dict[str, Any]":
    """Return what `--json` prints: of a workspace's several modules, all in one document."""
    return documents[0] if len(documents) == 1 else {"modules": documents}


def _show_plans(plans: "list[BuildPlan]") -> None:
    if console.is_json():
        console.result(_document([plan.document() for plan in plans]))
        return
    for number, plan in enumerate(plans):
        if number:
            console.line()
        _show_plan(plan)


def _show_plan(plan: "BuildPlan") -> None:
    console.line(f"module      {plan.project.module} ({plan.project.root})")
    tools, tree = plan.tools, plan.kernel.tree
    console.line(f"kernel      {tree.release} ({tree.build})")
    console.line(f"rustc       {tools.rust.version} ({tools.rust.rustc})")
    console.line(f"bindgen     {tools.bindgen.version} with {tools.bindgen.libclang}")
    console.line(f"cc          {tools.compiler.text} ({tools.compiler.path}): {tools.why}")
    console.line(f"api         {plan.api.name}")
    for title, key in plan.api.entries().items():
        console.line(f"{title:<11} {key}")
    console.line("rustc's arguments:")
    chosen = plan.api.target.chosen
    for row in chosen.rows:
        told = " ".join((*row.flags(tree.config), *row.features))
        console.line(f"  {told or '-'}  ({row.name}; {row.source})")
    # Where the kernel's own makefiles were asked, they said no reasons.
    for flag in () if chosen.rows else chosen.flags:
        console.line(f"  {flag}")
    console.line("remarks:")
    for line in plan.api.remarks():
        console.line(f"  {line}")
    console.line(f"kbuild      {' '.join(plan.kbuild.command(plan.request.cargo.jobs))}")


def _show_made(made: "Made") -> None:
    if made.fresh:
        console.status("Fresh", f"{_shown(made.module)} for {made.tree.release}")
        return
    seconds = max(stage.start + stage.seconds for stage in made.stages)
    size = made.module.stat().st_size / 1024
    console.status(
        "Finished",
        f"{_shown(made.module)} ({size:.1f} KiB) for {made.tree.release} in {seconds:.2f} s "
        f"({_times(made.stages)})",
    )


def _show_result(result: "BuildResult", request: "BuildRequest", *, with_timings: bool) -> None:
    if result.fresh:
        console.status("Fresh", f"{_shown(result.module)} for {result.tree.release}")
    else:
        seconds = max(stage.start + stage.seconds for stage in result.stages)
        size = result.module.stat().st_size / 1024
        console.status(
            "Finished",
            f"`{request.cargo.profile}` {_shown(result.module)} ({size:.1f} KiB) for "
            f"{result.tree.release} in {seconds:.2f} s ({_times(result.stages)})",
        )
    if with_timings and result.stages:
        from rkmbuild.pipeline import timings

        page = result.module.with_name("timings.html")
        timings.write_page(result, page)
        if not console.is_json():
            timings.show_table(result.stages)
            console.note(f"the same as an HTML page: {_shown(page)}")


def _times(stages: "tuple[StageTime, ...]") -> str:
    return ", ".join(f"{stage.name} {stage.seconds:.2f}" for stage in stages)


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
