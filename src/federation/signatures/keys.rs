//! Parsed keys: ours to sign with, those of others to verify with. Which keys of others count is
//! decided once, when they are read (SG-14).

use super::SignError;
use crate::db::remote_actors::{KeyAlgorithm, RemoteKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;

/// The longest PEM text that is looked at.
const LONGEST_PEM: usize = 2 * 1024;
/// The sizes of RSA keys that count, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

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

/// Why a key of another server does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is damaged, weak or of a kind that is not taken")]
pub struct BadKey;

/// A key of another server, checked and parsed.
pub struct VerifyingKey {
    parsed: ParsedPublicKey,
    is_ed25519: bool,
}

impl VerifyingKey {
    /// Reads an RSA key from SubjectPublicKeyInfo in one PEM block: 2048 to 4096 bits, an odd
    /// exponent from 3 up. PKCS#1 and other kinds are refused.
    ///
    /// # Errors
    /// When it does not count.
    pub fn from_rsa_pem(pem: &str) -> Result<Self, BadKey> {
        if pem.len() > LONGEST_PEM {
            return Err(BadKey);
        }
        let der = pem_body(pem, "PUBLIC KEY").ok_or(BadKey)?;
        let key = RsaPublicKey::from_public_key_der(&der).map_err(|_| BadKey)?;
        let is_odd = |number: &rsa::BigUint| number.to_bytes_le().first().is_some_and(|byte| byte % 2 == 1);
        let is_good = RSA_BITS.contains(&key.n().bits())
            && is_odd(key.n())
            && is_odd(key.e())
            && *key.e() >= rsa::BigUint::from(3_u8);
        if !is_good {
            return Err(BadKey);
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).map_err(|_| BadKey)?;
        Ok(Self { parsed, is_ed25519: false })
    }

    /// Reads an Ed25519 key from its 32 bytes in base64.
    ///
    /// # Errors
    /// When it does not count.
    pub fn from_ed25519_base64(text: &str) -> Result<Self, BadKey> {
        let bytes = STANDARD.decode(text).map_err(|_| BadKey)?;
        let parsed = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| BadKey)?;
        Ok(Self { parsed, is_ed25519: true })
    }

    /// Reads a key as it is stored.
    ///
    /// # Errors
    /// When it does not count.
    pub fn from_stored(key: &RemoteKey) -> Result<Self, BadKey> {
        match key.algorithm {
            KeyAlgorithm::Rsa => Self::from_rsa_pem(&key.public_key),
            KeyAlgorithm::Ed25519 => Self::from_ed25519_base64(&key.public_key),
        }
    }

    /// True for an Ed25519 key, false for RSA.
    pub fn is_ed25519(&self) -> bool {
        self.is_ed25519
    }

    /// True when this key's owner signed `text`.
    pub(super) fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        self.parsed.verify_sig(text.as_bytes(), signature).is_ok()
    }
}

/// The bytes between the two lines of one PEM block with nothing else around it.
fn pem_body(pem: &str, label: &str) -> Option<Vec<u8>> {
    let inside = pem.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inside = inside.strip_suffix(&format!("-----END {label}-----"))?;
    let base64: String = inside.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::BigUint;
    use rsa::pkcs1::EncodeRsaPublicKey as _;
    use rsa::pkcs8::{EncodePublicKey as _, LineEnding};

    /// A key with a modulus of so many bits; whether it has two factors is nobody's question here.
    fn pem_of(bits: usize, exponent: u64) -> String {
        let mut modulus = vec![0xa5_u8; bits / 8];
        modulus[0] |= 0x80;
        let modulus = BigUint::from_bytes_be(&modulus);
        let key = RsaPublicKey::new_unchecked(modulus, BigUint::from(exponent));
        key.to_public_key_pem(LineEnding::LF).unwrap()
    }

    #[test]
    fn ordinary_rsa_keys_are_taken() {
        for pem in [pem_of(2048, 65_537), pem_of(3072, 65_537), pem_of(4096, 65_537), pem_of(2048, 3)] {
            assert!(VerifyingKey::from_rsa_pem(&pem).is_ok(), "{pem}");
            assert!(VerifyingKey::from_rsa_pem(&pem.replace('\n', "\r\n")).is_ok());
            assert!(VerifyingKey::from_rsa_pem(pem.trim()).is_ok());
        }
    }

    #[test]
    fn weak_and_abusive_keys_are_refused() {
        let good = pem_of(2048, 65_537);
        let pkcs1 = {
            let key = RsaPublicKey::from_public_key_der(&pem_body(&good, "PUBLIC KEY").unwrap()).unwrap();
            key.to_pkcs1_pem(LineEnding::LF).unwrap()
        };
        let elliptic = "-----BEGIN PUBLIC KEY-----\n\
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEl7gd2qFICOfAcHvcTnIWQmJxtbLR\n\
            gNYZx5nd77S3zqqpkGh4/O8wWv6HTOkPVUA2U4NbKN+wa/CHboyg5eOYzw==\n-----END PUBLIC KEY-----\n";
        let ed25519 = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAHozImmGtM1Mjamlu65nMtu55CND5z7XAruNg12JHMrY=\n-----END PUBLIC KEY-----\n";
        for pem in [
            pem_of(512, 65_537),
            pem_of(1024, 65_537),
            pem_of(2040, 65_537),
            pem_of(4104, 65_537),
            pem_of(8192, 65_537),
            pem_of(16_384, 65_537),
            pem_of(2048, 1),
            pem_of(2048, 2),
            pem_of(2048, 65_536),
            pem_of(2048, u64::MAX),
            pkcs1,
            elliptic.to_owned(),
            ed25519.to_owned(),
            format!("{good}{good}"),
            format!("{good}{elliptic}"),
            format!("x{good}"),
            format!("{good}x"),
            good.replace("PUBLIC", "RSA PUBLIC"),
            good.replace("M", "*"),
            good[..good.len() / 2].to_owned(),
            format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", "A".repeat(1_000_000)),
            String::new(),
        ] {
            assert_eq!(VerifyingKey::from_rsa_pem(&pem).err(), Some(BadKey), "{}", &pem[..pem.len().min(400)]);
        }
    }

    #[test]
    fn ed25519_keys_have_32_bytes() {
        assert!(VerifyingKey::from_ed25519_base64(&STANDARD.encode([7; 32])).is_ok());
        for length in [0, 31, 33, 44] {
            assert!(VerifyingKey::from_ed25519_base64(&STANDARD.encode(vec![7; length])).is_err(), "{length}");
        }
    }
}
