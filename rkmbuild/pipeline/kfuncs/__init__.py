"""What makes Rust functions ones that BPF programs may call: their types, in the kernel's form."""
