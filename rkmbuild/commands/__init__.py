"""One module a command: it parses, calls one function of the room it belongs to, and shows."""

import typer

from rkmbuild.commands import (
    build,
    cache,
    check,
    ci,
    clean,
    decode,
    demo,
    doctor,
    inspect,
    kernel,
    list_,
    load,
    log,
    make,
    new,
    run,
    test,
    unload,
)


def register(app: typer.Typer) -> None:
    """Add every command to `app`, in the order in which `--help` lists them."""
    app.command()(demo.demo)
    app.command()(new.new)
    app.command()(build.build)
    app.command()(make.make)
    app.add_typer(kernel.app, name="kernel")
    app.command()(check.check)
    app.command()(inspect.inspect)
    app.command()(run.run)
    app.command("test")(test.run_tests)
    app.command()(load.load)
    app.command()(unload.unload)
    app.command("list")(list_.list_)
    app.command()(log.log)
    app.command()(decode.decode)
    app.command()(ci.ci)
    app.command()(doctor.doctor)
    app.command()(clean.clean)
    app.add_typer(cache.app, name="cache")
