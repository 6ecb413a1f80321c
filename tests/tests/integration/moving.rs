//! A shop that outgrows one machine: its store moves from a file into PostgreSQL, whole or not at all.

use ordain_proto::orders::v1::{CreateRefundRequest, OperationState, Order, OrderState, WaitFor};
use ordain_tests::checkout::Button;
use ordain_tests::nodes::{Nodes, database, migrate};
use ordain_tests::program::program;
use ordain_tests::world::{Shop, has, refund_request};
use ordain_tests::{account, basket};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn order() -> Order {
    Order { provider_account: account::NAME.to_owned(), ..basket::order() }
}

async fn paid(shop: &Shop) -> Order {
    let order = shop.create(order()).await;
    let back = shop.press(&order, Button::Approve).await;
    shop.browser.open(&back).await;
    shop.until_state(&order.name, OrderState::Authorized).await
}

/// `ordain COMMAND --store STORE --master-key KEY …`
fn ordain(command: &str, store: &str, key: &Path) -> Command {
    let mut ordain = Command::new(program());
    ordain.args([command, "--store", store, "--master-key"]).arg(key).stdin(Stdio::null());
    ordain
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

#[track_caller]
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", said(&output));
    said(&output)
}

/// `export | import`, as somebody types it.
fn pipe(from: &str, to: &str, key: &Path) {
    let mut export =
        ordain("export", from, key).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let stream = export.stdout.take().unwrap();
    let told = done(ordain("import", to, key).stdin(stream));
    assert!(export.wait().unwrap().success());
    assert!(told.contains("imported"), "{told}");
}

#[tokio::test]
async fn open_orders_move_into_postgres_and_finish_there() {
    let mut nodes = Nodes::on_a_file().await;
    let (waiting, shipping, refunding) =
        (nodes.create(order()).await, paid(&nodes).await, paid(&nodes).await);
    nodes.fulfil(&refunding.name, &[], "PARCEL-1").await.unwrap();
    // Nobody knows how it ends: its reply will not come before the process is gone.
    nodes.fault(&refunding, ("refund", "delay"), Some(1)).await;
    let refund =
        CreateRefundRequest { wait: WaitFor::Accepted.into(), ..refund_request(&refunding.name, &[]) };
    nodes.orders().create_refund(refund).await.unwrap();
    nodes.kill(0);

    let (file, key) = (nodes.store().to_owned(), nodes.master_key());
    let database = database().await;
    migrate(&database.url, &key);
    pipe(&file, &database.url, &key);
    let complaint = refused(ordain("serve", &file, &key).args(["--grpc-port", "0", "--ingress-port", "0"]));
    assert!(complaint.contains("it was moved to another store at 20"), "{complaint}");

    nodes.serve_from(database);
    nodes.restart(0).await;
    // At a provider that can be asked for counters only, it is not sent again.
    let parked = nodes.until(&refunding.name, "the refund to be parked", |order| has(order, "PARKED")).await;
    assert_ne!(parked.refunds[0].operation.as_ref().unwrap().state(), OperationState::Succeeded);
    let back = nodes.press(&waiting, Button::Approve).await;
    nodes.browser.open(&back).await;
    nodes.until_state(&waiting.name, OrderState::Authorized).await;
    nodes.fulfil(&waiting.name, &[], "PARCEL-2").await.unwrap();
    nodes.fulfil(&shipping.name, &[], "PARCEL-3").await.unwrap();
    for order in [&waiting, &shipping] {
        nodes.until_state(&order.name, OrderState::Completed).await;
    }
    assert!(nodes.entries(&refunding, "refund").await.len() <= 1, "refunded twice");
    let replayed = nodes.command(&["replay", ordain_tests::world::id(&refunding.name)]);
    assert!(replayed.status.success(), "{}", said(&replayed));
}

#[tokio::test]
async fn a_store_moves_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let [key, other, out, cut] =
        ["master.key", "other.key", "out", "cut"].map(|name| folder.path().join(name));
    std::fs::write(&other, "1".repeat(64)).unwrap();
    let file = format!("sqlite:{}", folder.path().join("ordain.db").display());
    let [good, strange] = [database().await, database().await];
    migrate(&file, &key);
    migrate(&strange.url, &other);
    let complaint = refused(ordain("import", &good.url, &key).arg("--in").arg(&key));
    assert!(complaint.contains("does not begin"), "{complaint}");
    assert!(refused(ordain("export", &good.url, &key).arg("--out").arg(&out)).contains("pg_dump"));

    done(ordain("export", &file, &key).arg("--out").arg(&out));
    let whole = std::fs::read(&out).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
    let import = |store: &str, key: &Path, from: &Path| {
        let mut import = ordain("import", store, key);
        import.arg("--in").arg(from);
        import
    };
    assert!(refused(&mut import(&good.url, &key, &out)).contains("run `ordain migrate`"));
    migrate(&good.url, &key);
    assert!(refused(&mut import(&good.url, &key, &cut)).contains("cut off"));
    assert!(refused(&mut import(&strange.url, &other, &out)).contains("--master-key"));
    assert!(refused(&mut import(&strange.url, &key, &out)).contains("make an empty database"));
    assert!(done(&mut import(&good.url, &key, &out)).contains("imported"));
    assert!(done(&mut import(&good.url, &key, &out)).contains("nothing to do"));

    // The same export, as long as nobody took it back.
    let again = done(ordain("export", &file, &key).arg("--out").arg(folder.path().join("again")));
    assert!(again.contains("export "), "{again}");
    assert_eq!(std::fs::read(folder.path().join("again")).unwrap(), whole);
    done(ordain("export", &file, &key).arg("--undo"));
    migrate(&file, &key);
}
