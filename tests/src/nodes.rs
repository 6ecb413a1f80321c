//! Several nodes, `ordain serve`, on one database of a throwaway PostgreSQL, and the shop that talks to any of them.

use crate::account;
use crate::program::{Addresses, appended, port, program};
use crate::wait::until;
use crate::world::{Shop, World};
use ordain_engine::store::postgres::throwaway::{Database, Server};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Nodes on one store. Whatever the shop can do is there through [`Shop`], at the first node.
#[derive(Debug)]
pub struct Nodes {
    nodes: Vec<Node>,
    /// What the nodes are given as their store.
    store: String,
    /// Kept for as long as they need it.
    _database: Option<Database>,
    /// Its simulated provider is everybody's.
    world: World,
    folder: TempDir,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// None while it is down.
    process: Option<Child>,
    /// The shop, at this node.
    pub shop: Shop,
}

impl Deref for Nodes {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.nodes[0].shop
    }
}

/// The server that all tests of this program share; it is gone with the program.
///
/// # Panics
/// When there is no PostgreSQL on this machine; the message says what to install.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().unwrap_or_else(|error| panic!("{error}")))
}

/// An empty database on [`server`].
///
/// # Panics
/// When the server makes none.
pub async fn database() -> Database {
    server().database().await.unwrap_or_else(|error| panic!("{error}"))
}

impl Nodes {
    /// So many nodes on a new store, with an account that works.
    pub async fn new(count: usize) -> Self {
        Self::on(database().await, count).await
    }

    /// So many nodes on this database, which is empty.
    pub async fn on(database: Database, count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        migrate(&database.url, &folder.path().join("master.key"));
        Self::at_store(database.url.clone(), folder, Some(database)).await.with(count).await
    }

    /// So many nodes on a new store, without an account yet.
    pub async fn without_an_account(count: usize) -> Self {
        let (database, folder) =
            (database().await, tempfile::tempdir().expect("a temporary folder can be made"));
        migrate(&database.url, &folder.path().join("master.key"));
        let nodes = Self::at_store(database.url.clone(), folder, Some(database)).await;
        nodes.started(count).await
    }

    /// One node on a file.
    pub async fn on_a_file() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = format!("sqlite:{}", folder.path().join("ordain.db").display());
        Self::at_store(store, folder, None).await.with(1).await
    }

    async fn at_store(store: String, folder: TempDir, database: Option<Database>) -> Self {
        let world = World::new().await;
        Self { nodes: Vec::new(), store, _database: database, world, folder }
    }

    async fn with(self, count: usize) -> Self {
        let nodes = self.started(count).await;
        account::opened(&nodes).await;
        nodes.account_is_active(account::NAME).await;
        nodes
    }

    async fn started(mut self, count: usize) -> Self {
        for _ in 0..count {
            let node = self.start(self.nodes.len(), ["0", "0"]).await;
            self.nodes.push(node);
        }
        self
    }

    /// From the next start on the nodes have another store. The one before is not removed.
    pub fn serve_from(&mut self, database: Database) {
        self.store.clone_from(&database.url);
        self._database = Some(database);
    }

    /// What the nodes are given as their store.
    #[must_use]
    pub fn store(&self) -> &str {
        &self.store
    }

    /// The file of the store's master key.
    #[must_use]
    pub fn master_key(&self) -> PathBuf {
        self.folder.path().join("master.key")
    }

    /// One of them.
    #[must_use]
    pub fn node(&mut self, index: usize) -> &mut Node {
        &mut self.nodes[index]
    }

    /// The shop at one of them.
    #[must_use]
    pub fn at(&self, index: usize) -> Shop {
        self.nodes[index].shop.clone()
    }

    /// Kills one in the middle of whatever it does.
    pub fn kill(&mut self, index: usize) {
        self.nodes[index].end();
    }

    /// Starts one again, where it was.
    pub async fn restart(&mut self, index: usize) {
        self.kill(index);
        let at = self.nodes[index].shop.addresses.clone();
        self.nodes[index] = self.start(index, [&at.grpc, &at.ingress].map(|url| port(url))).await;
    }

    /// Lets simulated shoppers shop at all nodes in turn, as a process of its own.
    #[must_use]
    pub fn demo(&self, orders: u64) -> Command {
        let mut command = Command::new(program());
        command.args(["demo", "--account", account::ID, "--orders", &orders.to_string()]);
        command.args(["--sandbox", self.addresses.sandbox(), "--address", &self.addresses.grpc]);
        for node in &self.nodes[1..] {
            command.args(["--node", &node.shop.addresses.grpc]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What one node printed so far.
    #[must_use]
    pub fn log(&self, index: usize) -> String {
        std::fs::read_to_string(self.log_file(index)).unwrap_or_default()
    }

    fn log_file(&self, index: usize) -> PathBuf {
        self.folder.path().join(format!("node-{index}.log"))
    }

    async fn start(&self, index: usize, [grpc, ingress]: [&str; 2]) -> Node {
        let log = self.log_file(index);
        let begins = std::fs::metadata(&log).map_or(0, |file| file.len());
        let mut command = Command::new(program());
        command.args(["serve", "--store", &self.store, "--grpc-port", grpc, "--ingress-port", ingress]);
        command.arg("--master-key").arg(self.master_key());
        if let Some(first) = self.nodes.first() {
            // Providers and browsers know one address; whichever node is behind it serves them.
            command.args(["--public-url", &first.shop.addresses.ingress]);
        }
        let mut process = command
            .env("ORDAIN_LOG", "info")
            .stdin(Stdio::null())
            .stdout(appended(&log))
            .stderr(appended(&log))
            .spawn()
            .expect("the program can be run");
        let addresses = until("`ordain serve` to be ready", async || {
            let said = said_since(&log, begins);
            if let Some(status) = process.try_wait().expect("a child can be waited for") {
                panic!("`ordain serve` ended with {status}:\n{said}");
            }
            ready(&said)
        });
        let [grpc, ingress] = addresses.await;
        let sandboxes = self.world.addresses.sandboxes.clone();
        let shop = Shop::at(&Addresses { grpc, ingress, sandboxes, pid: process.id() });
        Node { process: Some(process), shop }
    }
}

/// Makes the store and its master key.
///
/// # Panics
/// When it is not made.
pub fn migrate(store: &str, key: &Path) {
    let mut command = Command::new(program());
    command.args(["migrate", "--store", store, "--master-key"]).arg(key);
    let migrated = command.output().expect("the program can be run");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}

/// What was printed after the first so many bytes.
fn said_since(log: &Path, begins: u64) -> String {
    let said = std::fs::read(log).unwrap_or_default();
    let begins = usize::try_from(begins).unwrap_or(usize::MAX).min(said.len());
    String::from_utf8_lossy(&said[begins..]).into_owned()
}

/// The addresses of gRPC and ingress, once a node says them.
fn ready(said: &str) -> Option<[String; 2]> {
    let (_, line) = said.split_once("ready: gRPC ")?;
    let (grpc, rest) = line.split_once(", ingress ")?;
    Some([grpc.to_owned(), rest.split_once('\n')?.0.to_owned()])
}

impl Node {
    /// Sends it a signal: `STOP`, `CONT`, `TERM`.
    ///
    /// # Panics
    /// When it is down.
    pub fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it is up").id();
        let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Waits until it has ended by itself, and says how.
    pub async fn ended(&mut self) -> ExitStatus {
        let process = self.process.as_mut().expect("it is up");
        let look = async || process.try_wait().expect("a child can be waited for");
        until("the node to end", look).await
    }

    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}
