//! Single facts about the instance, by name: what is too small for a table of its own.

use super::schema::instance_facts;
use super::{AnyConnection, DbError, Tx};
use diesel::prelude::*;
use diesel::upsert::excluded;

/// The fact of this name.
///
/// # Errors
/// The store's fault.
pub fn find_fact(conn: &mut AnyConnection, name: &str) -> Result<Option<String>, DbError> {
    Ok(instance_facts::table.find(name).select(instance_facts::value).first(conn).optional()?)
}

/// Sets or replaces a fact.
///
/// # Errors
/// The store's fault.
pub fn set_fact(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), DbError> {
    let row = (instance_facts::name.eq(name), instance_facts::value.eq(value));
    crate::on_each_backend!(tx.conn, |c| diesel::insert_into(instance_facts::table)
        .values(row)
        .on_conflict(instance_facts::name)
        .do_update()
        .set(instance_facts::value.eq(excluded(instance_facts::value)))
        .execute(c))?;
    Ok(())
}

/// Removes a fact; answers whether it was there.
///
/// # Errors
/// The store's fault.
pub fn delete_fact(tx: &mut Tx<'_>, name: &str) -> Result<bool, DbError> {
    Ok(diesel::delete(instance_facts::table.find(name)).execute(tx.conn)? > 0)
}
