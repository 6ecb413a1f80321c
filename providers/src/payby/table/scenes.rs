//! Pay scenes: where the payer meets PayBy, and what each scene has to be told (docs `OrderCreation/_*.md`).
//!
//! Not here on purpose: DIRECTPAY, because card numbers would stand in a history; PREAUTH, PREAUTHVOID and CAPTURE,
//! because orders have no states for them. No scene takes `eid`: the documents do not say how it is encrypted.

use crate::option::ValueForm;
use crate::shape::{Field, Shape};

/// What the payer gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
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

/// One pay scene.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) code: &'static str,
    pub(crate) shows: Shows,
    /// All of them are texts.
    pub(crate) parameters: &'static [Field],
}

/// Where the payer's browser goes afterwards; ours, unless the shop names another.
pub(crate) const REDIRECT_URL: &str = "redirectUrl";
/// Scenes that exist at PayBy and not here, and why.
pub(crate) const REFUSED: [(&str, &str); 4] = [
    ("DIRECTPAY", "is refused: card numbers would stand in the order's history"),
    ("PREAUTH", "is refused: orders have no states for pre-authorisations"),
    ("PREAUTHVOID", "is refused: orders have no states for pre-authorisations"),
    ("CAPTURE", "is refused: orders have no states for pre-authorisations"),
];

const fn may(name: &'static str, form: ValueForm) -> Field {
    Field::may(name, Shape::Text(form))
}

const fn must(name: &'static str, form: ValueForm) -> Field {
    Field::must(name, Shape::Text(form))
}

/// Where the documents give no length, the one of their other texts.
const TEXT: ValueForm = ValueForm::Text(200);
/// As long as the documents let an address or the id of a device be.
const LONG: ValueForm = ValueForm::Text(512);
/// Stands for the e-mail address of the order's own customer: options stand in histories as they are, and name nobody.
pub(crate) const EMAIL: ValueForm = ValueForm::Word(&["customer"]);

/// All scenes, the one without a word of the shop first.
pub(crate) const SCENES: &[Scene] = &[
    Scene {
        code: "PAYPAGE",
        shows: Shows::Page,
        parameters: &[
            may(REDIRECT_URL, LONG),
            may("customerId", TEXT),
            may("changePayer", ValueForm::Flag),
            may("oneTimePayment", ValueForm::Flag),
            may("email", EMAIL),
        ],
    },
    Scene {
        code: "INAPP",
        shows: Shows::App,
        parameters: &[must("iapDeviceId", LONG), must("appId", ValueForm::Text(17)), may("email", EMAIL)],
    },
    Scene {
        code: "EWALLET",
        shows: Shows::Wallet,
        parameters: &[
            must("eWalletCode", ValueForm::Text(20)),
            may("subEWalletCode", ValueForm::Text(20)),
            may("osType", ValueForm::Word(&["IOS", "ANDROID"])),
            may("terminalType", ValueForm::Word(&["WEB", "WAP", "APP"])),
            may(REDIRECT_URL, LONG),
            may("oneTimePayment", ValueForm::Flag),
        ],
    },
    Scene {
        code: "DYNQR",
        shows: Shows::Code,
        parameters: &[
            may("changePayer", ValueForm::Flag),
            may("oneTimePayment", ValueForm::Flag),
            may("email", EMAIL),
        ],
    },
    Scene { code: "QRPAY", shows: Shows::Nothing, parameters: &[must("authCode", TEXT)] },
    Scene {
        code: "JSAPI",
        shows: Shows::Page,
        parameters: &[may("payerMid", ValueForm::Text(12)), may("oneTimePayment", ValueForm::Flag)],
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
            may("protocolNotifyUrl", ValueForm::Text(200)),
            may("customerId", TEXT),
        ],
    },
];

/// What the parameters of each scene are like.
pub(crate) const PARAMETERS: [(&str, Shape); SCENES.len()] = {
    let mut shapes = [("", Shape::Truth); SCENES.len()];
    let mut at = 0;
    while at < SCENES.len() {
        shapes[at] = (SCENES[at].code, Shape::Object(SCENES[at].parameters));
        at += 1;
    }
    shapes
};
/// The codes of all scenes.
pub(crate) const CODES: [&str; SCENES.len()] = {
    let mut codes = [""; SCENES.len()];
    let mut at = 0;
    while at < SCENES.len() {
        codes[at] = SCENES[at].code;
        at += 1;
    }
    codes
};
