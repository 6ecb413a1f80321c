//! Every story goes as it says, and together they go every way and hear every word.

use super::{Played, play, stories};
use ordain_providers::call::Standing;
use ordain_workflows::order::{OrderState, state};
use std::collections::BTreeSet;

fn all() -> Vec<(&'static str, Played)> {
    let played = |(name, text): &(&'static str, &str)| {
        (*name, play(text).unwrap_or_else(|fault| panic!("{name}, {fault}")))
    };
    stories::ALL.iter().map(played).collect()
}

#[test]
fn stories_go_as_they_say() {
    let differing: Vec<String> = all()
        .into_iter()
        .filter_map(|(name, played)| played.difference.map(|fault| format!("{name}, {fault}")))
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_story_in_the_folder_is_told() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let files = std::fs::read_dir(folder).expect("the stories lie beside the code");
    let names = files.filter_map(|file| {
        let name = file.expect("a folder that opens can be read").file_name().into_string().ok()?;
        name.strip_suffix(".scenario").map(str::to_owned)
    });
    let told: BTreeSet<String> = stories::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), told);
    assert!(told.len() >= 40);
}

/// That an approval lapsed: see [`no_provider_that_approves_has_a_word_for_an_approval_that_lapsed`]. The rules take it all
/// the same, and their own tests have it.
const NOBODY_SAYS: [(OrderState, OrderState); 1] = [(OrderState::Authorized, OrderState::Expired)];

#[test]
fn stories_go_every_way_of_the_table() {
    let gone: BTreeSet<_> = all().into_iter().flat_map(|(_, played)| played.path).collect();
    let ways = state::pairs().map(|(from, to, _)| (from, to));
    let missing: Vec<_> = ways.filter(|way| !gone.contains(way) && !NOBODY_SAYS.contains(way)).collect();
    assert!(missing.is_empty(), "no story goes {missing:?}");
    assert!(NOBODY_SAYS.iter().all(|way| !gone.contains(way)), "somebody says it by now");
}

#[test]
fn no_provider_that_approves_has_a_word_for_an_approval_that_lapsed() {
    for provider in ordain_providers::ALL {
        let spec = provider.spec();
        let says = |what: Standing| spec.statuses.iter().any(|(_, standing)| *standing == what);
        assert!(
            !(says(Standing::Authorized) && says(Standing::Expired)),
            "{} may say it: tell its story, and say so in README.md and docs/scenarios.md",
            spec.id
        );
    }
}

/// The providers' mapping: what is heard, and what the order comes to with it.
const MAPPING: &[(&str, &str, &str)] = &[
    ("divit", "create done", "AWAITING_CUSTOMER"),
    ("divit", "webhook event 2001 paid", "CAPTURED"),
    ("divit", "sync completed", "CAPTURED"),
    ("divit", "webhook event 4001 expired", "AWAITING_CUSTOMER, out sync"),
    ("divit", "sync done", "EXPIRED"),
    ("divit", "webhook event 4000 cancelled", "AWAITING_CUSTOMER, out sync"),
    ("divit", "sync done", "CANCELLED"),
    ("divit", "webhook event 2100 refunded", "reserved 40.00, out sync"),
    ("divit", "sync completed", "refunded 40.00"),
    ("divit", "webhook event 4100 refund cancelled", "reserved 40.00, out sync"),
    ("dividebuy", "pull getorderdetails", "AWAITING_CUSTOMER"),
    ("dividebuy", "return splash success", "AWAITING_CUSTOMER, out sync"),
    ("dividebuy", "return splash cancel", "AWAITING_CUSTOMER, out sync"),
    ("dividebuy", "webhook orderSuccess", "AWAITING_CUSTOMER, out sync"),
    ("dividebuy", "sync success", "AUTHORIZED, out ack"),
    ("dividebuy", "ack ok", "AUTHORIZED"),
    ("dividebuy", "webhook orderCancel", "CANCELLED"),
    ("dividebuy", "1 ok", "CAPTURED"),
    ("dividebuy", "webhook retailerConfigurations", "AWAITING_CUSTOMER"),
    ("payby", "create CREATED", "AWAITING_CUSTOMER"),
    ("payby", "webhook acquireOrder PAID_SUCCESS", "CAPTURED"),
    ("payby", "webhook acquireOrder SETTLED", "COMPLETED"),
    ("payby", "sync FAILURE", "CAPTURED, captured 240.00, refunded 240.00"),
    ("payby", "sync FAILURE", "CANCELLED"),
    ("payby", "1 FAILURE", "CANCELLED"),
    ("payby", "webhook acquireOrder FAILURE", "EXPIRED"),
    ("payby", "webhook acquireOrder FAILURE", "DECLINED"),
    ("payby", "webhook acquireOrder FAILURE", "CANCELLED"),
    ("payby", "1 pending", "reserved 40.00"),
    ("payby", "2 done", "refunded 40.00"),
    ("payby", "webhook refundOrder", "refunded 40.00"),
    ("payby", "webhook refundOrder", "CAPTURED, captured 240.00"),
    ("divido", "create done", "AWAITING_CUSTOMER"),
    ("divido", "webhook application-status-update DRAFT", "AWAITING_CUSTOMER"),
    ("divido", "webhook application-status-update PROPOSAL", "PENDING_DECISION"),
    ("divido", "webhook application-status-update REFERRED", "PENDING_DECISION"),
    ("divido", "webhook application-status-update INFO-NEEDED", "PENDING_DECISION"),
    ("divido", "webhook application-status-update ACTION-LENDER", "PENDING_DECISION"),
    ("divido", "webhook application-status-update ACTION-CUSTOMER", "CUSTOMER_ACTION_REQUIRED"),
    ("divido", "webhook application-status-update ACTION-RETAILER", "MERCHANT_ACTION_REQUIRED"),
    ("divido", "sync ACCEPTED", "PENDING_DECISION, out ack"),
    ("divido", "ack refused 200", "MERCHANT_ACTION_REQUIRED"),
    ("divido", "sync DEPOSIT-PAID", "PENDING_DECISION"),
    ("divido", "webhook application-status-update SIGNED", "PENDING_DECISION"),
    ("divido", "webhook application-status-update READY", "AUTHORIZED"),
    ("divido", "1 pending AWAITING-ACTIVATION", "AUTHORIZED"),
    ("divido", "sync PARTIALLY-ACTIVATED", "AUTHORIZED, captured 40.00"),
    ("divido", "sync ACTIVATED", "CAPTURED"),
    ("divido", "sync AWAITING-CANCELLATION", "AUTHORIZED, reserved 240.00"),
    ("divido", "sync CANCELLED", "CANCELLED"),
    ("divido", "sync CANCELLED", "CAPTURED, captured 100.00, cancelled 140.00"),
    ("divido", "webhook application-status-update DECLINED", "DECLINED"),
    ("divido", "sync REFUNDED", "CAPTURED, captured 240.00, refunded 240.00"),
    ("divido", "sync COMPLETED", "COMPLETED"),
    ("divido", "sync DISPUTED", "DISPUTED"),
    ("kredivo", "create PENDING", "AWAITING_CUSTOMER"),
    ("kredivo", "webhook notification PENDING", "AWAITING_CUSTOMER"),
    ("kredivo", "webhook notification SUCCESS", "CAPTURED"),
    ("kredivo", "webhook notification EXPIRED", "EXPIRED"),
    ("kredivo", "webhook notification FAILED", "AWAITING_CUSTOMER"),
    ("kredivo", "webhook notification TIMEOUT", "PENDING_DECISION"),
    ("kredivo", "webhook notification REDIRECT", "PENDING_DECISION"),
    ("kredivo", "sync REFUNDED", "refunded 240.00"),
];

#[test]
fn stories_hear_every_row_of_the_mapping() {
    let all = all();
    let missing: Vec<_> = MAPPING
        .iter()
        .filter(|(provider, what, standing)| {
            let mut heard = all.iter().filter(|(_, played)| played.provider.id == *provider);
            !heard.any(|(_, played)| {
                played.seen.iter().any(|seen| seen.what == *what && seen.standing.contains(standing))
            })
        })
        .collect();
    assert!(missing.is_empty(), "no story has:\n{missing:#?}");
}

/// A story that goes another way is told by its line, and one that cannot be read by what would be right.
#[test]
fn wrong_stories_are_told_by_their_line() {
    let differs = "# A title\nprovider divit\n\nreply created\nexpect CAPTURED\n";
    let difference = play(differs).expect("it can be read").difference.expect("it is not captured");
    assert_eq!(difference.line, 5);
    assert!(difference.why.contains("but it is AWAITING_CUSTOMER"), "{difference}");
    for (text, line, why) in [
        ("no title", 1, "begins with its title"),
        ("# A title\nprovider nobody", 2, "there are divit, dividebuy"),
        ("# A title\nprovider divit\nwave goodbye", 3, "nobody knows how to `wave`"),
        ("# A title\nprovider divit\nwait long", 3, "is no span of time"),
        ("# A title\nprovider divit\nline lamp", 3, "is no line"),
        (
            "# A title\nprovider kredivo\nline lamp PRODUCT 1 x 0.50\nexpect CREATING",
            0,
            "no such order is accepted",
        ),
    ] {
        let fault = play(text).map(|_| ()).expect_err("it cannot be read");
        assert_eq!(fault.line, line, "{fault}");
        assert!(fault.why.contains(why), "{fault}");
    }
}
