//! Every code of PayBy's documents, and what the caller can do about it (docs `response-code`).
//!
//! A code that is not here says nothing that could be relied on, so its request counts as unknown.

use crate::Op;
use crate::call::{Retry, Standing};

/// What a refusal leaves the caller to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing happened; asking again helps so far or not.
    Refused(Retry),
    /// It may have happened: PayBy's own advice is to ask.
    Unknown,
}

/// Codes that PayBy's own client takes without a signature; besides those that begin with `58`.
pub(crate) const UNSIGNED: [&str; 7] = ["400", "402", "403", "404", "500", "504", "601"];

const NEVER: Meaning = Meaning::Refused(Retry::Never);
const LATER: Meaning = Meaning::Refused(Retry::Later);
const FIX: Meaning = Meaning::Refused(Retry::AfterAccountFix);
const UNKNOWN: Meaning = Meaning::Unknown;

/// Code, PayBy's word for it, meaning.
pub(crate) const CODES: &[(&str, &str, Meaning)] = &[
    ("400", "INVALID_PARAMETER", NEVER),
    // Each attempt has a time of its own, so these pass once both clocks agree.
    ("400", "REQUESTTIME_TOO_EARLY", LATER),
    ("400", "REQUESTTIME_TOO_LATER", LATER),
    ("402", "RATE_LIMIT_REJECT", LATER),
    ("403", "UNAUTHORIZED", FIX),
    ("404", "SERVICE_NOT_AVAILABLE", LATER),
    ("500", "SYSTEM_ERROR", UNKNOWN),
    ("504", "SERVICE_TIMEOUT", UNKNOWN),
    ("601", "RISK_FAIL", NEVER),
    ("62001", "ORDER_PAID", NEVER),
    ("62002", "ORDER_FAILURE", NEVER),
    ("62003", "ORDER_SETTLED", NEVER),
    ("62004", "MERCHANT_ORDER_NO_NOT_EXIST", NEVER),
    ("62006", "REFUND_AMOUNT_EXCEEDED", NEVER),
    ("62007", "REFUND_MERCHANT_ORDER_NO_NOT_EXIST", NEVER),
    ("62008", "EXPIREDTIME_LESS_THAN_REQUESTTIME", NEVER),
    ("62009", "EXPIREDTIME_TOO_LATER", NEVER),
    ("62012", "PAYSCENECODE_ILLEGAL", NEVER),
    ("62013", "STATEMENT_NOT_EXIST", NEVER),
    ("62014", "STATEMENT_NOT_GENERATED", LATER),
    ("62015", "ORDER_NOT_PAID", NEVER),
    // Our number with other parameters: what is there was ours once, so somebody must look.
    ("62016", "MERCHANT_ORDER_NO_EXIST", UNKNOWN),
    ("62017", "REFUND_MERCHANT_ORDER_NO_EXIST", UNKNOWN),
    ("62018", "PAYERMID_NOT_EXIST", NEVER),
    ("62019", "PAYEEMID_NOT_EXIST", NEVER),
    ("62020", "PAYERMID_PAYEEMID_ARE_SAME", NEVER),
    ("62023", "NAME_NOT_MATCH", NEVER),
    ("62026", "PRODUCT_IS_NOT_APPLIED", FIX),
    ("62027", "BENEFICIARY_NOT_EXIST", NEVER),
    ("62028", "ORDER_SUCCESS", NEVER),
    ("62029", "ORDER_CREATED", NEVER),
    ("62030", "ORDER_BANK_FAIL", NEVER),
    ("62031", "MISSING_IAP_DEVICE_ID", NEVER),
    ("62032", "MISSING_APP_ID", NEVER),
    ("62033", "MISSING_AUTHCODE", NEVER),
    ("62034", "INVALID_APP_ID", NEVER),
    ("62035", "ORDER_NO_NOT_EXIST", NEVER),
    ("62036", "MERCHANT_DEVICE_NOT_EXIST", NEVER),
    ("62037", "DEVICE_ACCESS_FORBIDDEN", FIX),
    ("62038", "INVALID_SECONDARY_MERCHANT", NEVER),
    // "Internal error in PayBy."
    ("62039", "REVOKE_FAILURE", UNKNOWN),
    ("62040", "ACQUIRE_ORDER_REVOKED", NEVER),
    ("62041", "ACQUIRE_ORDER_REFUNDED", NEVER),
    ("62042", "MISSING_AUTH_PROTOCOL_NO", NEVER),
    ("62043", "MISSING_BUSINESS_TYPE", NEVER),
    ("62044", "INVALID_BUSINESS_TYPE", NEVER),
    ("62045", "REFUND_REJECTED", NEVER),
    ("62046", "REVOKE_REJECTED", NEVER),
    ("62047", "MISSING_AUTH_TOKEN", NEVER),
    ("62048", "MISSING_UNIQUE_DEVICE", NEVER),
    ("62049", "MISSING_CARD_NO", NEVER),
    ("62050", "MISSING_HOLDER_NAME", NEVER),
    ("62051", "MISSING_CVV", NEVER),
    ("62052", "MISSING_PLATFORM_TYPE", NEVER),
    ("62053", "MISSING_EXP_YEAR", NEVER),
    ("62054", "MISSING_EXP_MONTH", NEVER),
    ("62055", "MISSING_CUSTOMER_ID", NEVER),
    ("62056", "MISSING_EMAIL", NEVER),
    ("62057", "INVALID_SAVE_CARD", NEVER),
    ("62058", "INVALID_THREEDSECURE", NEVER),
    ("62059", "INVALID_EMAIL", NEVER),
    ("62060", "INVALID_PLATFORM_TYPE", NEVER),
    ("62061", "MISSING_REAL_IP", NEVER),
    ("62062", "INVALID_REAL_IP", NEVER),
    ("62063", "INVALID_EXP_YEAR", NEVER),
    ("62064", "INVALID_EXP_MONTH", NEVER),
    ("62065", "INVALID_CARD_NO", NEVER),
    ("62066", "INVALID_CVV", NEVER),
    ("62067", "HOLDER_NAME_TOO_LONG", NEVER),
    ("62068", "MISSING_SAVE_CARD", NEVER),
    ("62069", "CARD_NO_LENGTH_UNMATCH", NEVER),
    ("62070", "CARD_BIN_NOT_SUPPORTED", NEVER),
    ("62071", "CARD_BIN_UNAVAILABLE", NEVER),
    ("62072", "MISSING_REDIRECT_URL", NEVER),
    ("62073", "INVALID_ONE_TIME_PAYMENT", NEVER),
    ("62078", "CARD_NOT_EXIST", NEVER),
    ("62079", "MISSING_CARD_NO_CARD_TOKEN", NEVER),
    ("62080", "MISSING_EWALLET_CODE", NEVER),
    ("62081", "INVALID_EWALLET_CODE", NEVER),
    ("62082", "TOKEN_URL_NOT_EXIST", NEVER),
    ("62083", "SHARING_MEMBER_NOT_EXIST", NEVER),
    ("62084", "REFUND_SHARING_MEMBER_MISMATCH", NEVER),
    ("62085", "MISSING_PROTOCOL_SCENE_CODE", NEVER),
    ("62086", "INVALID_PAYEEMID", NEVER),
    ("62087", "INVALID_TYPE", NEVER),
    ("62088", "MISSING_UNIQUE_ID", NEVER),
    ("62089", "INVALID_EXPIRED_TIME", NEVER),
    ("92000", "Risk control rejection", NEVER),
    ("92001", "The amount of transaction exceeds the limit", NEVER),
    ("92002", "The number of transactions exceeds the limit", NEVER),
    ("92003", "Non-KYC user transactions", NEVER),
    ("92004", "Channel rejection", NEVER),
];

/// A refusal that tells how an order or a refund stands.
pub(crate) struct Finding {
    /// What was asked.
    pub(crate) asked: fn(&Op) -> bool,
    /// PayBy's code.
    pub(crate) code: &'static str,
    /// Whether it answers what was asked, and is no refusal at all.
    pub(crate) done: bool,
    /// How the order stands.
    pub(crate) standing: Option<Standing>,
}

const fn answers(asked: fn(&Op) -> bool, code: &'static str, standing: Option<Standing>) -> Finding {
    Finding { asked, code, done: true, standing }
}

const fn refuses(asked: fn(&Op) -> bool, code: &'static str, standing: Standing) -> Finding {
    Finding { asked, code, done: false, standing: Some(standing) }
}

const fn verifies(op: &Op) -> bool {
    matches!(op, Op::VerifyAccount)
}

const fn creates(op: &Op) -> bool {
    matches!(op, Op::Create)
}

const fn syncs(op: &Op) -> bool {
    matches!(op, Op::Sync)
}

const fn cancels(op: &Op) -> bool {
    matches!(op, Op::Cancel(_))
}

const fn looks_a_refund_up(op: &Op) -> bool {
    matches!(op, Op::SyncRefund(_))
}

const fn asks_for_a_statement(op: &Op) -> bool {
    matches!(op, Op::Ask(_))
}

/// What some codes say besides, by what was asked.
pub(crate) const FINDINGS: &[Finding] = &[
    // The number that the check of an account asks for exists nowhere: this answer is the proof.
    answers(verifies, "62004", None),
    answers(syncs, "62004", Some(Standing::Unpaid)),
    answers(syncs, "62035", Some(Standing::Unpaid)),
    answers(looks_a_refund_up, "62007", None),
    answers(asks_for_a_statement, "62013", None),
    // Our number, and paid: the checkout was opened by an attempt that nobody heard of. A sync says the rest.
    answers(creates, "62001", Some(Standing::AwaitingCustomer)),
    answers(creates, "62003", Some(Standing::AwaitingCustomer)),
    refuses(creates, "62002", Standing::Cancelled),
    // Closed already, and that was what we wanted.
    answers(cancels, "62002", Some(Standing::Cancelled)),
    refuses(cancels, "62001", Standing::Captured),
    refuses(cancels, "62003", Standing::Completed),
];
