//! What a shopper buys, and who the shopper is: made up, and made to be recognised.
//!
//! Every name, address and number carries the shopper's index, so that personal data which turns up where it should
//! not can be told from anything else.

use super::dice::Dice;
use super::manners::Manners;
use crate::cli::money;
use crate::cli::order::sample;
use ordain_proto::orders::v1::{Address, Customer, Line, LineKind, Order};

/// Article, title, price in pence.
const ARTICLES: [(&str, &str, i64); 8] = [
    ("LAMP-01", "Desk lamp, brass", 4_900),
    ("BULB-E27", "LED bulb E27", 649),
    ("CHAIR-3", "Folding chair", 7_999),
    ("RUG-160", "Rug, 160 × 230", 12_345),
    ("VASE-S", "Small vase", 1_501),
    ("MUG-4", "Set of four mugs", 2_399),
    ("SHELF-2", "Shelf, oak", 8_850),
    ("CLOCK-K", "Kitchen clock", 1_999),
];
/// Pieces of one line, at most.
const PIECES_MAX: u32 = 3;

/// The order of one shopper: one to four articles, sometimes delivery, sometimes a discount.
#[must_use]
pub fn order(dice: &mut Dice, index: u32, manners: &Manners) -> Order {
    let lines = lines(dice, manners);
    let total = lines.iter().filter_map(|line| line.total.as_ref()).map(|total| total.minor_units).sum();
    Order {
        total: Some(money::minor(manners.money().0, total)),
        lines,
        customer: Some(customer(index, manners)),
        shipping_address: Some(address(index, manners)),
        metadata: [("demo".to_owned(), index.to_string())].into(),
        ..Order::default()
    }
}

fn lines(dice: &mut Dice, manners: &Manners) -> Vec<Line> {
    let first = dice.below(8);
    let count = 1 + dice.below(4);
    // Neighbours in the list, so that no article occurs twice: providers tell goods apart by article alone.
    let goods = (0..count).map(|step| {
        let (sku, title, price) = ARTICLES[((first + step) % 8) as usize];
        sample::line(LineKind::Product, (sku, title), 1 + dice.below(PIECES_MAX), price)
    });
    let mut lines: Vec<Line> = goods.collect();
    if dice.percent(40) {
        lines.push(sample::line(LineKind::Shipping, ("STANDARD", "Standard delivery"), 1, 495));
    }
    if dice.percent(30) && manners.discounts() {
        // An odd amount, so that its share of a line is rarely a whole penny.
        let off = -101 - i64::from(dice.below(200));
        lines.push(sample::line(LineKind::Discount, ("WELCOME", "Welcome discount"), 1, off));
    }
    for (number, line) in (1..).zip(&mut lines) {
        line.line_id = number.to_string();
    }
    sample::in_local_money(&mut lines, manners);
    lines
}

fn customer(index: u32, manners: &Manners) -> Customer {
    Customer {
        first_name: format!("Demi{index}"),
        last_name: format!("Shopperton{index}"),
        email: format!("shopper-{index}@demo.example"),
        phone: manners.phone(index),
        ..Customer::default()
    }
}

fn address(index: u32, manners: &Manners) -> Address {
    Address {
        postcode: "DE1 9MO".to_owned(),
        town: "Demoford".to_owned(),
        country_code: manners.country().to_owned(),
        ..sample::address(&format!("{index} Demo Lane"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Manners, order};
    use crate::demo::dice::Dice;
    use ordain_proto::orders::v1::LineKind;
    use std::collections::BTreeSet;

    #[test]
    fn every_basket_adds_up_and_names_each_article_once() {
        for index in 0..500 {
            let order = order(&mut Dice::of(1, index), index, &Manners::of("dividebuy").unwrap());
            let sum: i64 = order.lines.iter().map(|line| line.total.as_ref().unwrap().minor_units).sum();
            assert_eq!(order.total.unwrap().minor_units, sum);
            assert!(sum > 0, "shopper {index} would pay nothing");
            let goods: Vec<_> = order.lines.iter().filter(|line| line.kind() == LineKind::Product).collect();
            assert!((1..=4).contains(&goods.len()));
            assert_eq!(goods.iter().map(|line| &line.sku).collect::<BTreeSet<_>>().len(), goods.len());
        }
    }

    #[test]
    fn shoppers_are_told_apart_by_their_data() {
        let customer = order(&mut Dice::of(1, 17), 17, &Manners::of("dividebuy").unwrap()).customer.unwrap();
        assert_eq!(customer.email, "shopper-17@demo.example");
        assert_eq!(customer.phone, "+447700900017");
    }
}
