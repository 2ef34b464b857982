//! The difference of two texts, word by word.
