//! Offers and their states (rules H2, H3, H6).
