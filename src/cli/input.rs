//! What commands read from the terminal and from files.

use super::problem::Problem;
use crate::domain::membership::Password;
use std::io::BufRead as _;
use std::path::Path;

/// The most bytes of a document.
const MAX_DOCUMENT_BYTES: u64 = 1024 * 1024;

/// The first line of standard input as a password. Never a flag: flags show in process lists.
pub(super) fn password(is_on_stdin: bool, handle: &str) -> Result<Password, Problem> {
    if !is_on_stdin {
        return Err(Problem::new(
            "A password is needed. Please add --password-stdin and send it there, for example: caucus … --password-stdin < password.txt",
        ));
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| Problem::new(format!("The password could not be read from standard input ({e}).")))?;
    let text = line.trim_end_matches(['\r', '\n']);
    Password::parse(text, handle).map_err(|refusal| Problem::new(format!("The password: {refusal}")))
}

/// A text file that a person named.
pub(super) fn text_file(path: &Path) -> Result<String, Problem> {
    let cannot = |why: String| Problem::new(format!("The file {} cannot be read: {why}.", path.display()));
    let size = std::fs::metadata(path).map_err(|e| cannot(e.to_string()))?.len();
    if size > MAX_DOCUMENT_BYTES {
        return Err(cannot("it is longer than 1 MiB".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|e| cannot(e.to_string()))?;
    String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8 text".to_owned()))
}
