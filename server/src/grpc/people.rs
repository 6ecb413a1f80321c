//! Who buys and where it goes: read from a request, and told in an answer.
//!
//! No fault repeats what it is about: a refusal is logged, and these are people.

use super::wire::Faults;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use ordain_proto::orders::v1 as proto;
use ordain_providers::{Address, BankAccount, Customer, Private};
use ordain_workflows::order::People;

/// Digits of a sort code.
const SORT_CODE_DIGITS: usize = 6;
/// Digits of an account's number, zeros in front among them.
const ACCOUNT_NUMBER_DIGITS: usize = 8;
/// A life, and more than any lender's form can say.
const MONTHS_MAX: u32 = 150 * 12;

/// Reads an order's people.
pub(super) fn asked(order: &proto::Order, faults: &mut Faults) -> People {
    let customer = asked_customer(order.customer.as_ref(), faults);
    let shipping_to = asked_address("order.shipping_address", order.shipping_address.as_ref(), faults);
    let billing = match &order.billing_address {
        Some(_) => asked_address("order.billing_address", order.billing_address.as_ref(), faults),
        None => shipping_to.clone(),
    };
    People { customer: Private::new(customer), billing, shipping_to }
}

/// What is wrong with people at this time.
pub(super) fn check(people: &People, now: Timestamp, faults: &mut Faults) {
    let today = now.to_zoned(TimeZone::UTC).date();
    if people.customer.expose().birth_date.is_some_and(|day| day >= today) {
        faults.add("order.customer.birth_date", "a day in the past");
    }
}

fn asked_customer(asked: Option<&proto::Customer>, faults: &mut Faults) -> Customer {
    let Some(asked) = asked else {
        faults.add("order.customer", "required");
        return Customer::default();
    };
    faults.required("order.customer.first_name", &asked.first_name);
    faults.optional("order.customer.middle_names", &asked.middle_names);
    faults.required("order.customer.last_name", &asked.last_name);
    faults.required("order.customer.email", &asked.email);
    faults.optional("order.customer.phone", &asked.phone);
    faults.optional("order.customer.gender", &asked.gender);
    Customer {
        first_name: asked.first_name.clone(),
        middle_names: asked.middle_names.clone(),
        last_name: asked.last_name.clone(),
        email: asked.email.clone(),
        phone: asked.phone.clone(),
        gender: asked.gender.clone(),
        birth_date: birth_date(&asked.birth_date, faults),
        bank_account: asked.bank_account.as_ref().map(|asked| bank_account(asked, faults)),
    }
}

fn birth_date(asked: &str, faults: &mut Faults) -> Option<Date> {
    let day = asked.parse().ok();
    // Read back, because a longer text may begin with a day.
    let is_day = day.is_some_and(|day: Date| day.to_string() == asked);
    if !asked.is_empty() && !is_day {
        faults.add("order.customer.birth_date", "expected a day, such as `1967-07-01`");
    }
    day.filter(|_| is_day)
}

fn bank_account(asked: &proto::BankAccount, faults: &mut Faults) -> BankAccount {
    let mut digits = |name: &str, text: &str, count: usize| {
        if text.len() != count || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.add(format!("order.customer.bank_account.{name}"), format!("expected {count} digits"));
        }
    };
    digits("sort_code", &asked.sort_code, SORT_CODE_DIGITS);
    digits("account_number", &asked.account_number, ACCOUNT_NUMBER_DIGITS);
    BankAccount { sort_code: asked.sort_code.clone(), account_number: asked.account_number.clone() }
}

fn asked_address(field: &str, asked: Option<&proto::Address>, faults: &mut Faults) -> Private<Address> {
    let Some(asked) = asked else {
        faults.add(field, "required");
        return Private::default();
    };
    if asked.lines.is_empty() || asked.lines.len() > 4 {
        faults.add(format!("{field}.lines"), "one to four street lines");
    }
    for (index, line) in asked.lines.iter().enumerate() {
        faults.required(&format!("{field}.lines[{index}]"), line);
    }
    faults.required(&format!("{field}.town"), &asked.town);
    for (name, text) in [
        ("region", &asked.region),
        ("postcode", &asked.postcode),
        ("street", &asked.street),
        ("flat", &asked.flat),
        ("building_number", &asked.building_number),
        ("building_name", &asked.building_name),
    ] {
        faults.optional(&format!("{field}.{name}"), text);
    }
    let country = asked.country_code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !country || !matches!(asked.country_code.len(), 0 | 2) {
        faults.add(format!("{field}.country_code"), "two upper-case letters (ISO 3166-1 alpha-2)");
    }
    if asked.months_at_address.is_some_and(|months| months > MONTHS_MAX) {
        faults.add(format!("{field}.months_at_address"), format!("at most {MONTHS_MAX}"));
    }
    Private::new(Address {
        lines: asked.lines.clone(),
        street: asked.street.clone(),
        flat: asked.flat.clone(),
        building_number: asked.building_number.clone(),
        building_name: asked.building_name.clone(),
        town: asked.town.clone(),
        region: asked.region.clone(),
        postcode: asked.postcode.clone(),
        country_code: asked.country_code.clone(),
        months_at_address: asked.months_at_address,
    })
}

/// A customer as the API spells it.
pub(super) fn customer(customer: &Private<Customer>) -> proto::Customer {
    let customer = customer.expose();
    let bank_account = customer.bank_account.as_ref().map(|bank| proto::BankAccount {
        sort_code: bank.sort_code.clone(),
        account_number: bank.account_number.clone(),
    });
    proto::Customer {
        first_name: customer.first_name.clone(),
        last_name: customer.last_name.clone(),
        email: customer.email.clone(),
        phone: customer.phone.clone(),
        middle_names: customer.middle_names.clone(),
        gender: customer.gender.clone(),
        birth_date: customer.birth_date.map(|day| day.to_string()).unwrap_or_default(),
        bank_account,
    }
}

/// An address as the API spells it.
pub(super) fn address(address: &Private<Address>) -> proto::Address {
    let address = address.expose();
    proto::Address {
        lines: address.lines.clone(),
        town: address.town.clone(),
        region: address.region.clone(),
        postcode: address.postcode.clone(),
        country_code: address.country_code.clone(),
        street: address.street.clone(),
        flat: address.flat.clone(),
        building_number: address.building_number.clone(),
        building_name: address.building_name.clone(),
        months_at_address: address.months_at_address,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Faults;
    use super::{address, asked, check, customer};
    use ordain_proto::orders::v1 as proto;

    /// Everything that can be said of people.
    fn order() -> proto::Order {
        let bank_account =
            proto::BankAccount { sort_code: "123456".into(), account_number: "12345678".into() };
        let home = proto::Address {
            lines: vec!["115 High Street".into()],
            street: "High Street".into(),
            flat: "B".into(),
            building_number: "115".into(),
            building_name: "Amanda apartments".into(),
            town: "London".into(),
            region: "Greater London".into(),
            postcode: "EC2A 4BX".into(),
            country_code: "GB".into(),
            months_at_address: Some(0),
        };
        let who = proto::Customer {
            first_name: "John".into(),
            middle_names: "L".into(),
            last_name: "Doe".into(),
            email: "john.doe@domain.example".into(),
            phone: "+44201234567".into(),
            gender: "male".into(),
            birth_date: "1967-07-01".into(),
            bank_account: Some(bank_account),
        };
        proto::Order { customer: Some(who), shipping_address: Some(home), ..Default::default() }
    }

    fn customer_of(order: &mut proto::Order) -> &mut proto::Customer {
        order.customer.as_mut().expect("somebody buys")
    }

    /// The fields that are at fault once the order is changed.
    #[track_caller]
    fn check_faults(change: impl FnOnce(&mut proto::Order), expected: &[&str]) {
        let (mut order, mut faults) = (order(), Faults::default());
        change(&mut order);
        let people = asked(&order, &mut faults);
        check(&people, "2026-11-21T12:00:00Z".parse().expect("a time"), &mut faults);
        let fields: Vec<_> = faults.0.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_was_said_of_people_is_told_again() {
        let (order, mut faults) = (order(), Faults::default());
        let people = asked(&order, &mut faults);
        assert!(faults.0.is_empty());
        assert_eq!(Some(customer(&people.customer)), order.customer);
        assert_eq!(Some(address(&people.shipping_to)), order.shipping_address);
        assert_eq!(people.billing, people.shipping_to, "none was given");
    }

    #[test]
    fn details_may_be_left_out() {
        let bare = |order: &mut proto::Order| {
            let who = customer_of(order);
            (who.birth_date, who.bank_account) = (String::new(), None);
            order.shipping_address.as_mut().expect("it goes somewhere").months_at_address = None;
        };
        check_faults(bare, &[]);
    }

    #[test]
    fn birth_date_is_a_day_in_the_past() {
        for day in ["2026-11-21", "2030-01-01", "1967-02-30", "1967-7-1", "1967-07-01T00:00:00", "yesterday"]
        {
            check_faults(|order| customer_of(order).birth_date = day.into(), &["order.customer.birth_date"]);
        }
    }

    #[test]
    fn bank_accounts_are_digits_alone() {
        for (sort_code, account_number) in [("12-34-56", "1234567"), ("", ""), ("12345６", "1234567x")] {
            let bank_account =
                proto::BankAccount { sort_code: sort_code.into(), account_number: account_number.into() };
            check_faults(
                |order| customer_of(order).bank_account = Some(bank_account),
                &["order.customer.bank_account.sort_code", "order.customer.bank_account.account_number"],
            );
        }
    }

    #[test]
    fn overlong_details_name_their_field() {
        check_faults(
            |order| {
                customer_of(order).middle_names = "x".repeat(256);
                let home = order.shipping_address.as_mut().expect("it goes somewhere");
                (home.building_name, home.months_at_address) = ("x".repeat(256), Some(1_801));
            },
            &[
                "order.customer.middle_names",
                "order.shipping_address.building_name",
                "order.shipping_address.months_at_address",
            ],
        );
    }
}
