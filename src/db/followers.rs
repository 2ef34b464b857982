//! Who follows our actors.
