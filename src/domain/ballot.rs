//! May this vote count, and as what (rules A6, A7, A10, A11).
