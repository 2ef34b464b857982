//! The loops behind the doors. Each worker has a `step` that does what is due and says whether
//! there is more, so that tests can drive it; the loop only sleeps and steps.

pub mod delivery;
pub mod inbound;
pub mod timers;
