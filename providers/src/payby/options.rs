//! What a shop may say of an order to PayBy alone: those of its `provider_options` that no row of the table can judge.
//!
//! Options stand in histories as they are, so none of them holds a person: the payer's address is the customer's, and
//! phone numbers that money is shared with stand among the account's secrets.

use super::table::scenes::{REFUSED, SCENES, Scene};
use super::table::{ACCESSORIES, Accessory, SHAPES, SUBJECT_CHARS_MAX, TEXT_CHARS_MAX};
use crate::faults::Faults;
use crate::json::Json;
use crate::rules::ValueForm;
use crate::{Account, Currency, EncodeError, FieldFault, Money, OrderContent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What an order's options say; what cannot be read says nothing.
pub(super) struct Options<'a> {
    pub(super) content: &'a OrderContent,
    pub(super) scene: &'static Scene,
    pub(super) scene_parameters: BTreeMap<String, String>,
    pub(super) sharing: Vec<Share>,
    pub(super) promotions: Vec<Promotion>,
    /// Three objects of plain values, numbers digit by digit as they were written.
    pub(super) accessory: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

/// A part of the payment that somebody else gets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Share {
    /// A name in the account's `sharing_identities`.
    pub(super) to: Option<String>,
    /// Else a member's number at PayBy, with its kind.
    pub(super) member: Option<Member>,
    /// Major units, as text.
    pub(super) amount: String,
    pub(super) memo: String,
    #[serde(default)]
    pub(super) pays_fee: bool,
}

/// Whom PayBy knows under a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) identity: String,
}

/// A coupon.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Promotion {
    applied_reward_id: String,
    settle_flag: String,
}

impl<'a> Options<'a> {
    /// Reads all options of an order that was checked.
    pub(super) fn of(content: &'a OrderContent) -> Self {
        Self::read(content, &mut Faults::default())
    }

    fn read(content: &'a OrderContent, faults: &mut Faults) -> Self {
        Self {
            content,
            scene: scene(content, faults),
            scene_parameters: json(content, "pay_scene_params", faults),
            sharing: json(content, "sharing", faults),
            promotions: json(content, "promotions", faults),
            accessory: json(content, "accessory_content", faults),
        }
    }

    /// How a parameter of the scene is written, if it has such a one.
    pub(super) fn form(&self, parameter: &str) -> Option<ValueForm> {
        self.scene.parameters.iter().find(|known| known.name == parameter).map(|known| known.form)
    }

    /// The shop's words, or the beginning of the first line's name.
    pub(super) fn subject(&self) -> String {
        let name = self.content.lines.first().map_or("", |line| line.name.trim());
        let words = if name.is_empty() { self.content.client_reference.as_str() } else { name };
        self.content.option("subject").unwrap_or(words).chars().take(SUBJECT_CHARS_MAX).collect()
    }

    /// Whom the account shares payments with, by the names that orders use.
    pub(super) fn identities(account: &Account) -> Result<BTreeMap<String, Member>, EncodeError> {
        let field = "sharing_identities";
        let known = account.secret(field).map_or(Ok(BTreeMap::new()), serde_json::from_str);
        known.map_err(|_| EncodeError::AccountIncomplete { field })
    }
}

fn scene(content: &OrderContent, faults: &mut Faults) -> &'static Scene {
    let asked = content.option("pay_scene").unwrap_or(SCENES[0].code);
    SCENES.iter().find(|scene| scene.code == asked).unwrap_or_else(|| {
        let refused = REFUSED.iter().find(|(code, _)| *code == asked);
        let codes = SCENES.iter().map(|scene| scene.code).collect::<Vec<_>>().join(", ");
        faults.option("pay_scene", refused.map_or(&format!("must be one of {codes}"), |(_, why)| why));
        &SCENES[0]
    })
}

/// An option that is JSON; the fault says what would be right and nothing of what is there.
fn json<T: for<'de> Deserialize<'de> + Default>(
    content: &OrderContent,
    option: &str,
    faults: &mut Faults,
) -> T {
    content.option(option).map_or(Ok(T::default()), serde_json::from_str).unwrap_or_else(|_| {
        let shape = SHAPES.iter().find(|(known, _)| *known == option).map_or("", |(_, shape)| shape);
        faults.option(option, &format!("must be JSON: {shape}"));
        T::default()
    })
}

/// All faults of an order's options.
pub(super) fn check(content: &OrderContent) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    let options = Options::read(content, &mut faults);
    scene_parameters(&mut faults, &options);
    sharing(&mut faults, &options);
    let fits = |one: &Promotion| {
        (1..=64).contains(&one.applied_reward_id.len()) && (1..=32).contains(&one.settle_flag.len())
    };
    if !options.promotions.iter().all(fits) {
        faults.option("promotions", "`appliedRewardId` must have 1 to 64 characters, `settleFlag` 1 to 32");
    }
    accessory(&mut faults, &options);
    if content.option("secondary_merchant_id").is_some() && content.option("device_id").is_none() {
        faults.option("device_id", "is required beside `secondary_merchant_id`");
    }
    faults.0
}

fn scene_parameters(faults: &mut Faults, options: &Options<'_>) {
    let (given, scene, content) = (&options.scene_parameters, options.scene, options.content);
    let mut fault = |why: &str| faults.option("pay_scene_params", why);
    for (name, value) in given {
        let unknown = || Some(format!("is no parameter of the scene {}", scene.code));
        let why = options.form(name).map_or_else(unknown, |form| form.fault(value, content.total));
        why.into_iter().for_each(|why| fault(&format!("`{name}` {why}")));
    }
    let missing = scene.parameters.iter().filter(|asked| asked.required && !given.contains_key(asked.name));
    for parameter in missing {
        fault(&format!("`{}` is required by the scene {}", parameter.name, scene.code));
    }
    if given.get("eWalletCode").is_some_and(|code| code == "ALIPAYPLUS")
        && !given.contains_key("subEWalletCode")
    {
        fault("`subEWalletCode` is required beside ALIPAYPLUS");
    }
    if given.contains_key("email") && content.customer.expose().email.is_empty() {
        fault("`email`: the order's customer has no e-mail address");
    }
}

fn sharing(faults: &mut Faults, options: &Options<'_>) {
    let mut fault = |why: &str| faults.option("sharing", why);
    let mut sum = 0_i128;
    for share in &options.sharing {
        match Money::from_major(Currency::Aed, &share.amount) {
            Ok(amount) if amount.minor > 0 => sum += i128::from(amount.minor),
            _ => fault("`amount` must be above zero with at most two decimals"),
        }
        let is_member = |member: &Member| {
            matches!(member.kind.as_str(), "MEMBER_ID" | "BOTIM_ID")
                && (1..=20).contains(&member.identity.len())
        };
        if share.to.is_some() == share.member.is_some() || !share.member.iter().all(is_member) {
            fault(
                "each names either `to`, a name in the account's `sharing_identities`, or a `member` of the type \
                 MEMBER_ID or BOTIM_ID and 1 to 20 characters",
            );
        }
        if share.memo.is_empty() || share.memo.chars().count() > TEXT_CHARS_MAX {
            fault("`memo` must have 1 to 200 characters");
        }
    }
    if sum > i128::from(options.content.total.minor) {
        fault("must not share more than the order's total");
    }
    if options.sharing.iter().filter(|share| share.pays_fee).count() > 1 {
        fault("`pays_fee` must be true at most once");
    }
}

fn accessory(faults: &mut Faults, options: &Options<'_>) {
    for (part, values) in &options.accessory {
        if !ACCESSORIES.iter().any(|(known, ..)| known == part) {
            faults.option("accessory_content", &format!("`{part}` is unknown"));
        }
        for (name, value) in values {
            let row = ACCESSORIES.iter().find(|(known, field, _)| known == part && field == name);
            if !row
                .is_some_and(|(.., form)| Json::of(value.get()).is_some_and(|value| is_written(form, value)))
            {
                let why = format!("`{part}.{name}` is unknown or not written as PayBy wants it");
                faults.option("accessory_content", &why);
            }
        }
    }
}

fn is_written(form: &Accessory, value: Json) -> bool {
    let not_negative = |money: Money| money.currency == Currency::Aed && money.minor >= 0;
    match (form, &value) {
        (Accessory::Text, Json::Text(text)) => text.chars().count() <= TEXT_CHARS_MAX,
        (Accessory::Money, Json::Object(_)) => value.money("").is_ok_and(not_negative),
        (Accessory::Decimal, Json::Number(digits)) => {
            Money::from_major(Currency::Aed, digits).is_ok_and(not_negative)
        }
        _ => false,
    }
}
