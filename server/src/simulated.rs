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
mod file;
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
/// What divides the pauses between a provider's attempts at a webhook where people watch: nobody waits for an hour.
pub const WATCHED_SPEED: u32 = 20;

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
    /// The member of an account over there that says which one it is.
    pub id_member: &'static str,
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

/// What there is to do with the accounts of a simulator, whatever they look like.
enum Wish {
    /// Put this one, whatever there was.
    Put(Value),
    /// Put this one where there is none of its id.
    BeginWith(Value),
    /// Only look.
    Look,
}

/// Does what is wished, and says which accounts there are then.
type Accounts = Arc<dyn Fn(Wish) -> BoxFuture<'static, Result<Vec<Value>, PutError>> + Send + Sync>;

/// A simulated provider that runs.
pub struct Started {
    /// Which.
    pub kind: &'static Kind,
    /// Where it listens.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
    accounts: Accounts,
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
        (self.accounts)(Wish::Put(account)).await.map(drop)
    }

    /// Adds an account to begin with; one with the same id stays as it is.
    ///
    /// # Errors
    /// See [`PutError`].
    pub async fn begin_with(&self, account: Value) -> Result<(), PutError> {
        (self.accounts)(Wish::BeginWith(account)).await.map(drop)
    }

    /// Its accounts as they are now.
    ///
    /// # Errors
    /// See [`PutError`].
    pub async fn held(&self) -> Result<Vec<Value>, PutError> {
        (self.accounts)(Wish::Look).await
    }

    /// Waits for its end; ask for that first.
    pub async fn ended(self) {
        drop(self.task.await);
    }
}

/// Where one of them runs, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The folder of all of them.
    pub folder: &'a Path,
    /// What divides the pauses between its attempts at a webhook.
    pub webhook_speed: u32,
}

/// Starts one of them, once whoever had its files and its port before is gone.
///
/// # Errors
/// See [`StartError`].
pub async fn start(
    kind: &'static Kind,
    place: Place<'_>,
    stop: CancellationToken,
    former: &Former,
) -> Result<Started, StartError> {
    let config = Config {
        listen: place.listen,
        folder: place.folder.join(kind.id),
        webhook_delay: WEBHOOK_DELAY,
        settle_after: SETTLE_AFTER,
        webhook_speed: place.webhook_speed,
    };
    former.let_go(async || (kind.start)(config.clone(), stop.clone()).await).await
}

/// What a running simulator becomes here, whatever its accounts look like.
fn started<A>(
    kind: &'static Kind,
    starting: impl Future<Output = Result<Running<A>, StartError>> + Send + 'static,
) -> BoxFuture<'static, Result<Started, StartError>>
where
    A: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    Box::pin(async move {
        let running = starting.await?;
        let addr = running.addr;
        let (host, task) = running.into_parts();
        let accounts: Accounts = Arc::new(move |wish| {
            let host = host.clone();
            let read = |account| serde_json::from_value::<A>(account).map_err(PutError::Shape);
            Box::pin(async move {
                match wish {
                    Wish::Put(account) => host.put_account(read(account)?).await?,
                    Wish::BeginWith(account) => host.begin_with(read(account)?).await?,
                    Wish::Look => {}
                }
                Ok(host.held().await?.iter().map(as_json).collect())
            })
        });
        Ok(Started { kind, addr, task, accounts })
    })
}

/// An account as JSON.
fn as_json(account: &impl Serialize) -> Value {
    serde_json::to_value(account).expect("an account is plain data")
}
