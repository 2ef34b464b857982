//! What amendments change: clauses, the rule of a document, the community's name.

use super::connection::{AnyBackend, AnyConnection};
use super::schema::{amendment_changes, amendments};
use super::{DbError, Tx, convert};
use crate::domain::amendment::{Act, AmendmentState, Change, Place};
use crate::ids::{AmendmentId, ClauseId};
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = amendment_changes, check_for_backend(AnyBackend))]
struct Row {
    clause_id: String,
    number: String,
    old_text: String,
    new_text: String,
    act: String,
    place: Option<String>,
    anchor_id: Option<String>,
}

impl Row {
    fn change(self) -> Result<Change, DbError> {
        let anchor = self.anchor_id.as_deref().map(convert::id).transpose()?;
        let place = self.place.as_deref().map(|word| convert::word(word, |word| Place::parse(word, anchor)));
        let place = place.transpose()?;
        Ok(Change {
            clause: convert::id(&self.clause_id)?,
            number: self.number,
            old_text: self.old_text,
            new_text: self.new_text,
            act: convert::word(&self.act, |word| Act::stored(word, place))?,
        })
    }
}

/// What an amendment changes, in the order in which it was written.
///
/// # Errors
/// The store's fault.
pub fn list_changes(conn: &mut AnyConnection, id: AmendmentId) -> Result<Vec<Change>, DbError> {
    let rows: Vec<Row> = amendment_changes::table
        .filter(amendment_changes::amendment_id.eq(id.to_string()))
        .order((amendment_changes::position, amendment_changes::clause_id))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::change).collect()
}

/// Saves what an amendment changes.
///
/// # Errors
/// The store's fault.
pub fn insert_changes(tx: &mut Tx<'_>, id: AmendmentId, changes: &[Change]) -> Result<(), DbError> {
    for (position, change) in (0_i32..).zip(changes) {
        let place = change.act.place();
        diesel::insert_into(amendment_changes::table)
            .values((
                amendment_changes::amendment_id.eq(id.to_string()),
                amendment_changes::clause_id.eq(change.clause.to_string()),
                amendment_changes::number.eq(&change.number),
                amendment_changes::old_text.eq(&change.old_text),
                amendment_changes::new_text.eq(&change.new_text),
                amendment_changes::act.eq(change.act.as_str()),
                amendment_changes::place.eq(place.map(Place::as_str)),
                amendment_changes::anchor_id.eq(place.and_then(Place::anchor).map(|id| id.to_string())),
                amendment_changes::position.eq(position),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Notes the numbers by which people cite the clauses that an amendment changes.
///
/// # Errors
/// The store's fault.
pub fn set_numbers(tx: &mut Tx<'_>, id: AmendmentId, changes: &[Change]) -> Result<(), DbError> {
    for change in changes {
        let row = amendment_changes::table.find((id.to_string(), change.clause.to_string()));
        diesel::update(row.filter(amendment_changes::number.ne(&change.number)))
            .set(amendment_changes::number.eq(&change.number))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The proposed amendments in one of `states` that change one of `clauses` or put something there,
/// the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_touching(
    conn: &mut AnyConnection,
    clauses: &[ClauseId],
    states: &[AmendmentState],
) -> Result<Vec<AmendmentId>, DbError> {
    let clauses: Vec<String> = clauses.iter().map(ToString::to_string).collect();
    let rows: Vec<String> = amendments::table
        .filter(amendments::state.eq_any(states.iter().map(|state| state.as_str())))
        .filter(amendments::is_draft.eq(false))
        .filter(
            amendments::id.eq_any(
                amendment_changes::table
                    .filter(
                        amendment_changes::clause_id
                            .eq_any(clauses.clone())
                            .or(amendment_changes::anchor_id.eq_any(clauses).assume_not_null()),
                    )
                    .select(amendment_changes::amendment_id),
            ),
        )
        .order(amendments::id)
        .select(amendments::id)
        .load(conn)?;
    rows.iter().map(|id| convert::id(id)).collect()
}
