"""Small module projects for tests to build."""

from pathlib import Path

MANIFEST = """\
[package]
name = "{name}"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["staticlib"]
"""

SOURCE = """\
#![no_std]

use kernel::prelude::*;

module! {{
    type: Sample,
    name: "{name}",
    authors: ["A test"],
    description: "A module for a test",
    license: "GPL",
}}

struct Sample;

impl kernel::Module for Sample {{
    fn init(_module: &'static ThisModule) -> Result<Self> {{
        {body}
        Ok(Sample)
    }}
}}
"""


def make(
    root: Path,
    name: str = "sample",
    *,
    body: str = 'pr_info!("loaded\\n");',
    before: str = "",
    manifest: str = "",
) -> Path:
    """Write a project whose `init` runs `body`; `before` goes ahead of it, at the crate's level."""
    (root / "src").mkdir(parents=True)
    (root / "Cargo.toml").write_text(MANIFEST.format(name=name) + manifest)
    source = SOURCE.format(name=name, body=body)
    (root / "src" / "lib.rs").write_text(
        source.replace("struct Sample;", f"{before}\nstruct Sample;")
    )
    return root
