//! Who may know whom, and how big things may grow: read from the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which of our own modules each room may name, beside itself. Nothing points back.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &["clock", "ids"]),
    ("db", &["clock", "ids", "settings", "domain", "on_each_backend"]),
    ("federation", &["clock", "ids", "settings", "domain", "db", "app", "App"]),
    ("services", &["clock", "ids", "settings", "domain", "db", "app", "App", "federation", "crash_point"]),
    ("web", &["clock", "ids", "settings", "domain", "db", "app", "App", "federation", "services"]),
    ("workers", &["clock", "ids", "settings", "domain", "db", "app", "App", "federation", "services", "crash_point"]),
    ("cli", &["clock", "ids", "settings", "domain", "db", "app", "App", "federation", "services", "web", "workers"]),
];

/// Crates that belong to one room (or to the file named).
const CONFINED: &[(&str, &[&str])] = &[
    ("diesel", &["db"]),
    ("diesel_migrations", &["db"]),
    ("reqwest", &["federation"]),
    ("activitypub_federation", &["federation"]),
    ("aws_lc_rs", &["federation", "cli/backup_key.rs"]),
    ("actix_web", &["web", "cli/serve.rs"]),
    ("askama", &["web"]),
    ("utoipa", &["web"]),
    ("rust_embed", &["web"]),
    ("clap", &["cli", "main.rs"]),
];

/// What rules must not touch, so that they stay pure.
const NOT_IN_DOMAIN: &[&str] =
    &["tokio", "std::fs", "std::env", "std::process", "std::thread", "tracing", "async fn", ".await"];

/// Nine files in ten are shorter; one that is longer than the longest has two subjects. The schema
/// file is a list of tables, nothing to read.
const LONG_FILE: usize = 400;
const LONGEST_FILE: usize = 500;
const LISTS: &[&str] = &["db/schema.rs"];
/// Nine functions in ten; and what none may exceed.
const LONG_FUNCTION: usize = 40;
const LONGEST_FUNCTION: usize = 60;

#[test]
fn nothing_points_back() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let Some((room, allowed)) = MAY_KNOW.iter().find(|(room, _)| *room == file.room) else { continue };
        for known in file.own_modules() {
            if known != *room && !allowed.contains(&known.as_str()) {
                wrong.push(format!("{} names crate::{known}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "who may know whom:\n{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for file in source_files() {
        for (name, rooms) in CONFINED {
            let may = rooms.iter().any(|room| *room == file.room || *room == file.name);
            if !may && file.names_crate(name) {
                wrong.push(format!("{} uses {name}, which belongs to {}", file.name, rooms.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "crates outside their rooms:\n{}", wrong.join("\n"));
}

#[test]
fn rules_are_pure() {
    let mut wrong = Vec::new();
    for file in source_files().into_iter().filter(|file| file.room == "domain") {
        for word in NOT_IN_DOMAIN {
            if file.code.contains(word) {
                wrong.push(format!("{} has {word}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "rules that do more than judge:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let without: Vec<String> =
        source_files().into_iter().filter(|file| !file.text.starts_with("//! ")).map(|file| file.name).collect();
    assert!(without.is_empty(), "modules that do not begin with //!:\n{}", without.join("\n"));
}

#[test]
fn files_stay_short() {
    let sizes: Vec<(usize, String)> = source_files()
        .into_iter()
        .filter(|file| !LISTS.contains(&file.name.as_str()))
        .map(|file| (file.text.lines().count(), file.name))
        .collect();
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > LONG_FILE).collect();
    let too_long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > LONGEST_FILE).collect();

    assert!(too_long.is_empty(), "files over {LONGEST_FILE} lines: {too_long:?}");
    assert!(long.len() * 10 <= sizes.len(), "{} of {} files over {LONG_FILE}: {long:?}", long.len(), sizes.len());
}

#[test]
fn functions_stay_short() {
    let mut sizes = Vec::new();
    for file in source_files() {
        for (function, lines) in function_sizes(file.without_tests()) {
            sizes.push((lines, format!("{} {function}: {lines} lines", file.name)));
        }
    }
    sizes.sort_by(|a, b| b.cmp(a));
    let long = sizes.iter().filter(|(lines, _)| *lines > LONG_FUNCTION).count();
    let too_long: Vec<&str> =
        sizes.iter().filter(|(lines, _)| *lines > LONGEST_FUNCTION).map(|(_, told)| told.as_str()).collect();

    assert!(sizes.len() > 100, "the functions were not found");
    assert!(too_long.is_empty(), "functions over {LONGEST_FUNCTION} lines:\n{}", too_long.join("\n"));
    assert!(long * 10 <= sizes.len(), "{long} of {} functions have over {LONG_FUNCTION} lines", sizes.len());
}

#[test]
fn the_reader_of_paths_sees_through_groups_and_supers() {
    let file = SourceFile::new(
        "web/api/polls.rs".to_owned(),
        "use crate::{db::polls, services::{self, cast_ballot}};\nuse super::super::super::workers::x; // crate::cli\n"
            .to_owned(),
    );

    let known: Vec<String> = file.own_modules().into_iter().collect();

    assert_eq!(known, ["db", "services", "workers"]);
}

/// One file below `src`.
struct SourceFile {
    /// Path below `src`, with slashes.
    name: String,
    /// The first folder, or the file's own name at the top.
    room: String,
    text: String,
    /// The text without comments.
    code: String,
}

impl SourceFile {
    fn new(name: String, text: String) -> Self {
        let room = name.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let code = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
        Self { name, room, text, code }
    }

    /// The modules of this crate that the file names, by `crate::…` or by enough `super::`.
    fn own_modules(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            // `$crate::` of a macro is the same crate; `mycrate::` is none.
            let before = self.code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                found.extend(first_names(&self.code[at + "crate::".len()..]));
            }
        }
        let to_the_top = "super::".repeat(self.depth());
        for (at, _) in self.code.match_indices(&to_the_top) {
            found.extend(first_names(&self.code[at + to_the_top.len()..]));
        }
        found.remove("super");
        found
    }

    /// How many `super::` lead from this module to the top of the crate.
    fn depth(&self) -> usize {
        let folders = self.name.matches('/').count();
        if self.name.ends_with("/mod.rs") { folders } else { folders + 1 }
    }

    fn names_crate(&self, name: &str) -> bool {
        self.code.match_indices(name).any(|(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = &self.code[at + name.len()..];
            let is_word = !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | ':'));
            is_word && after.starts_with("::")
        })
    }

    fn without_tests(&self) -> &str {
        self.text.split("\n#[cfg(test)]\nmod tests").next().unwrap()
    }
}

/// The first names of a path or of a group of paths.
fn first_names(rest: &str) -> Vec<String> {
    let name =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn without_comment(line: &str) -> &str {
    // A `//` in a string is a URL; cutting there loses nothing that this file looks for.
    line.split("//").next().unwrap()
}

/// Every function with its number of lines. rustfmt puts the closing brace below the `fn`.
fn function_sizes(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut sizes = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let indent = line.len() - head.len();
        let words: Vec<&str> = head.split_whitespace().take(4).collect();
        let Some(position) = words.iter().position(|word| *word == "fn") else { continue };
        if head.starts_with("//")
            || !words[..position].iter().all(|w| w.starts_with("pub") || matches!(*w, "async" | "const"))
        {
            continue;
        }
        let end = format!("{}}}", " ".repeat(indent));
        if let Some(length) = lines[at..].iter().position(|l| *l == end) {
            let name: String = words[position + 1].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            sizes.push((name, length + 1));
        }
    }
    sizes
}

fn source_files() -> Vec<SourceFile> {
    let mut files = BTreeMap::new();
    collect(Path::new("src"), &mut files);
    assert!(files.len() > 50, "the source was not found");
    files.into_iter().map(|(name, text)| SourceFile::new(name, text)).collect()
}

fn collect(folder: &Path, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix("src").unwrap().to_string_lossy().replace('\\', "/");
            into.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}
