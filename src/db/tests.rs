//! The store's promises: writes that share a commit do not touch each other, an answered write
//! is there, readers do not wait. On SQLite, and on PostgreSQL where a URL is given by the
//! suite's integration tests.

use super::schema::instance_facts;
use super::{AnyConnection, Database, DbError};
use crate::settings::DatabaseUrl;
use diesel::prelude::*;

fn open(folder: &tempfile::TempDir) -> Database {
    Database::open(&DatabaseUrl::Sqlite(folder.path().join("caucus.sqlite"))).expect("a fresh database opens")
}

fn put(conn: &mut AnyConnection, name: &str) -> Result<(), DbError> {
    diesel::insert_into(instance_facts::table)
        .values((instance_facts::name.eq(name), instance_facts::value.eq("x")))
        .execute(conn)?;
    Ok(())
}

fn names(conn: &mut AnyConnection) -> Result<Vec<String>, DbError> {
    Ok(instance_facts::table.select(instance_facts::name).order(instance_facts::name).load(conn)?)
}

#[tokio::test]
async fn an_error_or_a_panic_in_one_write_never_touches_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&folder);

    let writes = (0..200).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            db.write(move |conn| {
                put(conn, &format!("write-{n:03}"))?;
                match n % 4 {
                    1 => Err(DbError::Broken("refused on purpose".to_owned())),
                    2 => put(conn, &format!("write-{n:03}")),
                    3 if n % 8 == 3 => panic!("on purpose"),
                    _ => Ok(()),
                }
            })
            .await
            .map(|()| format!("write-{n:03}"))
        })
    });
    let mut acknowledged = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        acknowledged.extend(write.await.expect("the task ends").ok());
    }

    acknowledged.sort();
    let kept = db.read(names).await.expect("a read");
    assert_eq!(kept, acknowledged);
    assert_eq!(kept.len(), 75, "50 plain writes and 25 that did not panic");
}

#[tokio::test]
async fn a_reader_does_not_wait_for_a_writer() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&folder);
    let (entered, has_entered) = tokio::sync::oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();

    let writer = tokio::spawn({
        let db = db.clone();
        async move {
            db.write(move |conn| {
                put(conn, "held")?;
                let _ = entered.send(());
                let _ = released.recv();
                Ok::<_, DbError>(())
            })
            .await
        }
    });
    has_entered.await.expect("the writer is inside its transaction");
    let seen = db.read(names).await.expect("a read during the write");
    release.send(()).expect("the writer waits");

    writer.await.expect("the task ends").expect("the write");
    assert_eq!(seen, Vec::<String>::new());
    assert_eq!(db.read(names).await.expect("a read"), ["held"]);
}

#[tokio::test]
async fn commits_are_flushed_to_the_disk_and_foreign_keys_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&folder);

    let synchronous = db.write(|conn| pragma(conn, "synchronous")).await.expect("a pragma");
    let foreign_keys = db.write(|conn| pragma(conn, "foreign_keys")).await.expect("a pragma");

    assert_eq!((synchronous, foreign_keys), (2, 1), "FULL, and on");
}

fn pragma(conn: &mut AnyConnection, name: &str) -> Result<i32, DbError> {
    #[derive(QueryableByName)]
    struct Value {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        value: i32,
    }
    let row: Value = diesel::sql_query(format!("SELECT {name} AS value FROM pragma_{name}")).get_result(conn)?;
    Ok(row.value)
}

#[test]
fn a_database_of_a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("caucus.sqlite"));
    drop(Database::open(&url).expect("a fresh database opens"));
    let mut conn = super::connection::establish(&url).expect("a connection");
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')")
        .execute(&mut conn)
        .expect("a row from the future");
    drop(conn);

    let refused = Database::open(&url).err().expect("it is refused");

    assert!(matches!(refused, DbError::Newer(version) if version.contains("2999")));
}
