"""What we build with: rustc, cargo, bindgen, clang, the binutils, qemu.

Here belongs how a tool is found, tried and chosen. Which package installs it stands in `distro`,
and what it is told for one kernel in `pipeline`.
"""
