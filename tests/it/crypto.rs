//! Where private keys are used (SG-23), and until when what we know of a crate is put up with.

use caucus::clock::{Clock as _, SystemClock};
use std::path::{Path, PathBuf};

/// Every source file below a folder, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(kind) if kind == "rs" => found.push((path.clone(), std::fs::read_to_string(path).unwrap())),
                _ => {}
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn no_handler_reaches_for_a_private_key() {
    let signing =
        ["sign_cavage", "sign_rfc9421", "SigningKey", ".signers", "private_key", "outbound::send", "Outgoing"];
    for (path, text) in sources("src/web") {
        for name in signing {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
    // What signs is where it is looked for.
    let federation = sources("src/federation");
    assert!(signing[..3].iter().all(|name| federation.iter().any(|(_, text)| text.contains(name))));
}

#[test]
fn the_crate_whose_timing_tells_too_much_never_sees_a_private_key() {
    for (path, text) in sources("src") {
        for name in ["RsaPrivateKey", "rsa::pkcs1v15", "rsa::pss", "rsa::oaep", "DecodePrivateKey", ".decrypt("] {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn every_weakness_that_is_put_up_with_has_a_day_on_which_it_is_looked_at_again() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    let ignored: Vec<&str> = text.lines().filter(|line| line.contains("id = \"RUSTSEC-")).collect();
    assert!(ignored.iter().any(|line| line.contains("RUSTSEC-2023-0071")), "{ignored:?}");
    let today = SystemClock.now().format("%Y-%m-%d").to_string();
    for line in ignored {
        let until = line.split("until ").nth(1).and_then(|rest| rest.split(':').next());
        let until = until.unwrap_or_else(|| panic!("no day stands in: {line}"));
        assert!(until.len() == 10 && until > today.as_str(), "look at this again, and give it another day: {line}");
    }
}
