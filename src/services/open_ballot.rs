//! Open the ballot of an amendment (rules A4, A5).
