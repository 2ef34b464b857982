//! Answers that lie ready: documents that many ask for and that change seldom. An answer is good
//! as long as this process wrote nothing, and at most a second, because another process may have.

use crate::App;
use crate::clock::Stamp;
use actix_web::web::Bytes;
use chrono::TimeDelta;
use parking_lot::RwLock;
use std::collections::HashMap;

/// How long an answer is good at most.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(1);

/// How many answers are kept; one more and all are forgotten, so that nobody can fill the memory.
const MOST: usize = 2_000;

/// Answers by name. One per worker thread of the server.
#[derive(Default)]
pub struct ReadyAnswers(RwLock<HashMap<String, ReadyAnswer>>);

struct ReadyAnswer {
    generation: u64,
    made_at: Stamp,
    body: Bytes,
}

impl ReadyAnswers {
    /// The answer under this name, if it is still good.
    pub fn find(&self, app: &App, name: &str) -> Option<Bytes> {
        let answers = self.0.read();
        let answer = answers.get(name)?;
        let age = app.now() - answer.made_at;
        let is_good = answer.generation == app.generation() && age >= TimeDelta::zero() && age < GOOD_FOR;
        is_good.then(|| answer.body.clone())
    }

    /// Keeps an answer that was worked out when the program's generation was `generation`: to be
    /// read *before* the database was.
    pub fn keep(&self, app: &App, name: &str, generation: u64, body: &Bytes) {
        let mut answers = self.0.write();
        if answers.len() >= MOST && !answers.contains_key(name) {
            answers.clear();
        }
        answers.insert(name.to_owned(), ReadyAnswer { generation, made_at: app.now(), body: body.clone() });
    }
}
