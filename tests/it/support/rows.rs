//! What stands in the tables, as text: to prove what is there and what is not.

use super::app::TestApp;
use caucus::db::AnyConnection;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Every row of every table, one text each, by table.
pub fn dump(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    dump_over(&mut app.store.connect())
}

/// The same over a connection that is there.
pub fn dump_over(connection: &mut AnyConnection) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in tables() {
        let parts: Vec<String> = columns.iter().map(|column| format!("COALESCE(CAST({column} AS TEXT), '')")).collect();
        let query = format!("SELECT {} AS line FROM {table}", parts.join(" || ' | ' || "));
        let lines: Vec<Line> = diesel::sql_query(query).load(connection).unwrap();
        all.insert(table, lines.into_iter().map(|line| line.line).collect());
    }
    assert!(all.len() > 30, "the tables were not found");
    all
}

/// By how many transactions the rows of a table were written; SQLite does not keep that.
pub fn writers(app: &TestApp, table: &str) -> Option<String> {
    let mut connection = app.store.connect();
    let AnyConnection::Postgres(connection) = &mut connection else { return None };
    let query = format!("SELECT CAST(COUNT(DISTINCT CAST(xmin AS TEXT)) AS TEXT) AS line FROM {table}");
    Some(diesel::sql_query(query).get_result::<Line>(connection).unwrap().line)
}

/// The activities that are on their way, each with its inbox.
pub fn on_their_way(app: &TestApp) -> Vec<(String, Value)> {
    let query = "SELECT deliveries.inbox || ' ' || outbox_activities.body AS line FROM deliveries \
                 JOIN outbox_activities ON outbox_activities.id = deliveries.activity_id ORDER BY deliveries.id";
    let lines: Vec<Line> = diesel::sql_query(query).load(&mut app.store.connect()).unwrap();
    lines
        .into_iter()
        .map(|line| {
            let (inbox, body) = line.line.split_once(' ').unwrap();
            (inbox.to_owned(), serde_json::from_str(body).unwrap())
        })
        .collect()
}

/// Those of one type.
pub fn of_type(activities: &[(String, Value)], kind: &str) -> Vec<(String, Value)> {
    activities.iter().filter(|(_, activity)| activity["type"] == kind).cloned().collect()
}

/// The Updates of Questions that are on their way, each with its inbox.
pub fn updates_of_questions(app: &TestApp) -> Vec<(String, Value)> {
    let updates = of_type(&on_their_way(app), "Update").into_iter();
    updates.filter(|(_, update)| update["object"]["type"] == "Question").collect()
}

/// Names of tables and columns, from the schema file.
pub fn tables() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema.rs")).unwrap();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some((name, _)) = line.trim().strip_suffix(") {").and_then(|head| head.split_once(" (")) {
            current = Some(name.to_owned());
        } else if let (Some(table), Some((column, _))) = (&current, line.trim().split_once(" -> ")) {
            tables.entry(table.clone()).or_default().push(column.to_owned());
        } else if line.trim() == "}" {
            current = None;
        }
    }
    tables
}

/// What an owner of the database does who is not held back by anything in it: no trigger refuses it
/// and no reference is looked after.
pub fn force(app: &TestApp, query: &str) {
    let mut connection = app.store.connect();
    if matches!(connection, AnyConnection::Postgres(_)) {
        return connection.batch_execute(&format!("SET session_replication_role = replica; {query}")).unwrap();
    }
    let triggers: Vec<Line> =
        diesel::sql_query("SELECT name || ' ' || sql AS line FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
            .load(&mut connection)
            .unwrap();
    assert!(triggers.len() > 20, "the triggers were not found");
    let (names, bodies): (Vec<String>, Vec<String>) = triggers
        .iter()
        .map(|trigger| trigger.line.split_once(' ').unwrap())
        .map(|(name, body)| (format!("DROP TRIGGER {name}; "), format!("{body}; ")))
        .unzip();
    let script = format!("PRAGMA foreign_keys = OFF; {} {query}; {}", names.concat(), bodies.concat());
    connection.batch_execute(&script).unwrap();
}
