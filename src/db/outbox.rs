//! Activities to send: exact bytes once, a delivery per distinct inbox.
