//! Delivery: once to each server, in order, whatever the other side answers, and across crashes.

mod answers;
mod lanes;
mod publishing;

use crate::support::TestApp;
use crate::support::faulty::{FaultyPeer, Rule};
use crate::support::peer::{Peer, Received};
use crate::support::world::kept_pair;
use caucus::App;
use caucus::clock::Stamp;
use caucus::db::deliveries::{HostQueue, queue_by_host};
use caucus::db::followers::{Follower, add_follower, count_followers};
use caucus::db::local_actors::{self, ActorKind, NewActor, create_actor};
use caucus::db::posts::PostKind;
use caucus::db::remote_actors::{RemoteActor, save_remote_actor};
use caucus::db::remote_hosts::{Claim, claim_lanes, find_next_due};
use caucus::db::{Database, DbError, outbox};
use caucus::domain::visibility::Visibility;
use caucus::federation::outbound::documents::{Extra, Mention, NoteParts, note};
use caucus::federation::outbound::publish::{self, Audience, NewPost};
use caucus::ids::{ActorId, PostId};
use caucus::workers::delivery::step;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;

/// A cabal with followers on peers.
struct Scene {
    app: TestApp,
    cabal: ActorId,
}

impl Scene {
    async fn begin() -> Self {
        let app = TestApp::start().await;
        let cabal = app
            .app
            .write::<_, DbError>(|tx| {
                let keys = kept_pair(0);
                let (kind, handle, name, summary) = (ActorKind::Cabal, "search", "Search", "");
                create_actor(tx, &NewActor { kind, handle, name, summary, keys: &keys })
            })
            .await
            .unwrap();
        Self { app, cabal }
    }

    async fn follow(&self, peer: &FaultyPeer, name: &str, inbox: &str) {
        let follower = Follower {
            actor_id: self.cabal,
            follower_url: peer.url(&format!("/users/{name}")),
            follow_id: peer.url(&format!("/follows/{name}")),
            inbox: peer.url(inbox),
            host: peer.host.clone(),
        };
        self.app.app.write::<_, DbError>(move |tx| add_follower(tx, &follower)).await.unwrap();
    }

    async fn publish(&self, text: &str) -> PostId {
        self.publish_for(text, Visibility::Public, Audience::followers(self.cabal)).await
    }

    async fn publish_for(&self, text: &str, visibility: Visibility, audience: Audience) -> PostId {
        let (cabal, text) = (self.cabal, text.to_owned());
        self.app
            .app
            .write::<_, DbError>(move |tx| {
                let id = PostId::from_uuid(tx.next_id());
                let (url, author) = (tx.urls.note(id), tx.urls.actor("search"));
                let mentions = audience.actors.iter().map(|actor| Mention { href: actor.clone(), name: "@a@b".into() });
                let object = note(
                    &NoteParts {
                        id: &url,
                        author: &author,
                        content_html: &text,
                        language: "en",
                        published: tx.now,
                        updated: None,
                        in_reply_to: None,
                        visibility,
                        mentions: mentions.collect(),
                        hashtags: Vec::new(),
                        extra: Extra::default(),
                    },
                    tx.urls,
                );
                let kind = PostKind::Notice;
                let new =
                    NewPost { id, actor_id: cabal, kind, visibility, in_reply_to: None, object, is_pinned: false };
                publish::publish(tx, new, &audience)?;
                Ok(id)
            })
            .await
            .unwrap()
    }

    async fn meet(&self, peer: &FaultyPeer, name: &str) -> String {
        let url = peer.url(&format!("/users/{name}"));
        let actor = RemoteActor {
            url: url.clone(),
            kind: "Person".to_owned(),
            host: peer.host.clone(),
            username: name.to_owned(),
            name: name.to_owned(),
            profile_url: url.clone(),
            inbox: peer.url(&format!("/users/{name}/inbox")),
            shared_inbox: Some(peer.url("/inbox")),
            followers_url: None,
            fetched_at: self.app.app.now(),
            refresh_tried_at: None,
            unreachable_since: None,
            gone_at: None,
            heard_at: None,
            published: None,
            keys: Vec::new(),
        };
        self.app.app.write::<_, DbError>(move |tx| save_remote_actor(tx, &actor)).await.unwrap();
        url
    }

    async fn step(&self) -> usize {
        step(&self.app.app).await.unwrap()
    }

    async fn queue(&self) -> Vec<HostQueue> {
        self.app.app.read::<_, DbError>(queue_by_host).await.unwrap()
    }

    async fn followers(&self) -> i64 {
        let cabal = self.cabal;
        let (counted, stored) = self
            .app
            .app
            .read::<_, DbError>(move |conn| {
                Ok((count_followers(conn, cabal)?, local_actors::actor(conn, cabal)?.followers_count))
            })
            .await
            .unwrap();
        assert_eq!(counted, i64::from(stored));
        counted
    }
}

fn contents(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().filter_map(|body| body["object"]["content"].as_str()).collect()
}
