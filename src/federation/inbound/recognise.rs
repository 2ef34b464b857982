//! From verified JSON to what it means for us. Pure.
