//! Deliveries on their way, a lane per host.
