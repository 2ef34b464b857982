//! Everything our actors published, as it is served.
