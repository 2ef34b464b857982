//! Import a governing document.
