//! What a shop may say of an order to PayBy alone: the rules that no row of the table can tell, and what options mean.

use super::table::scenes::{REFUSED, SCENES, Scene};
use super::table::{DIRHAMS, SUBJECT_CHARS_MAX};
use crate::faults::Faults;
use crate::json::Json;
use crate::{Currency, FieldFault, OrderContent};

/// The faults of an order besides those of the table.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    scene_parameters(&mut faults, content);
    sharing(&mut faults, content);
    faults.0
}

fn scene_parameters(faults: &mut Faults, content: &OrderContent) {
    const OPTION: &str = "pay_scene_params";
    if let Some((_, why)) = REFUSED.iter().find(|(code, _)| content.option("pay_scene") == Some(code)) {
        faults.option("pay_scene", why);
    }
    let given = content.json(OPTION);
    if given.text("eWalletCode") == "ALIPAYPLUS" && !given.has("subEWalletCode") {
        faults.option(OPTION, "`subEWalletCode` is required beside ALIPAYPLUS");
    }
    if given.has("email") && content.customer.expose().email.is_empty() {
        faults.option(OPTION, "`email`: the order's customer has no e-mail address");
    }
}

fn sharing(faults: &mut Faults, content: &OrderContent) {
    let sharing = content.json("sharing");
    let mut fault = |why: &str| faults.option("sharing", why);
    let mut sum = 0_i128;
    for (index, share) in sharing.items("").iter().enumerate() {
        if share.has("to") == share.has("member") {
            fault(&format!("`[{index}]` must name either `to` or `member`"));
        }
        let amount = share.amount("amount", DIRHAMS, Currency::Aed).ok().flatten();
        sum += amount.map_or(0, |amount| i128::from(amount.minor));
    }
    if sum > i128::from(content.total.minor) {
        fault("must not share more than the order's total");
    }
    if sharing.items("").iter().filter(|share| pays_fee(share)).count() > 1 {
        fault("`pays_fee` must be true at most once");
    }
}

/// Whether PayBy's fee comes out of this part.
pub(super) fn pays_fee(share: &Json) -> bool {
    *share.at("pays_fee") == Json::Bool(true)
}

/// Where the payer meets PayBy.
pub(super) fn scene(content: &OrderContent) -> &'static Scene {
    let named = |scene: &&Scene| content.option("pay_scene") == Some(scene.code);
    SCENES.iter().find(named).unwrap_or(&SCENES[0])
}

/// The shop's words, or the beginning of the first line's name.
pub(super) fn subject(content: &OrderContent) -> String {
    let name = content.lines.first().map_or("", |line| line.name.trim());
    let words = if name.is_empty() { content.client_reference.as_str() } else { name };
    content.option("subject").unwrap_or(words).chars().take(SUBJECT_CHARS_MAX).collect()
}
