//! Started while the process before is still there: a moment's wait if that one was killed, a plain word if it lives.

use ordain_tests::program::program;
use ordain_tests::wait::until;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A started command; killed when it is dropped.
struct Started {
    child: Child,
    /// What it prints.
    log: std::path::PathBuf,
}

impl Started {
    fn new(command: &[&str], folder: &Path, name: &str) -> Started {
        let log = folder.join(name);
        let file = || std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut started = Command::new(program());
        started.args(command).arg("--data").arg(folder.join("data"));
        started.stdin(Stdio::null()).stdout(file()).stderr(file());
        Started { child: started.spawn().unwrap(), log }
    }

    async fn has_said(&self, words: &str) {
        until(words, async || self.said().contains(words).then_some(())).await;
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const DEV: &[&str] = &["dev", "--grpc-port", "0", "--ingress-port", "0", "--sandbox-port", "0"];
const SANDBOX: &[&str] = &["sandbox", "--provider", "kredivo", "--sandbox-port", "0"];

/// Starts it a second time while the first one lives, kills the first as soon as the second one waits, and sees the
/// second one up.
async fn check_killed(command: &[&str], up: &str) {
    let folder = tempfile::tempdir().unwrap();
    let first = Started::new(command, folder.path(), "first");
    first.has_said(up).await;
    let second = Started::new(command, folder.path(), "second");
    second.has_said("waiting").await;
    drop(first);
    second.has_said(up).await;
    assert_eq!(second.said().matches("waiting").count(), 1, "it tells so once: {}", second.said());
}

#[tokio::test]
async fn dev_waits_until_a_killed_one_is_gone() {
    check_killed(DEV, "Ordain is running").await;
}

#[tokio::test]
async fn the_sandbox_waits_until_a_killed_one_is_gone() {
    check_killed(SANDBOX, "Ctrl-C stops them").await;
}

#[tokio::test]
async fn a_start_where_another_one_lives_says_so_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = Started::new(SANDBOX, folder.path(), "first");
    first.has_said("Ctrl-C stops them").await;
    let mut second = Started::new(SANDBOX, folder.path(), "second");
    let ended = until("the second one to end", async || second.child.try_wait().unwrap()).await;
    assert!(!ended.success(), "{ended}");
    let said = second.said();
    let last = said.lines().last().unwrap();
    assert!(last.contains("kredivo.journal is in use by another simulator"), "{said}");
    assert!(!last.contains("waiting"), "{said}");
}
