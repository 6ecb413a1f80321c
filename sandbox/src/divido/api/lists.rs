//! What can be asked: plans, quotes, applications, and the batches in which activations were paid out.

use std::collections::BTreeMap;

use super::{Asking, Outcome};
use crate::call::digest;
use crate::divido::application::{Application, Currency, Done};
use crate::divido::decimal::{shortest, thousandths};
use crate::divido::json::{Json, object, whole};
use crate::divido::record::{LENDER, LENDER_ID, credit_of, record};
use crate::divido::refusal::Refusal;

/// Records of one page.
const PAGE: usize = 30;

/// The plans of a country, or all of them.
pub(super) fn finances(asking: &Asking<'_>) -> Outcome {
    let country = asking.form.text("country");
    let here =
        asking.account.plans.iter().filter(|plan| country.is_none_or(|country| plan.country == country));
    let plans = here.map(super::super::plan::Plan::listed).collect();
    Ok((Vec::new(), object([("finances", Json::List(plans)), ("status", "ok".into())])))
}

/// What a plan costs.
pub(super) fn quote(asking: &Asking<'_>) -> Outcome {
    let form = asking.form;
    let needed = |name| form.required(name).and(form.amount(name)).map(Option::unwrap_or_default);
    let (amount, deposit) = (needed("amount")?, needed("deposit")?);
    form.required("country")?;
    let id = form.required("finance")?;
    let plan = asking.account.plans.iter().find(|plan| plan.id == id).ok_or(Refusal::NotFound("Finance"))?;
    let quote = plan.quote(amount, deposit).map_err(Refusal::rule)?;
    let body = object([
        ("status", "ok".into()),
        ("purchase_price", whole(shortest(amount))),
        ("deposit_amount", whole(shortest(deposit))),
        ("credit_amount", whole(shortest(quote.credit))),
        ("monthly_payment_amount", whole(shortest(quote.monthly))),
        ("total_repayable_amount", whole(shortest(quote.total))),
        ("agreement_duration", whole(plan.agreement_duration)),
        ("interest_rate", plan.interest_rate()),
        ("interest_type", "APR".into()),
    ]);
    Ok((Vec::new(), body))
}

/// One application by its id, or those that a filter leaves, newest first.
pub(super) fn applications(asking: &Asking<'_>) -> Outcome {
    let (form, base, twist) = (asking.form, asking.new.base.as_str(), asking.twist);
    if form.text("id").is_some() {
        let application = asking.application("id")?;
        let record = record(application, base, twist);
        return Ok((Vec::new(), object([("record", record), ("status", "ok".into())])));
    }
    let is = |name, value: &str| form.text(name).is_none_or(|wanted| wanted == value);
    let fits = |it: &&Application| {
        let mine = it.key.account == asking.account.merchant_id;
        // Until the customer opens the form there is a proposal and no application.
        let exists = it.entered || it.status() != "DRAFT";
        mine && exists
            && is("country", &it.asked.country)
            && is("status", it.status())
            && is("proposal", &it.key.order)
    };
    let mut found: Vec<&Application> = asking.state.applications.values().filter(fits).collect();
    found.sort_by_key(|it| std::cmp::Reverse(it.created_at));
    paged(asking, &found, |it| record(it, base, twist))
}

fn paged<T>(asking: &Asking<'_>, found: &[T], shown: impl Fn(&T) -> Json) -> Outcome {
    let page = asking.form.page()?;
    let records = found.iter().skip((page - 1).saturating_mul(PAGE)).take(PAGE).map(shown).collect();
    let body = object([
        ("itemsPerPage", whole(PAGE)),
        ("page", whole(page)),
        ("records", Json::List(records)),
        ("status", "ok".into()),
        ("totalItems", whole(found.len())),
    ]);
    Ok((Vec::new(), body))
}

/// What was paid out in one currency on one day. It follows from the settled activations and is stored nowhere.
struct Batch<'a> {
    id: String,
    date: String,
    currency: Currency,
    paid: Vec<(&'a Application, &'a Done)>,
}

impl Batch<'_> {
    /// In thousandths: the credit, what the merchant pays for it, and what the merchant gets.
    fn sums(&self) -> (i64, i64, i64) {
        self.paid
            .iter()
            .map(|(application, done)| payment(application, done))
            .fold((0, 0, 0), |sum, paid| (sum.0 + paid.0, sum.1 + paid.1, sum.2 + paid.2))
    }

    fn head(&self) -> Vec<(String, Json)> {
        let (credit, subsidy, net) = self.sums();
        let fields = object([
            ("currency", self.currency.code().into()),
            ("date", (&self.date).into()),
            ("id", (&self.id).into()),
            ("lender", object([("id", LENDER_ID.into()), ("name", LENDER.into())])),
            ("totalCreditAmount", whole(thousandths(credit))),
            ("totalNetPayment", whole(thousandths(net))),
            ("totalSubsidyAmount", whole(thousandths(subsidy))),
        ]);
        let Json::Object(fields) = fields else { return Vec::new() };
        fields
    }
}

/// How often the subsidy that is named is kept of a payment: thrice in the documents' sample (S3 L1466-1476), which
/// says no more of it.
const KEPT: i64 = 3;

/// Half a percent of the credit is the subsidy, to a thousandth.
fn payment(application: &Application, done: &Done) -> (i64, i64, i64) {
    let credit = credit_of(application, done.act.amount) * 10;
    let subsidy = (credit + 100) / 200;
    (credit, subsidy, done.act.amount * 10 - KEPT * subsidy)
}

fn batches<'a>(asking: &'a Asking<'_>) -> Vec<Batch<'a>> {
    let mut days: BTreeMap<(String, &str), Batch<'a>> = BTreeMap::new();
    let mine = asking.state.applications.values().filter(|it| it.key.account == asking.account.merchant_id);
    for application in mine {
        for done in &application.activations {
            let Some(settled) = done.settled_at else { continue };
            let (date, currency) = (settled.strftime("%Y-%m-%d").to_string(), application.asked.currency);
            let batch = days.entry((date.clone(), currency.code())).or_insert_with(|| {
                let id = batch_id(&asking.account.merchant_id, &date, currency);
                Batch { id, date, currency, paid: Vec::new() }
            });
            batch.paid.push((application, done));
        }
    }
    days.into_values().rev().collect()
}

fn batch_id(merchant: &str, date: &str, currency: Currency) -> String {
    let hash = digest(format!("{merchant} {date} {}", currency.code()).as_bytes()).to_uppercase();
    format!("PB{}-{}-{}-{}-{}", &hash[..7], &hash[7..11], &hash[11..15], &hash[15..19], &hash[19..31])
}

/// One batch with its payments, or all of them, newest first.
pub(super) fn payments(asking: &Asking<'_>) -> Outcome {
    let batches = batches(asking);
    if let Some(id) = asking.form.text("id") {
        let batch = batches.iter().find(|batch| batch.id == id).ok_or(Refusal::NotFound("Payment batch"))?;
        let mut fields = batch.head();
        let paid = batch.paid.iter().map(|(application, done)| transaction(application, done)).collect();
        fields.push(("transactions".to_owned(), Json::List(paid)));
        return Ok((Vec::new(), object([("record", Json::Object(fields)), ("status", "ok".into())])));
    }
    let is = |name, value: &str| asking.form.text(name).is_none_or(|wanted| wanted == value);
    let fits = |batch: &Batch<'_>| is("currency", batch.currency.code()) && is("lender", LENDER_ID);
    let found: Vec<Batch<'_>> = batches.into_iter().filter(fits).collect();
    paged(asking, &found, |batch| {
        let mut fields = batch.head();
        let merchant =
            object([("id", (&asking.account.merchant_id).into()), ("name", (&asking.account.brand).into())]);
        fields.insert(4, ("merchant".to_owned(), merchant));
        fields.insert(5, ("records".to_owned(), whole(batch.paid.len())));
        Json::Object(fields)
    })
}

fn transaction(application: &Application, done: &Done) -> Json {
    let (credit, subsidy, net) = payment(application, done);
    let (person, plan) = (&application.person, &application.asked.plan);
    object([
        ("application", (&application.id).into()),
        ("creditAmount", whole(thousandths(credit))),
        ("customer", format!("{}, {}", person.last_name, person.first_name).to_uppercase().into()),
        ("depositAmount", whole(thousandths(done.act.amount * 10 - credit))),
        ("finance", object([("id", (&plan.id).into()), ("text", (&plan.text).into())])),
        ("netPaymentAmount", whole(thousandths(net))),
        ("purchasePrice", whole(shortest(done.act.amount))),
        ("reference", (&application.asked.reference).into()),
        ("subsidyAmount", whole(thousandths(subsidy))),
    ])
}
