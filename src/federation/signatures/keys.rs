//! Parsed keys: ours to sign with, those of others to verify with.

use super::SignError;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One of our keys, parsed and ready to sign. Shared by reference; it shows nothing of itself.
pub struct SigningKey {
    key_id: String,
    pair: KeyPair,
    random: SystemRandom,
}

impl SigningKey {
    /// Reads a private key from PKCS#8 PEM. `key_id` is the URL that stands in signatures.
    ///
    /// # Errors
    /// When the PEM is damaged.
    pub fn from_pem(key_id: String, private_pem: &str) -> Result<Self, SignError> {
        let der = pem_body(private_pem, "PRIVATE KEY").ok_or(SignError)?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| SignError)?;
        Ok(Self { key_id, pair, random: SystemRandom::new() })
    }

    /// The URL that names this key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The signature of `text` in base64: RSA PKCS#1 v1.5 with SHA-256.
    pub(super) fn sign(&self, text: &str) -> Result<String, SignError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &self.random, text.as_bytes(), &mut signature).map_err(|_| SignError)?;
        Ok(STANDARD.encode(signature))
    }
}

/// A key of another server, checked and parsed.
pub struct VerifyingKey {
    #[expect(dead_code, reason = "the verifier comes next")]
    parsed: ParsedPublicKey,
}

/// The bytes between the two lines of one PEM block, and nothing else around it.
fn pem_body(pem: &str, label: &str) -> Option<Vec<u8>> {
    let inside = pem.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inside = inside.strip_suffix(&format!("-----END {label}-----"))?;
    let base64: String = inside.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).ok()
}
