//! The key of backups. It lives in the data folder and in no backup, so that a backup that falls into
//! other hands does not tell who voted how. AES-256-GCM; a new nonce for each backup.

use super::open::folder_of;
use super::problem::Problem;
use crate::ids::hex;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The name of the key in the data folder.
const FILE: &str = "backup.key";
/// What sealed text begins with; it is authenticated as well.
const FORM: &str = "caucus-backup-1";

/// A key.
pub(super) struct BackupKey([u8; 32]);

/// Where the key of a data folder is.
pub(super) fn place(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

impl BackupKey {
    /// The key in this file; nothing when there is no such file.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, Problem> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Problem::new(format!("The key {} cannot be read ({error}).", file.display()))),
        };
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        let no_key = || Problem::new(format!("{} does not hold a key of backups.", file.display()));
        bytes.map(|bytes| Some(Self(bytes))).ok_or_else(no_key)
    }

    /// The key of a data folder, made when there is none yet; true when it was made now.
    pub(super) fn of_folder(data_dir: &Path) -> Result<(Self, bool), Problem> {
        let file = place(data_dir);
        if let Some(key) = Self::read(&file)? {
            return Ok((key, false));
        }
        let cannot = |error: std::io::Error| {
            Problem::new(format!("The key of backups {} cannot be written ({error}).", file.display()))
        };
        let mut key = [0_u8; 32];
        rand::fill(&mut key).map_err(|_| Problem::new("This machine gives no random numbers."))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut writing = options.open(&file).map_err(cannot)?;
        writeln!(writing, "{}", STANDARD.encode(key)).and_then(|()| writing.sync_all()).map_err(cannot)?;
        if cfg!(unix) {
            File::open(folder_of(&file)).and_then(|folder| folder.sync_all()).map_err(cannot)?;
        }
        Ok((Self(key), true))
    }

    /// A name by which people tell keys apart; it says nothing of the key.
    pub(super) fn name(&self) -> String {
        let hash = digest(&SHA256, &[FORM.as_bytes(), &self.0].concat());
        hex(hash.as_ref()).chars().take(12).collect()
    }

    /// Locks a text.
    pub(super) fn seal(&self, text: &str) -> Result<String, Problem> {
        let mut bytes = text.as_bytes().to_vec();
        let nonce = self.cipher()?.seal_in_place_append_tag(aad(), &mut bytes).map_err(|_| broken())?;
        Ok(format!("{FORM} {} {}", self.name(), STANDARD.encode([nonce.as_ref().as_slice(), &bytes].concat())))
    }

    /// Opens what was locked with this key; nothing when it was not, or was changed since.
    pub(super) fn open(&self, sealed: &str) -> Result<Option<String>, Problem> {
        let locked = sealed.split(' ').nth(2).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let Some((nonce, bytes)) = locked.split_at_checked(NONCE_LEN) else { return Ok(None) };
        let (Ok(nonce), mut bytes) = (Nonce::try_assume_unique_for_key(nonce), bytes.to_vec()) else { return Ok(None) };
        let opened = self.cipher()?.open_in_place(nonce, aad(), &mut bytes);
        Ok(opened.ok().and_then(|text| String::from_utf8(text.to_vec()).ok()))
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, Problem> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.0).map_err(|_| broken())
    }
}

/// The name of the key with which a text was locked.
pub(super) fn name_of_key(sealed: &str) -> &str {
    sealed.split(' ').nth(1).unwrap_or_default()
}

fn aad() -> Aad<&'static [u8]> {
    Aad::from(FORM.as_bytes())
}

fn broken() -> Problem {
    Problem::new("The backup could not be encrypted.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_opens_what_it_locked_and_only_unchanged() {
        let (key, other) = (BackupKey([1; 32]), BackupKey([2; 32]));
        let sealed = key.seal("who voted how").unwrap();

        assert_eq!(key.open(&sealed).unwrap().as_deref(), Some("who voted how"));
        assert_ne!(sealed, key.seal("who voted how").unwrap(), "each has a nonce of its own");
        assert_eq!(name_of_key(&sealed), key.name());
        assert_ne!(key.name(), other.name());
        assert_eq!(other.open(&sealed).unwrap(), None);
        for damaged in
            [sealed.replace(' ', ""), sealed[..sealed.len() - 8].to_owned(), String::new(), "a b c".to_owned()]
        {
            assert_eq!(key.open(&damaged).unwrap(), None, "{damaged}");
        }
        let mut flipped = STANDARD.decode(sealed.split(' ').nth(2).unwrap()).unwrap();
        flipped[20] ^= 1;
        assert_eq!(key.open(&format!("{FORM} x {}", STANDARD.encode(flipped))).unwrap(), None);
    }

    #[test]
    fn a_folder_gets_one_key_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();

        let (made, is_new) = BackupKey::of_folder(folder.path()).unwrap();
        let (again, is_newer) = BackupKey::of_folder(folder.path()).unwrap();

        assert_eq!((is_new, is_newer, made.name()), (true, false, again.name()));
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(place(folder.path())).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(place(folder.path()), "no key").unwrap();
        assert!(BackupKey::of_folder(folder.path()).is_err(), "a damaged key is never replaced");
    }
}
