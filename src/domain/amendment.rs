//! An amendment from proposal to opening (rules A2, A3, A4).
