//! The two migration trees and `src/db/schema.rs` say the same: diesel believes the last, the
//! databases the first two, and nothing else would notice a difference before a query fails.

use crate::support::store::{Store, skipped};
use caucus::db::AnyConnection;
use caucus::db::connection::establish;
use caucus::db::migrations;
use caucus::settings::DatabaseUrl;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{Bool, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One column: name, portable type, whether it may be null.
#[derive(Debug, Clone, PartialEq, Eq, diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    is_nullable: bool,
}

/// What is in a database or in the schema file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tables {
    columns: BTreeMap<String, Vec<Column>>,
    keys: BTreeMap<String, Vec<String>>,
}

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn both_trees_hold_migrations_of_the_same_names() {
    let (sqlite, postgres) = (migration_names("sqlite"), migration_names("postgres"));

    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
    let versions: BTreeSet<&str> = sqlite.iter().map(|name| name.split('_').next().unwrap()).collect();
    assert_eq!(versions.len(), sqlite.len(), "two migrations of one version: {sqlite:?}");
}

#[test]
fn the_schema_file_says_what_the_sqlite_tree_makes() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite_from_nothing(folder.path());

    let made = sqlite_tables(&mut connection);

    assert_alike(&made, &schema_file());
}

#[test]
fn the_sqlite_tree_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite_from_nothing(folder.path());

    for name in migration_names("sqlite").iter().rev() {
        let down = std::fs::read_to_string(Path::new("migrations/sqlite").join(name).join("down.sql")).unwrap();
        connection.batch_execute(&down).unwrap();
    }

    assert_eq!(sqlite_tables(&mut connection), Tables::default());
}

#[test]
fn the_schema_file_says_what_the_postgres_tree_makes() {
    // Without a PostgreSQL server there is nothing to ask; tests/run always has one.
    let Some(store) = Store::on_postgres_if_there_is_one() else {
        return skipped("CAUCUS_TEST_POSTGRES names no server to compare with");
    };
    let mut connection = store.connect();

    let made = postgres_tables(&mut connection);

    assert_alike(&made, &schema_file());
}

#[test]
fn both_trees_make_the_same_indexes() {
    let Some(store) = Store::on_postgres_if_there_is_one() else {
        return skipped("CAUCUS_TEST_POSTGRES names no server to compare with");
    };
    let folder = tempfile::tempdir().unwrap();
    let AnyConnection::Sqlite(mut sqlite) = sqlite_from_nothing(folder.path()) else { panic!("not SQLite") };
    let AnyConnection::Postgres(mut postgres) = store.connect() else { panic!("not PostgreSQL") };

    let on_sqlite = diesel::sql_query(
        "SELECT tbl_name || '.' || name AS name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
    )
    .load::<Name>(&mut sqlite);
    let on_postgres = diesel::sql_query(
        "SELECT tablename || '.' || indexname AS name FROM pg_indexes i WHERE schemaname = 'public' \
         AND tablename <> '__diesel_schema_migrations' AND NOT EXISTS (SELECT 1 FROM pg_constraint c \
         WHERE c.conname = i.indexname) ORDER BY tablename COLLATE \"C\" , indexname COLLATE \"C\"",
    )
    .load::<Name>(&mut postgres);

    let mut wanted = names(on_sqlite.unwrap());
    let mut made = names(on_postgres.unwrap());
    wanted.sort();
    made.sort();
    assert!(!wanted.is_empty());
    assert_eq!(made, wanted);
}

fn names(rows: Vec<Name>) -> Vec<String> {
    rows.into_iter().map(|row| row.name).collect()
}

/// Compares table by table, so that a difference is short to read.
fn assert_alike(made: &Tables, written: &Tables) {
    assert!(written.columns.len() > 10, "the schema file was not understood");
    assert_eq!(
        made.columns.keys().collect::<Vec<_>>(),
        written.columns.keys().collect::<Vec<_>>(),
        "the tables (left: database, right: schema.rs)"
    );
    for (table, columns) in &made.columns {
        assert_eq!(columns, &written.columns[table], "the columns of {table} (left: database, right: schema.rs)");
        assert_eq!(made.keys[table], written.keys[table], "the key of {table} (left: database, right: schema.rs)");
    }
}

fn migration_names(tree: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(Path::new("migrations").join(tree))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn sqlite_from_nothing(folder: &Path) -> AnyConnection {
    let mut connection = establish(&DatabaseUrl::Sqlite(folder.join("caucus.sqlite"))).unwrap();
    migrations::run(&mut connection).unwrap();
    connection
}

fn sqlite_tables(connection: &mut AnyConnection) -> Tables {
    let AnyConnection::Sqlite(connection) = connection else { panic!("not SQLite") };
    let tables = diesel::sql_query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> '__diesel_schema_migrations'",
    )
    .load::<Name>(connection)
    .unwrap();
    let mut found = Tables::default();
    for table in names(tables) {
        let columns = diesel::sql_query(
            "SELECT name, upper(type) AS kind, \"notnull\" = 0 AS is_nullable FROM pragma_table_info(?) ORDER BY cid",
        )
        .bind::<Text, _>(&table)
        .load::<Column>(connection)
        .unwrap();
        let key = diesel::sql_query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")
            .bind::<Text, _>(&table)
            .load::<Name>(connection)
            .unwrap();
        found.columns.insert(table.clone(), columns.into_iter().map(portable).collect());
        found.keys.insert(table, names(key));
    }
    found
}

fn postgres_tables(connection: &mut AnyConnection) -> Tables {
    let AnyConnection::Postgres(connection) = connection else { panic!("not PostgreSQL") };
    let tables = diesel::sql_query(
        "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public' \
         AND table_name <> '__diesel_schema_migrations'",
    )
    .load::<Name>(connection)
    .unwrap();
    let mut found = Tables::default();
    for table in names(tables) {
        let columns = diesel::sql_query(
            "SELECT column_name::text AS name, upper(data_type::text) AS kind, is_nullable = 'YES' AS is_nullable \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position",
        )
        .bind::<Text, _>(&table)
        .load::<Column>(connection)
        .unwrap();
        let key = diesel::sql_query(
            "SELECT a.attname::text AS name FROM pg_index i JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, at) ON true \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
             WHERE i.indisprimary AND i.indrelid = $1::text::regclass ORDER BY k.at",
        )
        .bind::<Text, _>(&table)
        .load::<Name>(connection)
        .unwrap();
        found.columns.insert(table.clone(), columns.into_iter().map(portable).collect());
        found.keys.insert(table, names(key));
    }
    found
}

/// The database's word for a type as diesel's.
fn portable(column: Column) -> Column {
    let kind = match column.kind.as_str() {
        "TEXT" => "Text",
        "INTEGER" => "Integer",
        "BIGINT" => "BigInt",
        "BOOLEAN" => "Bool",
        "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => "Timestamp",
        other => panic!("{} is {other}, which is not among the portable types", column.name),
    };
    Column { kind: kind.to_owned(), ..column }
}

/// Reads the `table!` blocks of the schema file.
fn schema_file() -> Tables {
    let text = std::fs::read_to_string("src/db/schema.rs").unwrap();
    let mut found = Tables::default();
    let mut table = String::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, key)) = line.strip_suffix(") {").and_then(|head| head.split_once(" (")) {
            table = name.to_owned();
            found.keys.insert(table.clone(), key.split(", ").map(str::to_owned).collect());
            found.columns.insert(table.clone(), Vec::new());
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|column| column.split_once(" -> ")) {
            let inner = kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>'));
            found.columns.get_mut(&table).unwrap().push(Column {
                name: name.to_owned(),
                kind: inner.unwrap_or(kind).to_owned(),
                is_nullable: inner.is_some(),
            });
        }
    }
    found
}
