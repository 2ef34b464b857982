//! The list of blocks in memory: the front door asks it for every request.

use crate::app::App;
use crate::clock::Stamp;
use crate::db::DbError;
use crate::db::blocks::load_list;
use crate::domain::block::BlockList;
use chrono::TimeDelta;
use parking_lot::Mutex;
use std::sync::Arc;

/// How long memory is believed: another process, or a command, may have changed the list.
const AGE: TimeDelta = TimeDelta::seconds(10);

/// The list as it was read last.
#[derive(Default)]
pub struct Blocks(Mutex<Option<(Stamp, Arc<BlockList>)>>);

impl Blocks {
    /// The list changed: the next one who asks reads it anew.
    pub fn forget(&self) {
        *self.0.lock() = None;
    }
}

/// Everything that is blocked.
///
/// # Errors
/// The store's fault.
pub async fn current(app: &App) -> Result<Arc<BlockList>, DbError> {
    let now = app.now();
    let remembered = app.federation.blocks.0.lock().clone();
    if let Some((_, list)) = remembered.filter(|(read_at, _)| (now - *read_at).abs() < AGE) {
        return Ok(list);
    }
    let list = Arc::new(app.read(load_list).await?);
    *app.federation.blocks.0.lock() = Some((now, Arc::clone(&list)));
    Ok(list)
}
