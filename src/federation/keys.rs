//! The keys of our actors: RSA with 2048 bits, the only kind that every server understands
//! (fediverse.md 3.5). They are made off the request path and kept only in the database.

pub use crate::db::local_actors::KeyPair;

use crate::App;
use crate::db::local_actors::{self, ActorKind, LocalActor, NewActor};
use crate::db::{DbError, Tx};
use crate::domain::Urls;
use crate::federation::signatures::SigningKey;
use crate::ids::ActorId;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use rsa::pkcs8::der::pem::LineEnding;
use rsa::pkcs8::{Document, SecretDocument};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, mpsc};

/// How many pairs lie ready.
const READY: usize = 2;

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("a key could not be {0}")]
pub struct KeyError(pub(crate) &'static str);

/// Makes key pairs ahead of time on a thread of its own, from the first one that is asked for.
#[derive(Default)]
pub struct KeyPool {
    ready: OnceLock<Mutex<mpsc::Receiver<KeyPair>>>,
}

impl KeyPool {
    /// Starts making keys, so that the first act that needs one does not wait.
    pub fn warm(&self) {
        self.ready.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(READY);
            // The thread ends when the pool is gone. Without a thread `take` makes keys itself.
            let _ = std::thread::Builder::new().name("caucus-keys".to_owned()).spawn(move || {
                while let Ok(pair) = new_key_pair() {
                    if sender.blocking_send(pair).is_err() {
                        break;
                    }
                }
            });
            Mutex::new(receiver)
        });
    }

    /// A new pair.
    ///
    /// # Errors
    /// When the machine cannot make one.
    pub async fn take(&self) -> Result<KeyPair, KeyError> {
        self.warm();
        if let Some(ready) = self.ready.get()
            && let Some(pair) = ready.lock().await.recv().await
        {
            return Ok(pair);
        }
        tokio::task::spawn_blocking(new_key_pair).await.map_err(|_| KeyError("made"))?
    }
}

/// Makes one pair; takes a good part of a second of one core.
///
/// # Errors
/// When the machine cannot make one.
pub fn new_key_pair() -> Result<KeyPair, KeyError> {
    let failed = |_| KeyError("made");
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(failed)?;
    let private_pem = SecretDocument::try_from(private.as_ref())
        .and_then(|der| der.to_pem("PRIVATE KEY", LineEnding::LF))
        .map_err(|_| KeyError("written as PEM"))?;
    let public_pem = Document::try_from(public.as_ref())
        .and_then(|der| der.to_pem("PUBLIC KEY", LineEnding::LF))
        .map_err(|_| KeyError("written as PEM"))?;
    Ok(KeyPair { public_pem, private_pem: private_pem.to_string() })
}

/// The keys of our actors, read once and then kept. Their number is that of the actors who
/// speak, and a key never changes (fediverse.md 3.5: others keep the first that they saw).
#[derive(Default)]
pub struct Signers(parking_lot::RwLock<HashMap<ActorId, Arc<SigningKey>>>);

impl Signers {
    /// The signer of an actor.
    ///
    /// # Errors
    /// When there is no such actor, or the store fails.
    pub async fn of(&self, app: &App, actor: ActorId) -> Result<Arc<SigningKey>, DbError> {
        if let Some(known) = self.0.read().get(&actor) {
            return Ok(Arc::clone(known));
        }
        let (found, pem) = app
            .read(move |conn| {
                Ok::<_, DbError>((local_actors::actor(conn, actor)?, local_actors::private_key_pem(conn, actor)?))
            })
            .await?;
        let key_id = Urls::key_id(&found.url(&app.urls));
        let signer = Arc::new(SigningKey::from_pem(key_id, &pem).map_err(|e| DbError::Broken(e.to_string()))?);
        self.0.write().insert(actor, Arc::clone(&signer));
        Ok(signer)
    }
}

/// Makes the instance actor if it does not exist yet. Called before the door opens.
///
/// # Errors
/// When no key could be made, or the store fails.
pub async fn ensure_instance_actor(app: &App) -> Result<LocalActor, DbError> {
    if let Some(actor) = app.read(local_actors::find_instance_actor).await? {
        return Ok(actor);
    }
    let keys = app.federation.keys.take().await.map_err(|e| DbError::Broken(e.to_string()))?;
    app.write(move |tx| make_instance_actor(tx, &keys)).await
}

/// Makes the instance actor, unless another process has just made it: then this waits for that
/// one, and gives what it made.
///
/// # Errors
/// When the store fails.
pub fn make_instance_actor(tx: &mut Tx<'_>, keys: &KeyPair) -> Result<LocalActor, DbError> {
    let handle = tx.urls.host().to_owned();
    local_actors::claim_handle(tx, &handle)?;
    if let Some(actor) = local_actors::find_instance_actor(tx.conn)? {
        return Ok(actor);
    }
    let new = NewActor { kind: ActorKind::Instance, handle: &handle, name: &handle, summary: "", keys };
    let id = local_actors::create_actor(tx, &new)?;
    local_actors::actor(tx.conn, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_pool_hands_out_different_keys_that_can_be_read_back() {
        let pool = KeyPool::default();

        let (first, second) = (pool.take().await.unwrap(), pool.take().await.unwrap());

        assert_ne!(first.private_pem, second.private_pem);
        assert!(first.public_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert!(SigningKey::from_pem("https://caucus.example/actor#main-key".to_owned(), &first.private_pem).is_ok());
    }
}
