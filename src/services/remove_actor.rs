//! Forget a remote actor that is gone.
