//! Ballots, who took part, soundings and votes that did not count.
