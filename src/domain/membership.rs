//! Joining by signing the documents in force (rules J1, J3).
