//! What the histories of a run came to. A generator that never does a thing proves nothing about it.

use std::ops::AddAssign;

/// How often each of these happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub opened: usize,
    /// Votes that opened as they were announced.
    pub opened_by_themselves: usize,
    /// Openings that had done everything when they died.
    pub died: usize,
    pub carried: usize,
    pub lost: usize,
    /// Ballots that took the place of another choice.
    pub changed: usize,
    pub late: usize,
    /// Votes that nobody had looked at when their vote ended.
    pub counted_at_the_close: usize,
    /// Older votes that came again.
    pub replayed: usize,
    /// Members who left while a vote was open that they had voted in.
    pub left: usize,
    pub withdrawn: usize,
    pub objections: usize,
    /// Jumps of the clock over the end of an open vote.
    pub jumps: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.opened += other.opened;
        self.opened_by_themselves += other.opened_by_themselves;
        self.died += other.died;
        self.carried += other.carried;
        self.lost += other.lost;
        self.changed += other.changed;
        self.late += other.late;
        self.counted_at_the_close += other.counted_at_the_close;
        self.replayed += other.replayed;
        self.left += other.left;
        self.withdrawn += other.withdrawn;
        self.objections += other.objections;
        self.jumps += other.jumps;
    }
}

impl Counts {
    /// Panics with what happened too rarely in so many histories. Each is far more frequent than it must
    /// be, for chance alone must not fail a run.
    pub fn assert_enough(&self, histories: usize) {
        let common = [self.opened, self.carried, self.lost, self.changed];
        let rare = [
            self.opened_by_themselves,
            self.died,
            self.late,
            self.counted_at_the_close,
            self.replayed,
            self.left,
            self.withdrawn,
            self.objections,
            self.jumps,
        ];
        let (many, some) = (histories / 5, histories / 50);
        let is_enough = common.iter().all(|count| *count >= many) && rare.iter().all(|count| *count >= some);
        assert!(is_enough, "{histories} histories are to hold each of these often enough: {self:?}");
    }
}
