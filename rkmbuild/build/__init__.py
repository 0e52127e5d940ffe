"""From a module project, a kernel tree and a toolchain to a `.ko`."""
