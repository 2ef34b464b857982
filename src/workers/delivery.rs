//! Brings activities to other servers, a lane per host.
