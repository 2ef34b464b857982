//! Link a fediverse actor to a member by a code in a direct message (rule J3).
