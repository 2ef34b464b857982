//! Results of decided amendments.
