//! Actors that live here, with their keys.

/// An actor's keys as PEM. No `Debug`: it holds the private one.
#[derive(Clone)]
pub struct KeyPair {
    /// SubjectPublicKeyInfo.
    pub public_pem: String,
    /// PKCS#8.
    pub private_pem: String,
}
