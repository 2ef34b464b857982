//! The benchmark of hostile texts: what members and other servers may send is read in a time that grows
//! no faster than the text. Prints the time for a text and for one twice as long, which is to take
//! about twice as long; four times is the sign of a search that begins anew at each place, which only the
//! limit on the length of a text keeps short then (5 000 characters where members write Markdown). Run it
//! with `cargo bench --bench hostile_text`.

#![allow(clippy::print_stdout, missing_docs, reason = "a program that prints figures")]
#![allow(clippy::disallowed_methods, reason = "a stop-watch")]

#[allow(dead_code, reason = "shared with the load benchmark, which aims higher too")]
#[path = "../load/table.rs"]
mod table;

use caucus::domain::document::{CitedVersion, Shelf, import};
use caucus::federation::outbound::markdown::to_html;
use caucus::ids::{ClauseId, DocumentId};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use table::{Aim, Table};
use uuid::Uuid;

/// How often each is measured; the shortest time counts.
const TIMES: usize = 5;

fn main() {
    let (table, shelf) = (Table::default(), shelf());
    for mark in ["[", "*", "> ", "- ", "`", "<b>", "4.1.9 "] {
        measure(&table, &format!("Markdown of {mark:?}"), (mark, 2_500), 500.0, |text| {
            black_box(to_html(text, &shelf));
        });
    }
    for words in ["4.1.9, ", "4.1.9,", "manifesto of "] {
        measure(&table, &format!("citations in {words:?}"), (words, 20_000), 500.0, |text| {
            black_box(shelf.cite(text));
        });
    }
    for line in ["1. ", "- ", "> ", "(", "#", "a) ", "1.", "\t", "1. x\n", "# x\n", "1.\n"] {
        measure(&table, &format!("clauses in {line:?}"), (line, 25_000), 500.0, |text| {
            let _ = black_box(import(text));
        });
    }
}

/// A document of a few clauses that a text may cite.
fn shelf() -> Shelf {
    let (document, clause) = (DocumentId::from_uuid(Uuid::from_u128(1)), ClauseId::from_uuid(Uuid::from_u128(2)));
    let numbers = ["4", "4.1", "4.1.9"].map(|number| (number.to_owned(), clause));
    let url = "https://a.example/documents/manifesto/versions/1".to_owned();
    let version = CitedVersion::new(document, ["Manifesto", "manifesto"], url, numbers);
    Shelf::new(vec![Arc::new(version)], Some(document))
}

fn measure(table: &Table, what: &str, (part, count): (&str, usize), most: f64, read: impl Fn(&str)) {
    let shortest = |text: &str| {
        let runs = (0..TIMES).map(|_| {
            let watch = Instant::now();
            read(text);
            watch.elapsed().as_secs_f64() * 1_000.0
        });
        runs.fold(f64::INFINITY, f64::min)
    };
    let (once, twice) = (shortest(&part.repeat(count)), shortest(&part.repeat(2 * count)));
    table.note(&format!("{what}, {count} times"), once, "ms", Aim::AtMost(most));
    table.note("  twice as long takes so many times as long", twice / once, "", Aim::AtMost(3.0));
}
