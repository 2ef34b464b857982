//! The figures, each beside its target.

use std::cell::RefCell;

/// Whether a larger or a smaller figure is the better one.
#[derive(Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    None,
}

/// Prints each figure as it is taken, and all together at the end.
#[derive(Default)]
pub struct Table(RefCell<Vec<String>>);

impl Table {
    /// Notes a figure.
    pub fn note(&self, what: &str, figure: f64, unit: &str, aim: Aim) {
        let (target, verdict) = match aim {
            Aim::AtLeast(t) => (format!("≥ {t}"), if figure >= t { "reached" } else { "MISSED" }),
            Aim::AtMost(t) => (format!("≤ {t}"), if figure <= t { "reached" } else { "MISSED" }),
            Aim::None => (String::new(), ""),
        };
        let row = format!("{what:<58} {:>10} {unit:<6} {target:>10} {verdict}", pretty(figure));
        println!("{row}");
        self.0.borrow_mut().push(row);
    }
}

fn pretty(figure: f64) -> String {
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}
