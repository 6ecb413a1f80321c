//! The faults of an order, collected, and those that the table's lists tell.

use crate::{FaultReason, FieldFault, OrderContent, ProviderSpec};

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

    /// Options that the table lacks, those that it requires, and those that are not written in their form.
    pub(crate) fn options(&mut self, content: &OrderContent, spec: &ProviderSpec) {
        let names: Vec<_> = spec.options.iter().map(|option| option.name).collect();
        for name in content.provider_options.keys().filter(|name| !names.contains(&name.as_str())) {
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            self.option(name, &format!("is not an option of {}; there is {known}", spec.name));
        }
        for option in spec.options {
            let value = content.option(option.name);
            if option.required && value.is_none_or(str::is_empty) {
                self.option(option.name, &format!("must be given: {}", option.about));
                continue;
            }
            for why in option.form.faults(value, content) {
                self.option(option.name, &why);
            }
            if value.is_some() && option.needs.iter().any(|needed| content.option(needed).is_none()) {
                let needed = option.needs.join("`, `");
                self.option(option.name, &format!("needs `{needed}` beside it"));
            }
        }
    }

    /// An option whose value cannot be read.
    pub(crate) fn option(&mut self, name: &str, why: &str) {
        self.invalid(format!("order.provider_options[{name:?}]"), why);
    }
}
