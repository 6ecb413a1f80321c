//! Pay scenes: where the payer meets PayBy, and what each scene has to be told (docs `OrderCreation/_*.md`).
//!
//! Not here on purpose: DIRECTPAY, because card numbers would stand in a history; PREAUTH, PREAUTHVOID and CAPTURE,
//! because orders have no states for them. No scene takes `eid`: the documents do not say how it is encrypted.

/// What the payer gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// A page behind `tokenUrl`.
    Page,
    /// A wallet behind `deepLink`.
    Wallet,
    /// `tokenUrl` as a QR code.
    Code,
    /// PayBy's software in the shop's app, which wants a signature of its own.
    App,
    /// Nothing: it is paid at once or not at all.
    Nothing,
}

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Text of at most so many characters.
    Text(usize),
    /// The word `true` or the word `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The word `customer`, for the e-mail address of the order's own customer.
    Email,
}

/// One parameter of a scene.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
}

/// One pay scene.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) code: &'static str,
    pub(super) shows: Shows,
    pub(super) parameters: &'static [Parameter],
}

/// Where the payer's browser goes afterwards; ours, unless the shop names another.
pub(super) const REDIRECT_URL: &str = "redirectUrl";
/// Scenes that exist at PayBy and not here, and why.
pub(super) const REFUSED: [(&str, &str); 4] = [
    ("DIRECTPAY", "is refused: card numbers would stand in the order's history"),
    ("PREAUTH", "is refused: orders have no states for pre-authorisations"),
    ("PREAUTHVOID", "is refused: orders have no states for pre-authorisations"),
    ("CAPTURE", "is refused: orders have no states for pre-authorisations"),
];

const fn may(name: &'static str, form: Form) -> Parameter {
    Parameter { name, form, required: false }
}

const fn must(name: &'static str, form: Form) -> Parameter {
    Parameter { name, form, required: true }
}

/// Where the documents give no length, the one of their other texts.
const TEXT: Form = Form::Text(200);
const URL: Form = Form::Text(512);

/// All scenes, the one without a word of the shop first.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        code: "PAYPAGE",
        shows: Shows::Page,
        parameters: &[
            may(REDIRECT_URL, URL),
            may("customerId", TEXT),
            may("changePayer", Form::Flag),
            may("oneTimePayment", Form::Flag),
            may("email", Form::Email),
        ],
    },
    Scene {
        code: "INAPP",
        shows: Shows::App,
        parameters: &[must("iapDeviceId", URL), must("appId", Form::Text(17)), may("email", Form::Email)],
    },
    Scene {
        code: "EWALLET",
        shows: Shows::Wallet,
        parameters: &[
            must("eWalletCode", Form::Text(20)),
            may("subEWalletCode", Form::Text(20)),
            may("osType", Form::Word(&["IOS", "ANDROID"])),
            may("terminalType", Form::Word(&["WEB", "WAP", "APP"])),
            may(REDIRECT_URL, URL),
            may("oneTimePayment", Form::Flag),
        ],
    },
    Scene {
        code: "DYNQR",
        shows: Shows::Code,
        parameters: &[
            may("changePayer", Form::Flag),
            may("oneTimePayment", Form::Flag),
            may("email", Form::Email),
        ],
    },
    Scene { code: "QRPAY", shows: Shows::Nothing, parameters: &[must("authCode", TEXT)] },
    Scene {
        code: "JSAPI",
        shows: Shows::Page,
        parameters: &[may("payerMid", Form::Text(12)), may("oneTimePayment", Form::Flag)],
    },
    Scene {
        code: "AUTODEBIT",
        shows: Shows::Nothing,
        parameters: &[must("authProtocolNo", TEXT), may("source", TEXT), may("agreementVersion", TEXT)],
    },
    Scene { code: "CASHTOPUP", shows: Shows::Code, parameters: &[must("businessType", TEXT)] },
    Scene {
        code: "PAYANDSIGN",
        shows: Shows::Page,
        parameters: &[
            must("protocolSceneCode", TEXT),
            may("protocolNotifyUrl", Form::Text(200)),
            may("customerId", TEXT),
        ],
    },
];

impl Scene {
    /// The parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl Form {
    /// What is wrong with a value of this form, if anything.
    pub(super) fn fault(self, value: &str) -> Option<String> {
        match self {
            Self::Text(max) if value.is_empty() || value.chars().count() > max => {
                Some(format!("must have 1 to {max} characters"))
            }
            Self::Flag if !matches!(value, "true" | "false") => Some("must be `true` or `false`".to_owned()),
            Self::Word(words) if !words.contains(&value) => {
                Some(format!("must be one of {}", words.join(", ")))
            }
            Self::Email if value != "customer" => {
                Some("must be `customer`: the order's own customer is named, no address".to_owned())
            }
            _ => None,
        }
    }
}
