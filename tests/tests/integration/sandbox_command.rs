//! `ordain sandbox`: simulated providers for another integration, whose accounts and books outlive them.

use ordain_tests::program::program;
use ordain_tests::wait::until;
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

    async fn get(&self, provider: &str, path: &str) -> Value {
        reqwest::get(self.url(provider, path)).await.unwrap().json().await.unwrap()
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
    assert!(accounts.len() == 2 && accounts.contains(&other), "{accounts:?}");
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

/// What it says when it does not start.
fn refused(arguments: &[&str]) -> String {
    let ran =
        Command::new(program()).args(["sandbox", "--sandbox-port", "0"]).args(arguments).output().unwrap();
    assert!(!ran.status.success(), "{arguments:?}");
    String::from_utf8(ran.stderr).unwrap()
}

#[tokio::test]
async fn what_was_set_at_an_account_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kredivo = ["--provider", "kredivo"];
    let mut account = {
        let sandbox = Sandbox::start(folder.path(), &kredivo);
        let mut account = sandbox.printed["kredivo"]["accounts"][0].clone();
        account["secret_key"] = json!("SK-another");
        let put = reqwest::Client::new().put(sandbox.url("kredivo", "/_sandbox/accounts")).json(&account);
        assert_eq!(put.send().await.unwrap().status(), 204);
        account
    };
    let journal = folder.path().join("kredivo/kredivo.journal");
    let before = std::fs::read(&journal).unwrap();
    let sandbox = Sandbox::start(folder.path(), &kredivo);
    assert_eq!(sandbox.printed["kredivo"]["accounts"], json!([account]));
    assert_eq!(sandbox.printed["kredivo"]["shop"]["secret_key"], "SK-another", "both sides are one account");
    assert_eq!(std::fs::read(&journal).unwrap(), before, "a start says nothing new");
    drop(sandbox);
    let shop = [&kredivo[..], &["--shop", "http://127.0.0.1:9/"]].concat();
    let sandbox = Sandbox::start(folder.path(), &shop);
    account["secret_key"] = sandbox.printed["kredivo"]["shop"]["secret_key"].clone();
    assert_ne!(account["secret_key"], "SK-another", "the account in its first form was asked for");
    account["notification_url"] = json!("http://127.0.0.1:9/doku/notification");
    assert_eq!(sandbox.printed["kredivo"]["accounts"], json!([account]));
}

#[test]
fn both_halves_of_every_key_are_printed_as_they_can_be_copied() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path(), &["--provider", "payby"]);
    let shop = &sandbox.printed["payby"]["shop"];
    for (name, half) in
        [("private_key", "-----BEGIN PRIVATE KEY-----"), ("payby_public_key", "-----BEGIN PUBLIC KEY-----")]
    {
        assert!(shop[name].as_str().unwrap().starts_with(half), "{name}: {shop}");
    }
    drop(sandbox);
    let mut command = Command::new(program());
    command.args(["sandbox", "--sandbox-port", "0", "--provider", "payby", "--data"]).arg(folder.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<String> = lines.take_while(|line| !line.contains("Ctrl-C")).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let begins = printed.iter().filter(|line| line.starts_with("-----BEGIN ")).count();
    assert_eq!(begins, 4, "two for each side, each line as it is: {printed:#?}");
}

#[tokio::test]
async fn webhooks_are_tried_again_at_the_providers_own_pace_unless_told_otherwise() {
    let push = async |sandbox: &Sandbox| {
        let push = sandbox.url("dividebuy", "/_sandbox/accounts/150/push-configuration");
        assert_eq!(reqwest::Client::new().post(push).send().await.unwrap().status(), 202);
    };
    let nobody = ["--provider", "dividebuy", "--shop", "http://127.0.0.1:9"];
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path(), &nobody);
    let began = jiff::Timestamp::now();
    push(&sandbox).await;
    let tried = until("the first try", async || {
        let webhook = sandbox.get("dividebuy", "/_sandbox/webhooks").await["webhooks"][0].clone();
        (webhook["tries"] == 1).then_some(webhook)
    });
    let due: jiff::Timestamp = tried.await["due"].as_str().unwrap().parse().unwrap();
    assert!(due.duration_since(began).as_secs() >= 2, "the guide's first wait is two seconds: {due}");
    drop(sandbox);

    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path(), &[&nobody[..], &["--webhook-speed", "1000"]].concat());
    push(&sandbox).await;
    until("the last try", async || {
        let webhook = sandbox.get("dividebuy", "/_sandbox/webhooks").await["webhooks"][0].clone();
        (webhook["state"] == "given_up").then_some(())
    })
    .await;
}

#[test]
fn what_keeps_it_from_starting_is_told_with_its_place_and_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.json");
    let (file, data) = (file.to_str().unwrap(), folder.path().join("data"));
    let with = |accounts: Value| {
        std::fs::write(file, accounts.to_string()).unwrap();
        refused(&["--provider", "divit", "--data", data.to_str().unwrap(), "--accounts", file])
    };
    let said = with(json!({"divit": {"api_key": "dvt_1"}}));
    assert!(said.contains("accounts.json: `divit` is a list of accounts"), "{said}");
    let said = with(json!({"divit": [{"branch_id": "1"}]}));
    assert!(said.contains("accounts.json: divit[0]: "), "{said}");
    let said = refused(&["--provider", "divit", "--data", file]);
    assert!(said.contains("accounts.json/divit: Not a directory"), "{said}");
    let said = refused(&["--shop", "shop.test"]);
    assert!(said.contains("--shop"), "{said}");
    let said = refused(&["--fault", "nosuch"]);
    assert!(said.contains("`nosuch` is no kind of fault; these are: delay, "), "{said}");
}
