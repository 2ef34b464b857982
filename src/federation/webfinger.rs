//! Asking other servers who a handle is.
