//! The harness: [`TestApp`] is the program over a fresh store with a clock that the test holds,
//! [`Peer`] another server, [`Browser`] a person without scripts.
#![allow(dead_code, reason = "a harness offers more than any one test takes")]

pub mod api;
pub mod app;
pub mod browser;
pub mod commons;
pub mod fault;
pub mod faulty;
pub mod fediverse;
pub mod keys;
pub mod letter;
pub mod load;
pub mod look;
pub mod peer;
pub mod people;
pub mod process;
pub mod proposals;
pub mod races;
pub mod rows;
pub mod store;
pub mod town;
pub mod village;
pub mod votes;
pub mod world;

pub use app::TestApp;
pub use browser::Browser;
pub use fault::{FaultPeer, Reaction};
pub use fediverse::{Fediverse, Reach};
pub use keys::TestKey;
pub use peer::Peer;
pub use town::Town;
