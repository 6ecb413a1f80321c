//! The real program: `ordain dev` as a process of its own, and `ordain …` run to its end.

use crate::wait::until;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Lines of the log that are shown when the program does not start.
const LOG_LINES: usize = 40;

/// The program, as it was built last.
///
/// # Panics
/// When it was not built: cargo builds it for no test of another package.
#[must_use]
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a running test is a file");
    let built = test.ancestors().nth(2).expect("it lies in target/release/deps").join("ordain");
    assert!(built.exists(), "{} is missing: cargo build --release --workspace", built.display());
    built
}

/// Where a running program can be reached, as it says itself in `dev.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Addresses {
    /// gRPC.
    pub grpc: String,
    /// Webhooks, returns and pulls.
    pub ingress: String,
    /// The simulated providers, by id.
    pub sandboxes: BTreeMap<String, String>,
    pub(crate) pid: u32,
}

impl Addresses {
    /// The simulated DivideBuy, where most stories take place.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn sandbox(&self) -> &str {
        self.sandbox_of("dividebuy")
    }

    /// A simulated provider.
    ///
    /// # Panics
    /// When there is none with this id.
    #[must_use]
    pub fn sandbox_of(&self, provider: &str) -> &str {
        &self.sandboxes[provider]
    }
}

/// `ordain dev` at work on a folder; killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it is reached.
    pub addresses: Addresses,
}

impl Running {
    /// Starts it on free ports, and waits until everything is up. What it prints is added to `log`.
    pub async fn start(data: &Path, log: &Path) -> Self {
        Self::start_with(data, log, &[]).await
    }

    /// As [`Running::start`], with these flags besides.
    pub async fn start_with(data: &Path, log: &Path, flags: &[&str]) -> Self {
        let free = ["--sandbox-port", "0", "--grpc-port", "0", "--ingress-port", "0"];
        Self::with_arguments(data, log, &[&free, flags].concat()).await
    }

    /// Starts it where it was before.
    pub async fn again(data: &Path, log: &Path, before: &Addresses) -> Self {
        let ports = [&before.grpc, &before.ingress].map(|url| port(url));
        let sandboxes = before.sandboxes.iter().map(|(id, url)| format!("{id}={}", port(url)));
        let sandboxes: Vec<String> = sandboxes.collect();
        let mut arguments = vec!["--grpc-port", ports[0], "--ingress-port", ports[1]];
        arguments.extend(sandboxes.iter().flat_map(|port| ["--sandbox-port", port]));
        Self::with_arguments(data, log, &arguments).await
    }

    async fn with_arguments(data: &Path, log: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program())
            .arg("dev")
            .arg("--data")
            .arg(data)
            // Wordy, so that whatever must not be said has every chance to be.
            .env(
                "ORDAIN_LOG",
                "info,ordain=debug,ordain_engine=debug,ordain_providers=debug,ordain_sandbox=debug",
            )
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(appended(log))
            .stderr(appended(log))
            .spawn()
            .expect("the program can be run");
        let addresses = until("`ordain dev` to be up", async || {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                panic!("`ordain dev` ended with {status}:\n{}", tail(log));
            }
            let text = std::fs::read(data.join("dev.json")).ok()?;
            let addresses: Addresses = serde_json::from_slice(&text).ok()?;
            // The file of a program that was killed is still there.
            (addresses.pid == child.id()).then_some(addresses)
        });
        let addresses = addresses.await;
        Self { child, addresses }
    }

    fn end(&mut self) {
        // It may have ended by itself; whoever waited for it will say so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program against a running one, to its end.
pub fn run(arguments: &[&str], at: &Addresses) -> Output {
    let mut command = Command::new(program());
    let command = command.args(arguments).env("ORDAIN_ADDRESS", &at.grpc).stdin(Stdio::null());
    command.output().expect("the program can be run")
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

pub(crate) fn appended(log: &Path) -> File {
    File::options().create(true).append(true).open(log).expect("a log can be written")
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

pub(crate) fn port(url: &str) -> &str {
    url.rsplit(':').next().unwrap_or_default().trim_end_matches('/')
}
