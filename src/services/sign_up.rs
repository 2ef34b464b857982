//! Join by signing the documents in force (rule J1).
