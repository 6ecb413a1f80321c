//! Who buys, who sells and where it goes: looked at as the guide's table describes it, and not kept.

use super::generate::url_if_any;
use crate::exact::{Fault, Fields, wrong};

/// What an address is made of; of a billing address and a seller's, all of it may be missing.
const PLACE: [&str; 7] =
    ["first_name", "last_name", "address", "city", "postal_code", "phone", "country_code"];

/// Everybody whom a request names.
pub(crate) fn looked_at(body: &Fields) -> Result<(), Fault> {
    let customer = body.object("customer")?;
    texts(&customer, &["first_name", "address"], &["last_name", "email"])?;
    phone(&customer)?;
    let shipping = body.object("shipping_address")?;
    place(&shipping, &["first_name", "address", "city", "postal_code", "country_code"])?;
    phone(&shipping)?;
    if body.has("billing_address") {
        place(&body.object("billing_address")?, &[])?;
    }
    if body.has("sellers") {
        body.objects("sellers")?.iter().try_for_each(seller)?;
    }
    Ok(())
}

fn seller(seller: &Fields) -> Result<(), Fault> {
    texts(seller, &[], &["id", "name", "email", "legal_id"])?;
    url_if_any(seller, "url")?;
    if seller.has("address") { place(&seller.object("address")?, &[]) } else { Ok(()) }
}

fn place(of: &Fields, must: &[&str]) -> Result<(), Fault> {
    texts(of, must, &PLACE)?;
    let country = of.text_or_empty("country_code")?;
    let is_country = country.len() == 3 && country.bytes().all(|letter| letter.is_ascii_uppercase());
    if country.is_empty() || is_country {
        Ok(())
    } else {
        Err(wrong("country_code", "three capital letters"))
    }
}

fn texts(of: &Fields, must: &[&str], may: &[&str]) -> Result<(), Fault> {
    must.iter().try_for_each(|name| of.text(name).map(drop))?;
    may.iter().try_for_each(|name| of.text_or_empty(name).map(drop))
}

/// A number of Indonesia: 62 and digits.
fn phone(of: &Fields) -> Result<(), Fault> {
    let phone = of.text("phone")?;
    let digits = phone.bytes().all(|digit| digit.is_ascii_digit());
    if digits && phone.starts_with("62") && (8..=16).contains(&phone.len()) {
        Ok(())
    } else {
        Err(wrong("phone", "a number that begins with 62"))
    }
}
