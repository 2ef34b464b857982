//! Accept or decline an offer (rule H3).
