//! The public log of acts of stewards.
