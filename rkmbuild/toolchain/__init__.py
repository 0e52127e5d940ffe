"""What we build with: rustc, cargo, bindgen, clang, the binutils, qemu."""
