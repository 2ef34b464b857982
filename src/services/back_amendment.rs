//! Back an amendment, or take the backing back (rule A3).
