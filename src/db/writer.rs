//! The one SQLite writer: a thread that takes all waiting writes, runs each under a savepoint of
//! its own in one transaction, commits once, and only then answers. With `synchronous=FULL` a
//! commit costs a flush to disk; sharing it makes full durability cheap under load.

use super::connection::{AnyConnection, begin, savepoint_outcome};
use super::error::DbError;
use diesel::connection::SimpleConnection as _;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// The most writes in one transaction, so that the first of them need not wait for long.
const MOST_IN_ONE_COMMIT: usize = 256;

/// A handle to the writer thread. The thread ends when the last handle is gone.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Box<dyn Write>>);

/// A write on its way: run inside the transaction, answered after the commit.
trait Write: Send {
    /// Does the work; says whether the transaction around it still stands.
    fn run(&mut self, connection: &mut AnyConnection) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), &DbError>);
}

struct Job<W, T, E> {
    work: Option<W>,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<W, T, E> Write for Job<W, T, E>
where
    W: FnOnce(&mut AnyConnection) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, connection: &mut AnyConnection) -> bool {
        let Some(work) = self.work.take() else { return true };
        let (outcome, stands) = savepoint_outcome(connection, work);
        self.outcome = Some(outcome);
        stands
    }

    fn answer(self: Box<Self>, committed: Result<(), &DbError>) {
        let answer = match committed {
            Ok(()) => self.outcome.unwrap_or_else(|| Err(DbError::Closed.into())),
            Err(DbError::Busy(why)) => Err(DbError::Busy(why.clone()).into()),
            Err(fault) => Err(DbError::Broken(fault.to_string()).into()),
        };
        // The asker may have gone away; the write stands all the same.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    pub(super) fn start(connection: AnyConnection) -> Result<Self, DbError> {
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new()
            .name("caucus-writer".to_owned())
            .spawn(move || write_until_closed(connection, &receiver))
            .map_err(|e| DbError::Broken(format!("cannot start the writer thread: {e}")))?;
        Ok(Self(sender))
    }

    pub(super) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job { work: Some(work), outcome: None, reply };
        self.0.send(Box::new(job)).map_err(|_| DbError::Closed)?;
        answer.await.map_err(|_| DbError::Closed)?
    }
}

fn write_until_closed(mut connection: AnyConnection, waiting: &mpsc::Receiver<Box<dyn Write>>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        while batch.len() < MOST_IN_ONE_COMMIT
            && let Ok(next) = waiting.try_recv()
        {
            batch.push(next);
        }
        let committed = commit_together(&mut connection, &mut batch);
        for job in batch {
            job.answer(committed.as_ref().copied());
        }
    }
}

fn commit_together(connection: &mut AnyConnection, batch: &mut [Box<dyn Write>]) -> Result<(), DbError> {
    begin(connection)?;
    for job in batch.iter_mut() {
        if !job.run(connection) {
            let _ = connection.batch_execute("ROLLBACK");
            return Err(DbError::Busy("the database gave up a write; its disk may be full".to_owned()));
        }
    }
    connection.batch_execute("COMMIT").map_err(|error| {
        // A failed COMMIT may leave the transaction open; what it held was promised to nobody.
        let _ = connection.batch_execute("ROLLBACK");
        DbError::from(error)
    })
}
