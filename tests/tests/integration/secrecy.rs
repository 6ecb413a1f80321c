//! Nothing that says who bought, and no credential, is anywhere on the disk or in what the program prints.

use crate::command_line::{check, demo};
use ordain_proto::orders::v1::{Order, OrderState};
use ordain_tests::account::{self, CREDENTIALS, NAME};
use ordain_tests::basket::{self, PERSONAL, portion};
use ordain_tests::checkout::Button;
use ordain_tests::world::World;
use std::path::{Path, PathBuf};

/// What the demo's shoppers are made of, and the credentials of its account.
const DEMO: [&str; 7] =
    ["Shopperton", "@demo.example", "+44770090", "Demo Lane", "Demoford", "dEm0-t0k3n!x", "s4ndb0x#auth"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every canary that is in these bytes, in any case and with the escapes of URLs taken out or left in.
fn found_in(name: &str, bytes: &[u8]) -> Vec<String> {
    let lower = bytes.to_ascii_lowercase();
    let canaries = PERSONAL.iter().chain(&CREDENTIALS).chain(&DEMO);
    let escaped =
        |canary: &str| [canary.replace('@', "%40"), canary.replace(' ', "%20"), canary.replace(' ', "+")];
    let forms = canaries.flat_map(|canary| escaped(canary).into_iter().chain([(*canary).to_owned()]));
    let forms = forms.map(|form| form.to_ascii_lowercase());
    let is_there = |form: &String| lower.windows(form.len()).any(|window| window == form.as_bytes());
    forms.filter(is_there).map(|form| format!("{form} in {name}")).collect()
}

#[track_caller]
fn nothing_is_found(world: &World) {
    let files = files(&world.data());
    assert!(files.iter().any(|path| path.ends_with("ordain.db")), "{files:?}");
    let mut found: Vec<String> = Vec::new();
    for path in &files {
        found.extend(found_in(&path.to_string_lossy(), &std::fs::read(path).unwrap()));
    }
    found.extend(found_in("what it printed", &world.log()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn shoppers_and_credentials_are_nowhere_to_be_read() {
    let mut world = World::new().await;
    account::opened(&world).await;
    let order = world.create(Order { provider_account: NAME.to_owned(), ..basket::order() }).await;
    let back = world.press(&order, Button::Approve).await;
    world.browser.open(&back).await;
    world.until_state(&order.name, OrderState::Authorized).await;
    world.fulfil(&order.name, &[], "PARCEL-1").await.unwrap();
    world.refund(&order.name, &[portion("1", "1")]).await.unwrap();
    demo(&world, "10", "everything");
    let history = check(&world, &["history", &order.name]);
    assert_eq!(found_in("history", history.as_bytes()), Vec::<String>::new());
    world.kill();
    nothing_is_found(&world);
    world.restart().await;
    let customer = world.order(&order.name).await.customer.unwrap();
    assert_eq!(customer.email, PERSONAL[2], "and yet the shop can read it");
    world.kill();
    nothing_is_found(&world);
}

#[tokio::test]
async fn lender_is_told_all_about_a_customer_and_no_disk_is() {
    let mut world = World::new().await;
    let asked = basket::order_at("demo-divido", "GBP", 10);
    let order = world.create(asked.clone()).await;
    let page = world.checkout(&order).await.html;
    let [.., middle_names, _, building_name, _, sort_code, _] = PERSONAL;
    for told in [middle_names, building_name, "29 03 1961", sort_code] {
        assert!(page.contains(told), "{told} in {page}");
    }
    let back = world.press(&order, Button::Approve).await;
    world.browser.open(&back).await;
    let order = world.until_state(&order.name, OrderState::Authorized).await;
    assert_eq!(
        (order.customer, order.shipping_address),
        (asked.customer, asked.shipping_address),
        "and the shop can read it all"
    );
    world.kill();
    nothing_is_found(&world);
}

#[tokio::test]
async fn refusals_do_not_repeat_who_bought() {
    let world = World::new().await;
    let bad = Order { total: Some(basket::pence(1)), ..basket::order() };
    let refused = world.ask(bad).await.unwrap_err();
    assert_eq!(found_in("the refusal", format!("{refused:?}").as_bytes()), Vec::<String>::new());
    assert_eq!(found_in("the log", &world.log()), Vec::<String>::new());
}
