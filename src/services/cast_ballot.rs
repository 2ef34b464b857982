//! Cast a ballot, from every channel (rules A6, A7, A10, A11).
