//! Growth: 100 000 followers on 2 000 hosts and 100 000 posts, put into the database directly.

use crate::instance::Instance;
use caucus::db::connection::establish;
use caucus::settings::DatabaseUrl;
use diesel::RunQueryDsl as _;
use std::time::{Duration, Instant};

const FOLLOWERS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
    INSERT INTO followers (actor_id, follower_url, follow_id, inbox, host, followed_at) \
    SELECT a.id, 'https://host' || (i % 2000) || '.test/u/' || i, 'https://host' || (i % 2000) || '.test/f/' || i, \
    'https://host' || (i % 2000) || '.test/inbox', 'host' || (i % 2000) || '.test', a.created_at \
    FROM n, local_actors a WHERE a.handle = 'crowd'";

const POSTS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
    INSERT INTO posts (id, actor_id, kind, visibility, object_json, is_pinned, published_at) \
    SELECT '00000000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT), a.id, 'progress', 'public', \
    '{\"type\":\"Note\",\"content\":\"A post among many, of about the length that posts have.\"}', false, a.created_at \
    FROM n, local_actors a WHERE a.handle = 'crowd'";

const COUNTS: &str = "UPDATE local_actors SET followers_count = 100000, posts_count = 100000 WHERE handle = 'crowd'";

/// Fills the database of a running instance.
pub async fn fill(instance: &Instance) -> anyhow::Result<()> {
    instance.form_cabal("crowd").await?;
    let url = match &instance.place.database_url {
        Some(url) => DatabaseUrl::Postgres(url.clone()),
        None => DatabaseUrl::Sqlite(instance.place.data_dir.join("caucus.sqlite")),
    };
    let mut connection = establish(&url)?;
    let started = Instant::now();
    for statement in [FOLLOWERS, POSTS, COUNTS] {
        diesel::sql_query(statement).execute(&mut connection)?;
    }
    println!("grown by 100 000 followers and 100 000 posts in {:.1} s\n", started.elapsed().as_secs_f64());
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}
