//! A store that is brought back as it was: nothing is done again that it has forgotten.

use ordain_proto::orders::v1::{Order, OrderState, RefundStatus};
use ordain_tests::basket;
use ordain_tests::checkout::Button;
use ordain_tests::program::program;
use ordain_tests::wait::until;
use ordain_tests::world::{World, has};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tonic::Code;

/// `ordain COMMAND …`, run to its end.
fn ordain(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).output().unwrap()
}

#[track_caller]
fn done(arguments: &[&str]) -> String {
    let output = ordain(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let output = ordain(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    said
}

/// At divit, which can be asked how much went back.
async fn captured(world: &World) -> Order {
    let order = world.create(basket::order_at("demo-divit", "HKD", 10)).await;
    let back = world.press(&order, Button::Approve).await;
    world.browser.open(&back).await;
    world.until_state(&order.name, OrderState::Completed).await
}

/// How many refunds the provider carried out.
async fn refunds(world: &World) -> usize {
    let url = format!("{}/_sandbox/ledger", world.addresses.sandbox_of("divit"));
    let reply = world.browser.client().get(url).send().await.unwrap();
    let ledger: Value = reply.json().await.unwrap();
    let entries = ledger["entries"].as_array().unwrap();
    entries.iter().filter(|entry| entry["kind"].as_str().is_some_and(|kind| kind.contains("refund"))).count()
}

/// Loses the store, and brings the copy back.
fn lose_and_restore(world: &World, copy: &Path) {
    for file in ["ordain.db", "ordain.db-wal", "ordain.db-shm"] {
        let lost = std::fs::remove_file(world.data().join(file));
        assert!(lost.is_ok() || file != "ordain.db");
    }
    let store = format!("sqlite:{}", world.data().join("ordain.db").display());
    let copy = copy.to_str().unwrap();
    let told = done(&["restore", "--from", copy, "--store", &store]);
    assert!(told.contains("asks every provider first"), "{told}");
    assert!(refused(&["restore", "--from", copy, "--store", &store]).contains("is there already"));
}

#[tokio::test]
async fn what_was_refunded_after_the_backup_is_not_refunded_again() {
    let mut world = World::new().await;
    let order = captured(&world).await;
    let untouched = captured(&world).await;
    let store = format!("sqlite:{}", world.data().join("ordain.db").display());
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    // While it is served.
    done(&["backup", "--store", &store, "--to", copy.to_str().unwrap()]);
    assert!(
        refused(&["backup", "--store", &store, "--to", copy.to_str().unwrap()]).contains("there already")
    );

    world.refund(&order.name, &[]).await.unwrap();
    let all_back = |order: &Order| order.refund_status() == RefundStatus::Full;
    world.until(&order.name, "the refund to end", all_back).await;
    let before = refunds(&world).await;
    world.kill();
    lose_and_restore(&world, &copy);
    world.restart().await;

    // The shop has lost its memory as well, and asks again as soon as it can.
    let again = until("the order to be asked about", async || {
        let told = world.refund(&order.name, &[]).await;
        told.err().filter(|status| status.code() != Code::Unavailable)
    })
    .await;
    assert_eq!(again.code(), Code::FailedPrecondition, "{again:?}");
    let known = world.until(&order.name, "it to know of the refund", all_back).await;
    assert!(!has(&known, "AMOUNT_MISMATCH"), "{known:#?}");
    assert_eq!(refunds(&world).await, before, "refunded twice");
    // Whoever was left alone goes on as before.
    let patiently = async || world.refund(&untouched.name, &[]).await.ok();
    until("the other one to be refunded", patiently).await;
    world.until(&untouched.name, "its refund to end", all_back).await;
    assert!(world.ask(basket::order()).await.is_ok());
    until("the restore to be over", async || {
        String::from_utf8_lossy(&world.log()).contains("the restore is over").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_damaged_copy_and_another_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (store, key) = (format!("sqlite:{}", path("ordain.db")), path("master.key"));
    done(&["migrate", "--store", &store, "--master-key", &key]);
    done(&["backup", "--store", &store, "--to", &path("copy.db")]);
    std::fs::write(path("other.key"), "1".repeat(64)).unwrap();
    let elsewhere = format!("sqlite:{}", path("elsewhere.db"));
    let restore = |from: &str, key: &str| {
        ["restore", "--store", &elsewhere, "--from", &path(from), "--master-key", &path(key)]
            .map(str::to_owned)
    };
    let refuse = |from: &str, key: &str| {
        let arguments = restore(from, key);
        refused(&arguments.each_ref().map(String::as_str))
    };
    assert!(refuse("copy.db", "other.key").contains("another master key"));
    let whole = std::fs::read(path("copy.db")).unwrap();
    std::fs::write(path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    assert!(refuse("cut.db", "master.key").contains("damaged"));
    assert!(!folder.path().join("elsewhere.db").exists());
    done(&restore("copy.db", "master.key").each_ref().map(String::as_str));
    done(&["restored", "--store", &elsewhere, "--master-key", &key, "--undo"]);
}
