//! Messages to cabals and to the community.
