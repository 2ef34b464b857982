//! What is known of the servers that we deliver to.
