//! Objections to amendments (A14).

use super::connection::{AnyBackend, AnyConnection};
use super::schema::objections;
use super::{DbError, Tx, convert};
use crate::clock::Stamp;
use crate::ids::{AmendmentId, MemberId, ObjectionId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A reasoned objection. Who raised it is for members only (J5).
#[derive(Debug, Clone)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// The amendment that it speaks against.
    pub amendment_id: AmendmentId,
    /// Who raised it.
    pub member_id: MemberId,
    /// The reason, in at most 500 characters.
    pub reason: String,
    /// When it was raised.
    pub raised_at: Stamp,
    /// Who backed it; it stands beside the ballot from then on.
    pub backer_id: Option<MemberId>,
    /// The proposer's answer.
    pub answer: Option<String>,
    /// When they answered.
    pub answered_at: Option<Stamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = objections, check_for_backend(AnyBackend))]
struct Row {
    id: String,
    amendment_id: String,
    member_id: String,
    reason: String,
    raised_at: NaiveDateTime,
    backer_id: Option<String>,
    answer: Option<String>,
    answered_at: Option<NaiveDateTime>,
}

impl Row {
    fn objection(self) -> Result<Objection, DbError> {
        Ok(Objection {
            id: convert::id(&self.id)?,
            amendment_id: convert::id(&self.amendment_id)?,
            member_id: convert::id(&self.member_id)?,
            reason: self.reason,
            raised_at: self.raised_at.and_utc(),
            backer_id: self.backer_id.as_deref().map(convert::id).transpose()?,
            answer: self.answer,
            answered_at: self.answered_at.map(|at| at.and_utc()),
        })
    }
}

/// The objections that stand beside the ballot: those with a backer, the oldest first.
///
/// # Errors
/// The store's fault.
pub fn list_objections(conn: &mut AnyConnection, amendment: AmendmentId) -> Result<Vec<Objection>, DbError> {
    let mut all = list_all_objections(conn, amendment)?;
    all.retain(|objection| objection.backer_id.is_some());
    Ok(all)
}

/// All objections that were not taken back, the oldest first; those without a backer too.
///
/// # Errors
/// The store's fault.
pub fn list_all_objections(conn: &mut AnyConnection, amendment: AmendmentId) -> Result<Vec<Objection>, DbError> {
    objections::table
        .filter(objections::amendment_id.eq(amendment.to_string()))
        .filter(objections::withdrawn_at.is_null())
        .order(objections::id)
        .select(Row::as_select())
        .load(conn)?
        .into_iter()
        .map(Row::objection)
        .collect()
}

/// The objection, if there is one that was not taken back.
///
/// # Errors
/// The store's fault.
pub fn find_objection(conn: &mut AnyConnection, id: ObjectionId) -> Result<Option<Objection>, DbError> {
    objections::table
        .find(id.to_string())
        .filter(objections::withdrawn_at.is_null())
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .map(Row::objection)
        .transpose()
}

/// Saves an objection without a backer.
///
/// # Errors
/// The store's fault.
pub fn insert_objection(
    tx: &mut Tx<'_>,
    amendment: AmendmentId,
    by: MemberId,
    reason: &str,
) -> Result<ObjectionId, DbError> {
    let id = ObjectionId::from_uuid(tx.next_id());
    diesel::insert_into(objections::table)
        .values((
            objections::id.eq(id.to_string()),
            objections::amendment_id.eq(amendment.to_string()),
            objections::member_id.eq(by.to_string()),
            objections::reason.eq(reason),
            objections::raised_at.eq(tx.now.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

/// Notes its backer; the first one stays.
///
/// # Errors
/// The store's fault.
pub fn back_objection(tx: &mut Tx<'_>, id: ObjectionId, by: MemberId) -> Result<(), DbError> {
    diesel::update(objections::table.find(id.to_string()).filter(objections::backer_id.is_null()))
        .set((objections::backer_id.eq(Some(by.to_string())), objections::backed_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    Ok(())
}

/// Keeps the proposer's answer; nothing takes it away.
///
/// # Errors
/// The store's fault.
pub fn answer_objection(tx: &mut Tx<'_>, id: ObjectionId, answer: Option<&str>) -> Result<(), DbError> {
    diesel::update(objections::table.find(id.to_string()))
        .set((objections::answer.eq(answer), objections::answered_at.eq(Some(tx.now.naive_utc()))))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes an objection back.
///
/// # Errors
/// The store's fault.
pub fn withdraw_objection(tx: &mut Tx<'_>, id: ObjectionId) -> Result<(), DbError> {
    diesel::update(objections::table.find(id.to_string()))
        .set(objections::withdrawn_at.eq(Some(tx.now.naive_utc())))
        .execute(tx.conn)?;
    Ok(())
}
