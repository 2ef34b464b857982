//! A whole copy of a SQLite database while it is used.

use super::{AnyConnection, DbError};
use diesel::RunQueryDsl as _;
use diesel::sql_types::Text;

/// Copies the database into an empty file, as it stands at one moment.
///
/// # Errors
/// When the file cannot be written, or the database is not SQLite.
pub fn copy_to(conn: &mut AnyConnection, file: &str) -> Result<(), DbError> {
    let AnyConnection::Sqlite(conn) = conn else {
        return Err(DbError::Broken("only SQLite is copied this way".to_owned()));
    };
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(conn)?;
    Ok(())
}
