//! Caucus: a self-hosted, federated home for cabals.
//!
//! `domain` holds the rules and knows nobody. `db` keeps things and is the only user of diesel.
//! `federation` speaks to other servers and is the only user of `activitypub_federation` and of
//! outgoing HTTP. `services` are the acts, one file each. `web`, `cli` and `workers` are the
//! doors to them. Who may know whom: `domain` ← `db` ← `federation` ← `services` ← `web`, `cli`,
//! `workers`; nothing points back, and a test holds it so. `docs/architecture.md` is the map.

pub mod app;
pub mod cli;
pub mod clock;
pub mod crash_point;
pub mod db;
pub mod domain;
pub mod federation;
pub mod ids;
pub mod services;
pub mod settings;
pub mod web;
pub mod workers;

pub use app::App;
