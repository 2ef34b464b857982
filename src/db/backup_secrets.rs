//! What in a copy of the database tells who voted how while a vote is open (A12): it is taken out of
//! the tables of the copy, all of it or none, and put back when the copy takes its place again. The
//! rows are read by the names of their columns, whatever those are.

use super::DbError;
use diesel::connection::{Connection as _, SimpleConnection as _};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};
use serde::{Deserialize, Serialize};

/// The fact that holds, locked, what was taken out. It stands in backups only.
const SEALED: &str = "backup_sealed";
/// Letters of our own that name a voter and their receipt.
const LETTERS: &str = "is_public = 0 AND post_id IN (SELECT id FROM polls)";

/// The secret rows, in the order in which they can be put back: the links between voters and ballots,
/// what supporters said, what came in and waits (it may be a vote), and receipts on their way.
const SECRETS: [(&str, &str); 5] = [
    ("ballot_links", "1"),
    ("soundings", "1"),
    ("inbox_activities", "body IS NOT NULL"),
    ("outbox_activities", LETTERS),
    (
        "deliveries",
        "activity_id IN (SELECT id FROM outbox_activities WHERE is_public = 0 AND post_id IN (SELECT id FROM polls))",
    ),
];

/// The rows of one table.
#[derive(Debug, Serialize, Deserialize)]
struct Rows {
    table: String,
    columns: Vec<String>,
    /// Each row as a JSON array.
    rows: Vec<String>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    word: String,
}

/// A copy that nobody else uses.
pub struct Copy(SqliteConnection);

impl Copy {
    /// Opens a copy.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(file: &str) -> Result<Self, DbError> {
        let mut conn = SqliteConnection::establish(file).map_err(|fault| DbError::Broken(fault.to_string()))?;
        conn.batch_execute("PRAGMA journal_mode = MEMORY; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")?;
        Ok(Self(conn))
    }

    fn words(&mut self, query: &str) -> Result<Vec<String>, DbError> {
        Ok(diesel::sql_query(query).load::<Found>(&mut self.0)?.into_iter().map(|found| found.word).collect())
    }

    /// Takes out what is secret; answers it.
    ///
    /// # Errors
    /// The store's fault.
    pub fn take_secrets(&mut self) -> Result<String, DbError> {
        let mut all = Vec::new();
        for (table, which) in SECRETS {
            let columns = self.words(&format!("SELECT name AS word FROM pragma_table_info('{table}') ORDER BY cid"))?;
            let rows =
                self.words(&format!("SELECT json_array({}) AS word FROM {table} WHERE {which}", quoted(&columns)))?;
            all.push(Rows { table: table.to_owned(), columns, rows });
        }
        for (table, which) in SECRETS.iter().rev() {
            self.0.batch_execute(&format!("DELETE FROM {table} WHERE {which}"))?;
        }
        serde_json::to_string(&all).map_err(|fault| DbError::Broken(fault.to_string()))
    }

    /// Puts back what [`Copy::take_secrets`] took out.
    ///
    /// # Errors
    /// When it is something else, or the store fails.
    pub fn put_secrets_back(&mut self, secrets: &str) -> Result<(), DbError> {
        let all: Vec<Rows> = serde_json::from_str(secrets).map_err(|fault| DbError::Broken(fault.to_string()))?;
        self.0.transaction(|conn| {
            for part in &all {
                if !SECRETS.iter().any(|(table, _)| *table == part.table) {
                    return Err(DbError::Broken(format!("{} is no table of secrets", part.table)));
                }
                let values: Vec<String> =
                    (0..part.columns.len()).map(|at| format!("json_extract(value, '$[{at}]')")).collect();
                let insert = format!(
                    "INSERT INTO {} ({}) SELECT {} FROM json_each(?)",
                    part.table,
                    quoted(&part.columns),
                    values.join(", ")
                );
                diesel::sql_query(insert).bind::<Text, _>(format!("[{}]", part.rows.join(","))).execute(conn)?;
            }
            Ok(())
        })
    }

    /// What was taken out of this copy, locked.
    ///
    /// # Errors
    /// The store's fault.
    pub fn sealed(&mut self) -> Result<Option<String>, DbError> {
        Ok(self.words(&format!("SELECT value AS word FROM instance_facts WHERE name = '{SEALED}'"))?.pop())
    }

    /// Keeps what was taken out, locked; or nothing any more.
    ///
    /// # Errors
    /// The store's fault.
    pub fn set_sealed(&mut self, sealed: Option<&str>) -> Result<(), DbError> {
        diesel::sql_query(format!("DELETE FROM instance_facts WHERE name = '{SEALED}'")).execute(&mut self.0)?;
        if let Some(sealed) = sealed {
            diesel::sql_query(format!("INSERT INTO instance_facts (name, value) VALUES ('{SEALED}', ?)"))
                .bind::<Text, _>(sealed)
                .execute(&mut self.0)?;
        }
        Ok(())
    }

    /// Writes what is in the copy into an empty file, and nothing of what was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_to(&mut self, file: &str) -> Result<(), DbError> {
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(file).execute(&mut self.0)?;
        Ok(())
    }
}

fn quoted(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.replace('"', "\"\""))).collect();
    quoted.join(", ")
}

/// Whether a database is a backup that was never put in its place.
///
/// # Errors
/// The store's fault.
pub fn is_sealed(conn: &mut super::AnyConnection) -> Result<bool, DbError> {
    Ok(super::facts::find_fact(conn, SEALED)?.is_some())
}
