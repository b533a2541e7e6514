//! Builds the variants. Each by itself: what one peer asks of tokio must not get into another's build.

use crate::variants::Variant;
use std::io;
use std::path::PathBuf;
use std::process::Command;

/// This workspace.
pub fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Target folders of their own: the two builds would evict each other.
fn target(unstable: bool) -> PathBuf {
    workspace().join(if unstable { "target" } else { "target/without-cfg" })
}

/// Where a variant's program is.
pub fn program(variant: &Variant) -> PathBuf {
    target(variant.unstable).join("release").join(package(variant))
}

fn package(variant: &Variant) -> String {
    format!("taskscope-bench-{}", variant.package)
}

/// Builds what the variants need.
pub fn all(variants: &[Variant]) -> io::Result<()> {
    let mut built = Vec::new();
    for variant in variants {
        let program = program(variant);
        if !built.contains(&program) {
            build(variant)?;
            built.push(program);
        }
    }
    Ok(())
}

fn build(variant: &Variant) -> io::Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--package", &package(variant), "--target-dir"])
        .arg(target(variant.unstable))
        .env("RUSTFLAGS", if variant.unstable { "--cfg tokio_unstable" } else { "" })
        .current_dir(workspace())
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{} cannot be built", variant.name))) }
}
