//! A set-up instance with a member, a token, and what the measurements act upon.

use crate::server::{Place, Server};
use crate::wire::Connection;
use anyhow::{Context as _, bail};
use serde_json::{Value, json};

/// An instance that runs, with the token of its first member.
pub struct Instance {
    pub place: Place,
    pub server: Server,
    pub token: String,
}

impl Instance {
    /// Sets a community up and starts the server.
    pub fn start(place: Place) -> anyhow::Result<Self> {
        let document = place.data_dir.join("manifesto.txt");
        std::fs::write(&document, "1. Aims\n\n  1. To measure.\n")?;
        let document = document.to_string_lossy().into_owned();
        place.run(
            &[
                "setup",
                "--document",
                &document,
                "--name",
                "Bench",
                "--handle",
                "bench",
                "--mission",
                "To measure.",
                "--steward",
                "ada",
                "--password-stdin",
            ],
            "a long pass phrase for measuring\n",
        )?;
        let token = place.run(&["token", "create", "--member", "ada"], "")?;
        let token = token.split_whitespace().last().context("a token")?.to_owned();
        let server = place.serve()?;
        Ok(Self { place, server, token })
    }

    /// One call of the JSON API.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.server.address,
            self.token,
            body.len()
        );
        let (status, answer) = Connection::open(&self.server.address).await?.exchange(request.as_bytes()).await?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Forms a cabal.
    pub async fn form_cabal(&self, handle: &str) -> anyhow::Result<()> {
        self.call("POST", "/cabals", &json!({"handle": handle, "name": handle, "purpose": "To be measured."})).await?;
        Ok(())
    }

    /// Publishes an advisory poll; gives its id and its object id.
    pub async fn publish_poll(&self, cabal: &str) -> anyhow::Result<(String, String)> {
        let poll =
            json!({"question": "Which?", "options": ["one", "two"], "is_multiple": false, "duration_minutes": 1440});
        let made = self.call("POST", &format!("/cabals/{cabal}/polls"), &poll).await?;
        Ok((text(&made, "id")?, text(&made, "object_id")?))
    }

    /// Publishes a help request.
    pub async fn publish_help_request(&self, cabal: &str) -> anyhow::Result<()> {
        let request = json!({"what": "Measure deliveries", "skills": ["patience"], "hours": 1});
        self.call("POST", &format!("/cabals/{cabal}/help-requests"), &request).await?;
        Ok(())
    }

    /// How many voters took part in a poll so far.
    pub async fn voters(&self, poll: &str) -> anyhow::Result<usize> {
        let poll = self.call("GET", &format!("/polls/{poll}"), &Value::Null).await?;
        Ok(usize::try_from(poll.get("voters_count").and_then(Value::as_u64).context("voters_count")?)?)
    }

    /// The URL of a cabal's actor.
    pub fn actor(&self, handle: &str) -> String {
        format!("http://{}/c/{handle}", self.server.address)
    }
}

fn text(value: &Value, key: &str) -> anyhow::Result<String> {
    Ok(value.get(key).and_then(Value::as_str).with_context(|| format!("{key} in {value}"))?.to_owned())
}
