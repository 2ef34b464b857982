//! Propose, edit and withdraw an amendment (rules A2, A3).
