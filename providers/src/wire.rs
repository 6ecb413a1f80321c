//! How a provider's messages are made and proven: rows of its table, and the code that reads them.
//!
//! A signature over other bytes, or an amount in the wrong unit, is the dearest mistake that a codec can make. So both
//! stand in the table, by field: a person can compare them with the documents, codecs sign, check, write and read by
//! them, and the conformance suite looks for each of them in real messages.

use crate::hmac::{base64_code, same};
use crate::money::{MoneyError, decimal};
use crate::rsa::{CheckingKey, SigningKey};
use crate::{Account, Currency, EncodeError, Inbound, Money};

/// How a provider's messages are made and proven.
#[derive(Debug)]
pub struct Wire {
    /// How the body of a request is written.
    pub body: BodyForm,
    /// What proves our requests; all of them.
    pub requests: &'static [Proof],
    /// What proves its replies; none where TLS alone vouches for them.
    pub replies: &'static [Proof],
    /// What proves what it sends unasked: the first for which the account has what it takes. A message that none proves
    /// is a hint at most.
    pub inbound: &'static [Proof],
    /// How the customer's browser is sent there.
    pub redirect: Redirect,
    /// Every amount, field by field.
    pub amounts: &'static [AmountField],
}

impl Wire {
    /// For a provider that speaks JSON, proves every message in either direction in one way, and says where its customers
    /// go.
    #[must_use]
    pub const fn proven_both_ways(proof: &'static [Proof; 1], amounts: &'static [AmountField]) -> Self {
        let (body, redirect) = (BodyForm::Json, Redirect::Url);
        Self { body, requests: proof, replies: proof, inbound: proof, redirect, amounts }
    }
}

/// How the body of a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// JSON, its fields in the order in which the codec names them.
    Json,
    /// A form with nested names, as PHP's `http_build_query` writes them.
    PhpForm,
}

/// How the customer's browser is sent to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect {
    /// To the address of the answer.
    Url,
    /// To the address of the answer, with its token as a parameter of this name.
    UrlWithToken(&'static str),
    /// To an address of ours with an encrypted key, by AES-256-CBC under the account's token.
    SplashKey,
}

/// What proves a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The account's secret itself, in a header.
    Header {
        /// In lower case.
        name: &'static str,
        /// Which of the account's secrets.
        secret: &'static str,
    },
    /// The account's secrets themselves, in the body.
    Fields {
        /// Which of the account's secrets.
        secrets: &'static [&'static str],
    },
    /// HMAC-SHA256 in base64 under one of the account's secrets, in a header.
    HmacSha256 {
        /// In lower case.
        header: &'static str,
        /// Which of the account's secrets.
        secret: &'static str,
        /// What is signed, in words.
        over: &'static str,
        /// What stands before the code.
        prefix: &'static str,
    },
    /// RSASSA-PKCS1-v1.5 with SHA-256 in base64, over the raw body, in a header.
    RsaSha256 {
        /// In lower case.
        header: &'static str,
        /// The secret that holds our private key.
        private: &'static str,
        /// The value that holds the provider's public key.
        public: &'static str,
    },
    /// The sender's address, where the account lists any.
    SenderAddress {
        /// The value that lists them, by commas.
        listed: &'static str,
    },
}

impl Proof {
    /// Where it stands: a header in lower case; empty where it stands in none.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        match self {
            Self::Header { name, .. } => name,
            Self::HmacSha256 { header, .. } | Self::RsaSha256 { header, .. } => header,
            Self::Fields { .. } | Self::SenderAddress { .. } => "",
        }
    }

    /// The value of its header for a message of ours.
    pub(crate) fn of(&self, account: &Account, message: &[u8]) -> Result<String, EncodeError> {
        match *self {
            Self::Header { secret, .. } => account.secret(secret).map(str::to_owned),
            Self::HmacSha256 { secret, prefix, .. } => {
                Ok(format!("{prefix}{}", base64_code(account.secret(secret)?, &[message])))
            }
            Self::RsaSha256 { private, .. } => SigningKey::of(account, private).map(|key| key.sign(message)),
            Self::Fields { .. } | Self::SenderAddress { .. } => Ok(String::new()),
        }
    }

    /// Whether the account has what it takes.
    pub(crate) fn is_agreed(&self, account: &Account) -> bool {
        match *self {
            Self::Header { secret, .. } | Self::HmacSha256 { secret, .. } => account.secret(secret).is_ok(),
            Self::Fields { secrets } => secrets.iter().all(|secret| account.secret(secret).is_ok()),
            Self::RsaSha256 { public, .. } => !account.setting(public).is_empty(),
            Self::SenderAddress { listed } => !account.setting(listed).trim().is_empty(),
        }
    }

    /// Whether it proves a message by its raw body, or by who sent it.
    pub(crate) fn proves(&self, message: &Inbound, account: &Account) -> bool {
        if let Self::SenderAddress { listed } = *self {
            return message.is_from(account.setting(listed));
        }
        let header = message.header(self.header());
        header.is_some_and(|header| self.holds(account, message.body.expose(), header))
    }

    /// Whether a header of this value proves a message; an account without the key proves nothing.
    pub(crate) fn holds(&self, account: &Account, message: &[u8], header: &str) -> bool {
        match *self {
            Self::RsaSha256 { public, .. } => {
                CheckingKey::of(account, public).is_ok_and(|key| key.has_signed(message, header))
            }
            Self::Header { .. } | Self::HmacSha256 { .. } => {
                self.of(account, message).is_ok_and(|expected| same(&expected, header))
            }
            Self::Fields { .. } | Self::SenderAddress { .. } => false,
        }
    }
}

/// One amount of a provider's messages.
#[derive(Debug)]
pub struct AmountField {
    /// Who says it.
    pub said_by: Speaker,
    /// Where it stands: names with dots between them, `[]` for every item of a list; in a form its name with the indexes
    /// left out.
    pub path: &'static str,
    /// How it is written.
    pub form: MoneyForm,
}

impl AmountField {
    /// One that we say.
    #[must_use]
    pub const fn sent(path: &'static str, form: MoneyForm) -> Self {
        Self { said_by: Speaker::Us, path, form }
    }

    /// One that the provider says.
    #[must_use]
    pub const fn told(path: &'static str, form: MoneyForm) -> Self {
        Self { said_by: Speaker::Provider, path, form }
    }
}

/// Who says an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// We do, in requests and in the answer to a pull.
    Us,
    /// The provider does, in replies and in what it sends unasked.
    Provider,
}

/// How an amount is written. Nothing is ever rounded: what a form cannot hold is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyForm {
    /// A whole number of minor units: `98765` for HKD 987.65.
    MinorUnits,
    /// Major units with all decimals of the currency: `10.50`.
    MajorUnits,
    /// Major units without zeros at the end: `10.5`.
    ShortMajorUnits,
    /// Whole major units, whatever decimals the currency has: `30000`.
    WholeMajorUnits,
    /// Major units with as many decimals as the provider likes. Read to be compared, and never booked.
    ExactDecimal,
}

impl MoneyForm {
    /// The amount's digits.
    ///
    /// # Errors
    /// It has parts that this form cannot write.
    pub fn write(self, money: Money) -> Result<String, MoneyError> {
        let digits = self.digits(money.currency, money.minor.into());
        let fits = self != Self::WholeMajorUnits || !digits.contains('.');
        if fits { Ok(digits) } else { Err(MoneyError::NotWhole(money.currency)) }
    }

    /// The amount's digits for a message of ours.
    pub(crate) fn said(self, money: Money) -> Result<String, EncodeError> {
        self.write(money).map_err(|why| EncodeError::inexpressible("amount", &why.to_string()))
    }

    /// The digits of a sum, exact however large it is, and however small its parts are.
    pub(crate) fn digits(self, currency: Currency, minor: i128) -> String {
        let places = currency.exponent() as usize;
        match self {
            Self::MinorUnits => minor.to_string(),
            Self::MajorUnits => decimal(minor, places, places),
            Self::ShortMajorUnits | Self::WholeMajorUnits | Self::ExactDecimal => decimal(minor, places, 0),
        }
    }

    /// The amount of some digits.
    ///
    /// # Errors
    /// They are no such amount.
    pub fn read(self, currency: Currency, digits: &str) -> Result<Money, MoneyError> {
        match self {
            Self::MinorUnits => {
                let plain = Some(digits).filter(|digits| !digits.starts_with('+'));
                let minor = plain.and_then(|digits| digits.parse().ok());
                minor.map(|minor| Money::of(currency, minor)).ok_or(MoneyError::NotWhole(currency))
            }
            Self::MajorUnits | Self::ShortMajorUnits => Money::from_major(currency, digits),
            Self::WholeMajorUnits => {
                let money = Money::from_major(currency, digits)?;
                self.write(money).map(|_| money)
            }
            Self::ExactDecimal => Money::from_major_rounded(currency, digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MoneyForm, Proof};
    use crate::money::MoneyError;
    use crate::{Account, Currency, Money};
    use proptest::prelude::*;

    const FORMS: [MoneyForm; 5] = [
        MoneyForm::MinorUnits,
        MoneyForm::MajorUnits,
        MoneyForm::ShortMajorUnits,
        MoneyForm::WholeMajorUnits,
        MoneyForm::ExactDecimal,
    ];

    #[test]
    fn amounts_are_written_as_each_form_wants() {
        let written = |form: MoneyForm, currency, minor| form.write(Money::of(currency, minor)).ok();
        let hkd = |form| written(form, Currency::Hkd, 1_050);
        assert_eq!(
            FORMS.map(hkd),
            [Some("1050"), Some("10.50"), Some("10.5"), None, Some("10.5")].map(|it| it.map(str::to_owned))
        );
        assert_eq!(written(MoneyForm::WholeMajorUnits, Currency::Idr, 3_000_000).as_deref(), Some("30000"));
        assert_eq!(written(MoneyForm::ShortMajorUnits, Currency::Jpy, 1_200).as_deref(), Some("1200"));
        assert_eq!(written(MoneyForm::MajorUnits, Currency::Kwd, 1_005).as_deref(), Some("1.005"));
        let hundredths = MoneyForm::WholeMajorUnits.read(Currency::Idr, "30000.5");
        assert_eq!(hundredths, Err(MoneyError::NotWhole(Currency::Idr)));
    }

    proptest! {
        #[test]
        fn amounts_round_trip_in_every_form_and_currency(minor in -1_000_000_000_000_i64..1_000_000_000_000, which in 0..8_usize) {
            let money = Money::of(Currency::ALL[which], minor);
            for form in FORMS {
                if let Ok(digits) = form.write(money) {
                    prop_assert_eq!(form.read(money.currency, &digits), Ok(money), "{:?}", form);
                }
            }
        }

        #[test]
        fn garbage_is_no_amount_and_no_panic(text in "\\PC{0,24}") {
            for form in FORMS {
                let _ = form.read(Currency::Gbp, &text);
            }
        }
    }

    #[test]
    fn account_without_a_key_proves_nothing() {
        let account = Account {
            id: "a".to_owned(),
            store_url: String::new(),
            config: [("public".to_owned(), "no key".to_owned())].into(),
            secrets: [("key".to_owned(), String::new().into())].into(),
        };
        let hmac = Proof::HmacSha256 { header: "h", secret: "key", over: "the body", prefix: "" };
        let code = crate::hmac::base64_code("", &[b"x"]);
        assert!(!hmac.holds(&account, b"x", &code) && hmac.of(&account, b"x").is_err());
        let rsa = Proof::RsaSha256 { header: "h", private: "key", public: "public" };
        assert!(!rsa.holds(&account, b"x", "") && rsa.of(&account, b"x").is_err());
    }
}
