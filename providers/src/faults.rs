//! The faults that an order can have at any provider, so that each codec checks only what is its own.

use crate::content::{Address, Customer};
use crate::{FaultReason, FieldFault, OrderContent, ProviderSpec};

/// Bytes of any one text about people and places.
pub(crate) const TEXT_BYTES_MAX: usize = 255;

/// What was found so far, in the order of the fields.
#[derive(Default)]
pub(crate) struct Faults(pub(crate) Vec<FieldFault>);

impl Faults {
    /// One fault.
    pub(crate) fn add(&mut self, field: impl Into<String>, description: &str, reason: FaultReason) {
        self.0.push(FieldFault { field: field.into(), description: description.to_owned(), reason });
    }

    /// A value that is wrong in itself.
    pub(crate) fn invalid(&mut self, field: impl Into<String>, description: &str) {
        self.add(field, description, FaultReason::Invalid);
    }

    /// A text that does not fit.
    pub(crate) fn text(&mut self, field: impl Into<String>, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            self.invalid(field, &format!("must not be longer than {bytes_max} bytes"));
        }
    }

    /// A text without which the provider takes no order.
    pub(crate) fn required(&mut self, field: impl Into<String>, text: &str, bytes_max: usize) {
        if text.trim().is_empty() {
            return self.invalid(field, "must be given");
        }
        self.text(field, text, bytes_max);
    }

    /// Currencies that the table lacks, and more lines than it allows.
    pub(crate) fn table(&mut self, content: &OrderContent, spec: &ProviderSpec) {
        let codes: Vec<_> = spec.currencies.iter().map(|currency| currency.code()).collect();
        let why = format!("{} settles in {} only", spec.name, codes.join(", "));
        let known = |currency| spec.currencies.contains(&currency);
        if !known(content.currency) || !known(content.total.currency) {
            self.add("order.total.currency_code", &why, FaultReason::CurrencyNotSupported);
        }
        for (index, line) in content.lines.iter().enumerate() {
            if !known(line.total.currency) || !known(line.unit_price.currency) {
                let field = format!("order.lines[{index}].total.currency_code");
                self.add(field, &why, FaultReason::CurrencyNotSupported);
            }
        }
        if content.lines.len() > spec.limits.lines_max {
            self.invalid("order.lines", &format!("must not be more than {}", spec.limits.lines_max));
        }
    }

    /// Options that the table lacks, and those that it requires.
    pub(crate) fn options(&mut self, content: &OrderContent, spec: &ProviderSpec) {
        let names: Vec<_> = spec.options.iter().map(|option| option.name).collect();
        for name in content.provider_options.keys().filter(|name| !names.contains(&name.as_str())) {
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let why = format!("is not an option of {}; there is {known}", spec.name);
            self.invalid(format!("order.provider_options[{name:?}]"), &why);
        }
        for option in spec.options.iter().filter(|option| option.required) {
            if content.provider_options.get(option.name).is_none_or(|value| value.is_empty()) {
                let why = format!("must be given: {}", option.about);
                self.invalid(format!("order.provider_options[{:?}]", option.name), &why);
            }
        }
    }

    /// An option whose value cannot be read.
    pub(crate) fn option(&mut self, name: &str, why: &str) {
        self.invalid(format!("order.provider_options[{name:?}]"), why);
    }

    /// Everything about the customer that is too long.
    pub(crate) fn customer(&mut self, customer: &Customer) {
        let fields = [
            ("first_name", &customer.first_name),
            ("last_name", &customer.last_name),
            ("email", &customer.email),
            ("phone", &customer.phone),
        ];
        for (name, text) in fields {
            self.text(format!("order.customer.{name}"), text, TEXT_BYTES_MAX);
        }
    }

    /// Everything about an address that is too long.
    pub(crate) fn address(&mut self, path: &str, address: &Address) {
        for (index, line) in address.lines.iter().enumerate() {
            self.text(format!("{path}.lines[{index}]"), line, TEXT_BYTES_MAX);
        }
        let fields = [("town", &address.town), ("region", &address.region), ("postcode", &address.postcode)];
        for (name, text) in fields {
            self.text(format!("{path}.{name}"), text, TEXT_BYTES_MAX);
        }
    }
}
