//! Record an offer, from a reply or from the web form (rule H2), and follow its edits (H6).
