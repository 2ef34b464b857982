//! What the close does to ballots (A12): it reads them in the order of their random receipts,
//! destroys the links to their voters, and leaves ballots and voters in no common order.

use super::connection::AnyConnection;
use super::schema::{ballot_links, ballots, soundings};
use super::{DbError, Tx};
use crate::db::ballots::Ballot;
use crate::db::vote_senders::forget_senders;
use crate::domain::ballot::Choices;
use crate::ids::PollId;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

/// All ballots of a poll in the order of their receipts.
///
/// # Errors
/// The store's fault.
pub fn list_ballots(conn: &mut AnyConnection, poll: PollId) -> Result<Vec<Ballot>, DbError> {
    let mut all = Vec::new();
    each_ballot(conn, poll, |receipt, choices| all.push(Ballot { receipt: receipt.to_owned(), choices }))?;
    Ok(all)
}

/// Gives every ballot of a poll with its receipt, in the order of the receipts, one after the other.
///
/// # Errors
/// The store's fault.
pub fn each_ballot(conn: &mut AnyConnection, poll: PollId, mut give: impl FnMut(&str, Choices)) -> Result<(), DbError> {
    let rows = ballots::table
        .filter(ballots::poll_id.eq(poll.to_string()))
        .order(ballots::receipt)
        .select((ballots::receipt, ballots::choices));
    for row in rows.load_iter::<(String, i32), _>(conn)? {
        let (receipt, bits) = row?;
        give(&receipt, Choices::stored(bits));
    }
    Ok(())
}

/// Destroys what leads from a voter to a ballot, and what supporters said one by one.
///
/// # Errors
/// The store's fault.
pub fn destroy_links(tx: &mut Tx<'_>, poll: PollId) -> Result<(), DbError> {
    let id = poll.to_string();
    diesel::delete(ballot_links::table.filter(ballot_links::poll_id.eq(&id))).execute(tx.conn)?;
    diesel::delete(soundings::table.filter(soundings::poll_id.eq(&id))).execute(tx.conn)?;
    forget_senders(tx, poll)?;
    // Receipts that have not arrived by now name voter and ballot.
    super::outbox::forget_letters(tx, poll.into())?;
    write_anew(tx, &id)
}

/// SQLite keeps these tables in the order of their keys. PostgreSQL keeps rows in the order of writing and with the
/// number of the transaction, both of which a ballot shares with its voter, so ballots are written anew in the order
/// of their receipts, by one transaction. The voters of a vote with a roll may lie as they voted, for nothing that
/// tells a choice is beside them then. In an advisory poll the numbers that everybody sees went up with each vote.
fn write_anew(tx: &mut Tx<'_>, poll: &str) -> Result<(), DbError> {
    let AnyConnection::Postgres(conn) = tx.conn else { return Ok(()) };
    for statement in [
        "WITH gone AS (DELETE FROM ballots WHERE poll_id = $1 RETURNING *) \
         INSERT INTO ballots SELECT * FROM gone ORDER BY receipt",
        "WITH gone AS (DELETE FROM poll_voters WHERE poll_id = $1 \
             AND EXISTS (SELECT 1 FROM polls WHERE id = $1 AND roll_fingerprint IS NULL) RETURNING *) \
         INSERT INTO poll_voters SELECT * FROM gone ORDER BY voter",
    ] {
        diesel::sql_query(statement).bind::<Text, _>(poll).execute(conn)?;
    }
    Ok(())
}

/// The tables in which something led from a voter to a ballot.
const SECRET_TABLES: &str = "ballot_links, vote_senders, soundings, ballots, poll_voters, poll_options, \
     inbox_activities, outbox_activities, vote_notices";

/// Erases what is left of deleted rows outside the tables: on SQLite the log of writes, whose
/// older pages still hold them; on PostgreSQL the dead rows, whose room is given free. False when
/// somebody reads at this moment, so that it has to be tried again.
///
/// # Errors
/// The store's fault.
pub fn erase_traces(conn: &mut AnyConnection) -> Result<bool, DbError> {
    match conn {
        AnyConnection::Sqlite(c) => {
            let outcome: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
            Ok(outcome.busy == 0)
        }
        AnyConnection::Postgres(c) => {
            // To shorten a table it would wait seconds for everybody else to leave it alone.
            c.batch_execute(&format!("VACUUM (TRUNCATE false) {SECRET_TABLES}"))?;
            Ok(true)
        }
    }
}

/// What a checkpoint of SQLite answers.
#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}
