//! The simulated providers of this build: each started on a port of its own, with an account to begin with.
//!
//! [`KINDS`] holds one line per provider. Whatever starts simulators (`dev`, `sandbox`) or looks for one (`demo`,
//! `check`) goes through it; what an account looks like on both sides is in the folder, one file per provider.

pub mod clock;
pub mod command;
mod dividebuy;
mod divido;
mod divit;
pub mod faults;
mod kredivo;
mod payby;
pub mod ports;

use crate::former::Former;
use futures::future::BoxFuture;
use ordain_sandbox::{AccountError, Config, Running, StartError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Simulated webhooks leave this long after the customer's decision, so that browser and webhook really race.
const WEBHOOK_DELAY: Duration = Duration::from_millis(20);
/// What a provider's staff would do the next day.
const SETTLE_AFTER: Duration = Duration::from_millis(300);
/// Divides the pauses between a simulated provider's attempts at a webhook.
const WEBHOOK_SPEED: u32 = 20;

/// Every simulated provider, in the order of their ports.
pub const KINDS: &[Kind] = &[dividebuy::KIND, divit::KIND, payby::KIND, divido::KIND, kredivo::KIND];

/// The kind with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

/// The kind that a flag names.
///
/// # Errors
/// None of them has this id; says which there are.
pub fn named(id: &str) -> Result<&'static Kind, String> {
    let ids = || KINDS.iter().map(|kind| kind.id).collect::<Vec<_>>().join(", ");
    find(id).ok_or_else(|| format!("`{id}` is not simulated; these are: {}", ids()))
}

/// One simulated provider: how it is started, and its account on both sides.
pub struct Kind {
    /// The provider's id.
    pub id: &'static str,
    /// The account's value over here by which the simulator knows whose clock is meant.
    pub credential: &'static str,
    /// Its port on a developer's machine.
    pub port: u16,
    start: fn(Config, CancellationToken) -> BoxFuture<'static, Result<Started, StartError>>,
    /// Its account over there; the shop is at this URL.
    account: fn(&str) -> Value,
    /// The same account over here: what it is told about and its secrets; the simulator is at this URL.
    ours: fn(&str) -> Ours,
}

impl fmt::Debug for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Kind").field("id", &self.id).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Kind {
    /// The account that `dev` makes.
    #[must_use]
    pub fn account_id(&self) -> String {
        format!("demo-{}", self.id)
    }

    /// The account over here, for a simulator at this URL.
    #[must_use]
    pub fn ours(&self, host: &str) -> Ours {
        (self.ours)(host)
    }

    /// The account over there, for a shop at this URL.
    #[must_use]
    pub fn account(&self, store_url: &str) -> Value {
        (self.account)(store_url)
    }
}

/// An account as the API takes it.
#[derive(Clone)]
pub struct Ours {
    /// Plain values.
    pub config: BTreeMap<String, String>,
    /// Sealed ones.
    pub secrets: BTreeMap<String, String>,
}

impl Ours {
    fn new(config: &[(&str, &str)], secrets: &[(&str, &str)]) -> Self {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self { config: map(config), secrets: map(secrets) }
    }
}

type Put = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<(), PutError>> + Send + Sync>;

/// A simulated provider that runs.
pub struct Started {
    /// Which.
    pub kind: &'static Kind,
    /// Where it listens.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
    put: Put,
}

/// Why an account did not get into a simulator.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It is none of this provider's.
    #[error("not an account of this provider: {0}")]
    Shape(#[source] serde_json::Error),
    /// The simulator does not take it.
    #[error(transparent)]
    Refused(#[from] AccountError),
}

impl Started {
    /// As a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Adds an account, or replaces the one with the same id.
    ///
    /// # Errors
    /// See [`PutError`].
    pub async fn put(&self, account: Value) -> Result<(), PutError> {
        (self.put)(account).await
    }

    /// Waits for its end; ask for that first.
    pub async fn ended(self) {
        drop(self.task.await);
    }
}

/// Starts one of them, once whoever had its files and its port before is gone.
///
/// # Errors
/// See [`StartError`].
pub async fn start(
    kind: &'static Kind,
    (listen, folder): (SocketAddr, &Path),
    stop: CancellationToken,
    former: &Former,
) -> Result<Started, StartError> {
    let config = Config {
        listen,
        folder: folder.join(kind.id),
        webhook_delay: WEBHOOK_DELAY,
        settle_after: SETTLE_AFTER,
        webhook_speed: WEBHOOK_SPEED,
    };
    former.let_go(async || (kind.start)(config.clone(), stop.clone()).await).await
}

/// What a running simulator becomes here, whatever its accounts look like.
fn started<A>(
    kind: &'static Kind,
    starting: impl Future<Output = Result<Running<A>, StartError>> + Send + 'static,
) -> BoxFuture<'static, Result<Started, StartError>>
where
    A: DeserializeOwned + Send + Sync + 'static,
{
    Box::pin(async move {
        let running = starting.await?;
        let addr = running.addr;
        let (put, task) = running.into_parts();
        let put: Put = Arc::new(move |account| {
            let put = put.clone();
            Box::pin(async move {
                let account = serde_json::from_value(account).map_err(PutError::Shape)?;
                Ok(put.put_account(account).await?)
            })
        });
        Ok(Started { kind, addr, task, put })
    })
}

/// An account as JSON.
fn as_json(account: &impl Serialize) -> Value {
    serde_json::to_value(account).expect("an account is plain data")
}
