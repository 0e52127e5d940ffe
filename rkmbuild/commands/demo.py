"""`rkmbuild demo`: from nothing to a Rust module that a stock kernel loads, in one command."""

from rkmbuild.base import console
from rkmbuild.commands import options


def demo(
    kernel: options.KernelToShow = None,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Build the hello_world example and run it in a virtual machine.

    Gets a kernel from the distribution if none with an image to boot is here; installs nothing.
    """
    from rkmbuild.commands import run
    from rkmbuild.guest import example

    console.configure(verbose=verbose, quiet=quiet)
    ko, tree = example.module(kernel)
    run.load(ko, tree, timeout=30.0)
    rust = "" if tree.config.on("RUST") else ", which was built without CONFIG_RUST"
    console.line(
        f"It works: a module written in Rust ran in the stock kernel {tree.release}{rust}."
    )
