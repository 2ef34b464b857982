//! The published record of a ballot: canonical JSON and its hash (rule A13).
