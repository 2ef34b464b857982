//! Looking at what stands in the tables, past the program.

use super::store::Store;
use caucus::db::AnyConnection;
use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;

#[derive(diesel::QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Store {
    /// What a query answers whose one column is a text named `value`.
    pub fn values(&self, query: &str) -> Vec<String> {
        let query = diesel::sql_query(query);
        let rows: Vec<Value> = match &mut self.connect() {
            AnyConnection::Sqlite(c) => query.load(c).unwrap(),
            AnyConnection::Postgres(c) => query.load(c).unwrap(),
        };
        rows.into_iter().map(|row| row.value).collect()
    }

    /// How many rows of a table fulfil a condition.
    pub fn count(&self, table: &str, condition: &str) -> usize {
        let query = format!("SELECT CAST(count(*) AS TEXT) AS value FROM {table} WHERE {condition}");
        self.values(&query)[0].parse().unwrap()
    }

    /// Changes the tables past the program.
    pub fn execute(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap();
    }
}
