//! Every public method of tokio's types is there: the two sources are compared.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the tokio that this package is built with.
fn tokio() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        // What only other platforms need may never have been downloaded.
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", "host-tuple"])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let tokio = packages.iter().find(|package| package["name"] == "tokio").unwrap();
    Path::new(tokio["manifest_path"].as_str().unwrap()).parent().unwrap().join("src")
}

/// The public functions of a file that stand in no comment.
fn functions(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let names = code.filter_map(|line| {
        let rest = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "))?;
        rest.split(['(', '<']).next()
    });
    names.map(str::to_owned).collect()
}

#[test]
fn every_method_of_tokios_is_there() {
    let (theirs, ours) = (tokio(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let pairs: [(&str, &[&str], &[&str]); 5] = [
        ("runtime/task/join.rs", &["task/join_handle.rs"], &["detach", "into_tokio"]),
        ("runtime/task/abort.rs", &["task/abort_handle.rs"], &["into_tokio"]),
        ("task/join_set.rs", &["task/join_set.rs", "task/join_set/builder.rs"], &["into_tokio"]),
        ("task/builder.rs", &["task/builder.rs"], &[]),
        ("task/blocking.rs", &["task.rs"], &["spawn", "spawn_fallible", "spawn_local"]),
    ];
    for (their_file, our_files, more) in pairs {
        let mut theirs = functions(&theirs.join(their_file));
        // Not wrapped: it spawns nothing, and comes with the rest of `tokio::task`.
        theirs.remove("block_in_place");
        assert!(!theirs.is_empty(), "{their_file} was not understood");
        let ours: BTreeSet<String> = our_files.iter().flat_map(|file| functions(&ours.join(file))).collect();
        let missing: Vec<_> = theirs.difference(&ours).collect();
        assert!(missing.is_empty(), "{their_file}: {missing:?}");
        let invented: Vec<_> =
            ours.difference(&theirs).filter(|name| !more.contains(&name.as_str())).collect();
        assert!(invented.is_empty(), "{our_files:?}: {invented:?}");
    }
}

#[test]
fn everything_else_of_tokios_module_is_there() {
    use taskscope_agent::task::{
        AbortHandle, Id, JoinError, JoinHandle, JoinSet, LocalEnterGuard, LocalKey, LocalSet, block_in_place,
        coop, futures, id, try_id, yield_now,
    };
    fn is_there<T: ?Sized>() {}
    is_there::<(AbortHandle, Id, JoinError, JoinHandle<()>, JoinSet<()>, LocalEnterGuard)>();
    is_there::<(LocalKey<()>, LocalSet, futures::TaskLocalFuture<(), std::future::Ready<()>>)>();
    let _ = (block_in_place::<fn(), ()>, coop::unconstrained::<()>, id, try_id, yield_now);
}

/// Handles may go wherever tokio's may.
#[test]
fn auto_traits_are_those_of_tokios() {
    use std::panic::{RefUnwindSafe, UnwindSafe};
    fn all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    fn set<T: Send + Sync + Unpin>() {}
    all::<tokio::task::JoinHandle<u8>>();
    all::<taskscope_agent::task::JoinHandle<u8>>();
    all::<tokio::task::AbortHandle>();
    all::<taskscope_agent::task::AbortHandle>();
    set::<tokio::task::JoinSet<u8>>();
    set::<taskscope_agent::task::JoinSet<u8>>();
}
