"""C of crates that CMake, or a configure script and make, build: compiled for the kernel as well.

The crates `cmake` and `autotools` are crates.io's own; CMake comes with the tests' packages.
"""

import os
import subprocess
import sysconfig
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild

# How each is called, which crate calls it, and the files that it reads. The configure script does
# what autoconf's do: it reads $CONFIG_SITE, links a program to see whether the compiler works, and
# does not run it where that is said to be for another machine.
CMAKE = """\
cmake_minimum_required(VERSION 3.16)
project(sums C)
include(CheckCSourceCompiles)
check_c_source_compiles("int main(void) { return __builtin_clz(3); }" HAS_CLZ)
if(NOT HAS_CLZ OR NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  message(FATAL_ERROR "the toolchain file was not read: ${CMAKE_SYSTEM_NAME}, ${HAS_CLZ}")
endif()
add_library(cmake_sum STATIC code.c)
install(TARGETS cmake_sum ARCHIVE DESTINATION lib)
"""
CONFIGURE = """\
#!/bin/sh -e
for word; do case $word in --prefix=*) prefix=${word#*=} ;; esac; done
. "$CONFIG_SITE"
test "$cross_compiling" = yes
echo 'int main(void) { return 0; }' > conftest.c
$CC $CFLAGS $LDFLAGS -o conftest conftest.c
cat > Makefile <<END
install:
\t$CC $CFLAGS -O2 -c -o code.o $(dirname "$0")/code.c
\tar crs libautotools_sum.a code.o
\tmkdir -p $prefix/lib
\tcp libautotools_sum.a $prefix/lib
END
"""
FILES = {"cmake": ("CMakeLists.txt", CMAKE), "autotools": ("configure", CONFIGURE)}
VERSIONS = {"cmake": "0.1", "autotools": "0.2"}
# An array, for the canary; a call through a pointer; a return.
CODE = """\
static void (*volatile fill)(char *, int);
int {name}_sum(int x)
{{
\tchar bytes[64];
\tfill(bytes, x);
\treturn bytes[x & 63] + x;
}}
"""
BUILD = """\
fn main() {{
    let out = {name}::build("c");
    println!("cargo:rustc-link-search=native={{}}/lib", out.display());
    println!("cargo:rustc-link-lib=static={name}_sum");
}}
"""
LIBRARY = """\
#![no_std]
unsafe extern "C" {{ fn {name}_sum(x: i32) -> i32; }}
pub fn sum(x: i32) -> i32 {{
    // SAFETY: it takes any number.
    unsafe {{ {name}_sum(x) }}
}}
"""
MANIFEST = """\
[package]
name = "by_{name}"
version = "0.1.0"
edition = "2021"

[build-dependencies]
{name} = "{version}"
"""


def _crate(root: Path, name: str) -> None:
    (root / "src").mkdir(parents=True)
    (root / "c").mkdir()
    (root / "Cargo.toml").write_text(MANIFEST.format(name=name, version=VERSIONS[name]))
    (root / "build.rs").write_text(BUILD.format(name=name))
    (root / "src" / "lib.rs").write_text(LIBRARY.format(name=name))
    (root / "c" / "code.c").write_text(CODE.format(name=name))
    file, text = FILES[name]
    (root / "c" / file).write_text(text)
    (root / "c" / file).chmod(0o755)


def test_c_that_build_systems_compile_is_for_the_kernel(
    tmp_path: Path, kernel_6_12: KernelTree
) -> None:
    for name in FILES:
        _crate(tmp_path / f"by_{name}", name)
    dependencies = "".join(f'by_{name} = {{ path = "../by_{name}" }}\n' for name in FILES)
    root = projects.make(
        tmp_path / "sample",
        manifest=f"\n[dependencies]\n{dependencies}",
        body='pr_info!("{}\\n", by_cmake::sum(7) + by_autotools::sum(7));',
    )
    scripts = sysconfig.get_path("scripts")
    env = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"}
    # What was compiled for programs would be refused here, by the rules of `check`.
    done = rkmbuild("build", root, "--kernel", kernel_6_12.release, env=env)
    assert done.returncode == 0, done.stderr
    (module,) = root.glob("target/rkmbuild/*/sample.ko")
    code = subprocess.run(["objdump", "-dr", module], capture_output=True, text=True, check=True)
    for name in FILES:
        function = code.stdout.partition(f"<{name}_sum>:\n")[2].partition("\n\n")[0]
        assert "__x86_return_thunk" in function, function
        assert "__x86_indirect_thunk_" in function
        assert "%gs:" in function
        assert "%fs:" not in function
        assert "endbr64" in function.splitlines()[0]
