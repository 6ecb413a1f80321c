//! `ordain sandbox`: simulated providers for another integration, whose accounts and books outlive them.

use ordain_tests::program::program;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The running command, and what it printed: addresses, accounts and keys.
struct Sandbox {
    child: Child,
    printed: Value,
}

impl Sandbox {
    fn start(folder: &Path, arguments: &[&str]) -> Sandbox {
        let mut command = Command::new(program());
        command.args(["sandbox", "--json", "--sandbox-port", "0", "--data"]).arg(folder).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Sandbox { child, printed: serde_json::from_str(&line).unwrap() }
    }

    fn url(&self, provider: &str, path: &str) -> String {
        format!("{}{path}", self.printed[provider]["url"].as_str().unwrap())
    }

    async fn ledger(&self, provider: &str) -> Value {
        let answer = reqwest::get(self.url(provider, "/_sandbox/ledger")).await.unwrap();
        answer.json().await.unwrap()
    }
}

impl Drop for Sandbox {
    /// As `kill -9` does.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn accounts_are_the_same_after_a_kill_and_so_is_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let mut account = json!(null);
    let mut ledgers = Vec::new();
    for start in 0..3 {
        let sandbox = Sandbox::start(folder.path(), &["--provider", "divit", "--shop", "http://127.0.0.1:9"]);
        assert_eq!(sandbox.printed.as_object().unwrap().len(), 1, "only the one that was asked for");
        let printed = sandbox.printed["divit"]["accounts"].clone();
        assert!(start == 0 || printed == account, "{printed} and before {account}");
        account = printed;
        ledgers.push(sandbox.ledger("divit").await);
        let order = json!({"order": {
            "totalAmount": {"amount": 100, "currency": "HKD"}, "orderType": "retail", "merchantRef": format!("R{start}"),
            "orderItems": [{"itemType": "retail", "itemData": {"productID": "1", "productTitle": "Tea", "qty": 1}}],
            "webhookSuccess": "http://127.0.0.1:9/s", "webhookFailure": "http://127.0.0.1:9/f",
            "webhookEvents": "http://127.0.0.1:9/e",
        }});
        let key = account[0]["api_key"].as_str().unwrap();
        let request =
            reqwest::Client::new().post(sandbox.url("divit", "/paynow/orders")).header("api-key", key);
        let answer: Value = request.json(&order).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["code"], 0, "{answer}");
    }
    let counts: Vec<usize> =
        ledgers.iter().map(|ledger| ledger["entries"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [0, 1, 2]);
    assert_eq!(ledgers[2]["entries"][0], ledgers[1]["entries"][0]);
}

#[tokio::test]
async fn accounts_come_from_a_file_too_and_faults_from_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.json");
    let other = json!({"client_id": "MCH-9", "secret_key": "SK-9", "notification_url": "http://127.0.0.1:9/n",
        "merchant_name": "Another", "refuses_like_checkout": false});
    std::fs::write(&file, json!({"kredivo": [other]}).to_string()).unwrap();
    let arguments =
        ["--provider", "kredivo", "--fault", "create:idempotent_replay_409,times=2", "--accounts"];
    let arguments = [&arguments[..], &[file.to_str().unwrap()]].concat();
    let sandbox = Sandbox::start(&folder.path().join("data"), &arguments);
    let accounts = sandbox.printed["kredivo"]["accounts"].as_array().unwrap();
    assert_eq!((accounts.len(), &accounts[1]), (2, &other));
    let known: Value =
        reqwest::get(sandbox.url("kredivo", "/_sandbox/accounts")).await.unwrap().json().await.unwrap();
    assert!(known["accounts"].as_array().unwrap().contains(&json!("MCH-9")));
    let faults: Value =
        reqwest::get(sandbox.url("kredivo", "/_sandbox/faults")).await.unwrap().json().await.unwrap();
    assert_eq!(
        (&faults["faults"][0]["kind"], &faults["faults"][0]["times"]),
        (&json!("idempotent_replay_409"), &json!(2))
    );
}
