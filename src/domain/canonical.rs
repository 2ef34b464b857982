//! Canonical forms of hosts and URLs, for every comparison of origins (security.md ID-10).
