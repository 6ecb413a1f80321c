//! What a shop may say of an order to PayBy alone: its `provider_options`, read and checked.
//!
//! Options stand in histories as they are, so none of them holds a person: the payer's address is the customer's, and
//! phone numbers that money is shared with stand among the account's secrets.

use super::scene::{REFUSED, SCENES, Scene};
use super::wire::{AED, SpokenMoney};
use crate::{FaultReason, FieldFault, Money, OrderContent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Characters of an order's description. The documents say 12, newer ones 64; what has 12 passes either.
const SUBJECT_CHARS_MAX: usize = 12;
const TEXT_CHARS_MAX: usize = 200;

/// Options whose values go onto the wire as they are: option, PayBy's name, characters.
pub(super) const TEXTS: [(&str, &str, usize); 5] = [
    ("subject_ar", "subjectAr", TEXT_CHARS_MAX),
    ("payee_mid", "payeeMid", 12),
    ("secondary_merchant_id", "secondaryMerchantId", TEXT_CHARS_MAX),
    ("device_id", "deviceId", TEXT_CHARS_MAX),
    ("reserved", "reserved", TEXT_CHARS_MAX),
];

/// Everything that an order's options say.
pub(super) struct Options<'a> {
    pub(super) scene: &'static Scene,
    pub(super) scene_parameters: BTreeMap<String, String>,
    pub(super) subject: String,
    pub(super) texts: BTreeMap<&'static str, &'a str>,
    pub(super) sharing: Vec<Share>,
    pub(super) shares_refunds: bool,
    pub(super) promotions: Vec<Promotion>,
    pub(super) accessory: Accessory,
}

/// A part of the payment that somebody else gets.
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) identity: String,
}

/// A coupon.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Promotion {
    pub(super) applied_reward_id: String,
    pub(super) settle_flag: String,
}

/// `accessoryContent`: three objects of plain values, numbers digit by digit as they were written.
pub(super) type Accessory = BTreeMap<String, BTreeMap<String, Box<RawValue>>>;

enum Kind {
    Text,
    Money,
    Decimal,
}

/// What `accessoryContent` may hold (S2, `accessoryContent`).
const ACCESSORY: [(&str, &[(&str, Kind)]); 3] = [
    (
        "amountDetail",
        &[
            ("discountableAmount", Kind::Money),
            ("amount", Kind::Money),
            ("vatAmount", Kind::Money),
            ("tipAmount", Kind::Money),
        ],
    ),
    (
        "goodsDetail",
        &[
            ("body", Kind::Text),
            ("categoriesTree", Kind::Text),
            ("goodsCategory", Kind::Text),
            ("goodsId", Kind::Text),
            ("goodsName", Kind::Text),
            ("price", Kind::Money),
            ("quantity", Kind::Decimal),
            ("showUrl", Kind::Text),
        ],
    ),
    (
        "terminalDetail",
        &[
            ("operatorId", Kind::Text),
            ("storeId", Kind::Text),
            ("terminalId", Kind::Text),
            ("merchantName", Kind::Text),
            ("storeName", Kind::Text),
        ],
    ),
];

impl<'a> Options<'a> {
    /// Reads all options, and says everything that is wrong with them.
    pub(super) fn read(content: &'a OrderContent) -> (Self, Vec<FieldFault>) {
        let mut reader = Reader { content, faults: Vec::new() };
        let scene = reader.scene();
        let options = Self {
            scene,
            scene_parameters: reader.scene_parameters(scene),
            subject: reader.subject(),
            texts: reader.texts(),
            sharing: reader.sharing(),
            shares_refunds: reader.flag("refund_sharing"),
            promotions: reader.promotions(),
            accessory: reader.accessory(),
        };
        if options.texts.contains_key("secondaryMerchantId") && !options.texts.contains_key("deviceId") {
            reader.fault("device_id", "is required beside `secondary_merchant_id`");
        }
        (options, reader.faults)
    }
}

struct Reader<'a> {
    content: &'a OrderContent,
    faults: Vec<FieldFault>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, option: &str, description: &str) {
        self.faults.push(FieldFault {
            field: format!("order.provider_options[{option:?}]"),
            description: description.to_owned(),
            reason: FaultReason::Invalid,
        });
    }

    fn text(&self, option: &str) -> Option<&'a str> {
        self.content.provider_options.get(option).map(String::as_str)
    }

    /// An option that is JSON; the error says what would be right and nothing of what is there.
    fn json<T: for<'de> Deserialize<'de> + Default>(&mut self, option: &str, shape: &str) -> T {
        let Some(text) = self.text(option) else { return T::default() };
        serde_json::from_str(text).unwrap_or_else(|_| {
            self.fault(option, &format!("must be JSON: {shape}"));
            T::default()
        })
    }

    fn scene(&mut self) -> &'static Scene {
        let asked = self.text("pay_scene").unwrap_or(SCENES[0].code);
        if let Some(scene) = SCENES.iter().find(|scene| scene.code == asked) {
            return scene;
        }
        let refused = REFUSED.iter().find(|(code, _)| *code == asked);
        let codes = SCENES.iter().map(|scene| scene.code).collect::<Vec<_>>().join(", ");
        let why = refused.map_or_else(|| format!("must be one of {codes}"), |(_, why)| (*why).to_owned());
        self.fault("pay_scene", &why);
        &SCENES[0]
    }

    fn scene_parameters(&mut self, scene: &'static Scene) -> BTreeMap<String, String> {
        const OPTION: &str = "pay_scene_params";
        let given: BTreeMap<String, String> = self.json(OPTION, "an object of texts");
        for (name, value) in &given {
            let fault = match scene.parameter(name) {
                None => Some(format!("is no parameter of the scene {}", scene.code)),
                Some(parameter) => parameter.form.fault(value),
            };
            if let Some(fault) = fault {
                self.fault(OPTION, &format!("`{name}` {fault}"));
            }
        }
        let missing =
            scene.parameters.iter().filter(|asked| asked.required && !given.contains_key(asked.name));
        for parameter in missing {
            self.fault(OPTION, &format!("`{}` is required by the scene {}", parameter.name, scene.code));
        }
        if given.get("eWalletCode").is_some_and(|code| code == "ALIPAYPLUS")
            && !given.contains_key("subEWalletCode")
        {
            self.fault(OPTION, "`subEWalletCode` is required beside ALIPAYPLUS");
        }
        if given.contains_key("email") && self.content.customer.expose().email.is_empty() {
            self.fault(OPTION, "`email`: the order's customer has no e-mail address");
        }
        given
    }

    /// The shop's words, or the beginning of the first line's name.
    fn subject(&mut self) -> String {
        let Some(given) = self.text("subject") else {
            let name = self.content.lines.first().map_or("", |line| line.name.trim());
            let words = if name.is_empty() { self.content.client_reference.as_str() } else { name };
            return words.chars().take(SUBJECT_CHARS_MAX).collect();
        };
        if given.trim().is_empty() || given.chars().count() > SUBJECT_CHARS_MAX {
            self.fault("subject", &format!("must have 1 to {SUBJECT_CHARS_MAX} characters"));
        }
        given.to_owned()
    }

    fn texts(&mut self) -> BTreeMap<&'static str, &'a str> {
        let mut found = BTreeMap::new();
        for (option, wire, max) in TEXTS {
            let Some(text) = self.text(option) else { continue };
            if text.is_empty() || text.chars().count() > max {
                self.fault(option, &format!("must have 1 to {max} characters"));
            }
            found.insert(wire, text);
        }
        found
    }

    fn flag(&mut self, option: &str) -> bool {
        let text = self.text(option).unwrap_or("false");
        if !matches!(text, "true" | "false") {
            self.fault(option, "must be `true` or `false`");
        }
        text == "true"
    }

    fn sharing(&mut self) -> Vec<Share> {
        const OPTION: &str = "sharing";
        let shares: Vec<Share> = self
            .json(OPTION, r#"[{"to" or "member":{"type","identity"},"amount":"1.00","memo","pays_fee"}]"#);
        let mut sum = 0_i128;
        for share in &shares {
            match Money::from_major(AED, &share.amount) {
                Ok(amount) if amount.minor > 0 => sum += i128::from(amount.minor),
                _ => self.fault(OPTION, "`amount` must be above zero with at most two decimals"),
            }
            let member_is_sane = share.member.as_ref().is_none_or(|member| {
                matches!(member.kind.as_str(), "MEMBER_ID" | "BOTIM_ID")
                    && (1..=20).contains(&member.identity.len())
            });
            if share.to.is_some() == share.member.is_some() || !member_is_sane {
                let why = "each names either `to`, a name in the account's `sharing_identities`, or a `member` of the type \
                           MEMBER_ID or BOTIM_ID and 1 to 20 characters";
                self.fault(OPTION, why);
            }
            if share.memo.is_empty() || share.memo.chars().count() > TEXT_CHARS_MAX {
                self.fault(OPTION, "`memo` must have 1 to 200 characters");
            }
        }
        if sum > i128::from(self.content.total.minor) {
            self.fault(OPTION, "must not share more than the order's total");
        }
        if shares.iter().filter(|share| share.pays_fee).count() > 1 {
            self.fault(OPTION, "`pays_fee` must be true at most once");
        }
        shares
    }

    fn promotions(&mut self) -> Vec<Promotion> {
        let promotions: Vec<Promotion> = self.json("promotions", r#"[{"appliedRewardId","settleFlag"}]"#);
        let fits = |one: &Promotion| {
            (1..=64).contains(&one.applied_reward_id.len()) && (1..=32).contains(&one.settle_flag.len())
        };
        if !promotions.iter().all(fits) {
            self.fault("promotions", "`appliedRewardId` must have 1 to 64 characters, `settleFlag` 1 to 32");
        }
        promotions
    }

    fn accessory(&mut self) -> Accessory {
        const OPTION: &str = "accessory_content";
        let given: Accessory =
            self.json(OPTION, "an object with `amountDetail`, `goodsDetail`, `terminalDetail`");
        for (part, values) in &given {
            let known = ACCESSORY.iter().find(|(name, _)| name == part).map(|(_, fields)| *fields);
            for (name, value) in values {
                let kind = known.and_then(|fields| fields.iter().find(|(field, _)| field == name));
                if !kind.is_some_and(|(_, kind)| kind.takes(value)) {
                    self.fault(
                        OPTION,
                        &format!("`{part}.{name}` is unknown or not written as PayBy wants it"),
                    );
                }
            }
            if known.is_none() {
                self.fault(OPTION, &format!("`{part}` is unknown"));
            }
        }
        given
    }
}

impl Kind {
    fn takes(&self, value: &RawValue) -> bool {
        match self {
            Self::Text => serde_json::from_str::<String>(value.get())
                .is_ok_and(|text| text.chars().count() <= TEXT_CHARS_MAX),
            Self::Money => serde_json::from_str::<SpokenMoney<'_>>(value.get()).is_ok_and(|money| {
                money.read().is_some_and(|money| money.currency == AED && money.minor >= 0)
            }),
            Self::Decimal => Money::from_major(AED, value.get()).is_ok_and(|number| number.minor >= 0),
        }
    }
}
