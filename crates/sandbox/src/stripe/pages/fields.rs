//! Fields of forms: what is asked, what was typed, what is wrong with it.

use http::StatusCode;

use crate::portal::Form;
use crate::stripe::pages::countries::{COUNTRIES, is_country};
use crate::stripe::records::Address;

/// The most that is read of a field.
const LONGEST: usize = 500;
/// What is said of a field that has to be there.
pub(super) const REQUIRED: &str = "This field is required.";

/// Kinds of tax ids that are offered.
pub(super) const TAX_IDS: [(&str, &str); 7] = [
    ("", "Choose a type"),
    ("eu_vat", "EU VAT"),
    ("gb_vat", "UK VAT"),
    ("ch_vat", "Swiss VAT"),
    ("no_vat", "Norwegian VAT"),
    ("us_ein", "US EIN"),
    ("au_abn", "Australian ABN"),
];

/// One field.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) error: Option<String>,
    /// `text` or `email`; a choice when there are options.
    pub(super) kind: &'static str,
    /// The browser's word for it.
    pub(super) autocomplete: &'static str,
    pub(super) inputmode: &'static str,
    pub(super) placeholder: &'static str,
    pub(super) optional: bool,
    /// Half as wide as the form.
    pub(super) short: bool,
    /// Values and their names.
    pub(super) options: Vec<(String, String)>,
    /// Whether the browser begins here.
    pub(super) first: bool,
}

impl Field {
    /// A line of text.
    pub(super) fn text(name: &str, label: &str, autocomplete: &'static str) -> Self {
        Self { name: name.to_owned(), label: label.to_owned(), kind: "text", autocomplete, ..Self::default() }
    }

    /// An address of mail.
    pub(super) fn email(name: &str, label: &str) -> Self {
        Self { kind: "email", ..Self::text(name, label, "email") }
    }

    /// A line of digits.
    pub(super) fn digits(
        name: &str,
        label: &str,
        autocomplete: &'static str,
        placeholder: &'static str,
        short: bool,
    ) -> Self {
        Self { inputmode: "numeric", placeholder, short, ..Self::text(name, label, autocomplete) }
    }

    /// One of several.
    pub(super) fn choice<'a>(
        name: &str,
        label: &str,
        autocomplete: &'static str,
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let options = options.into_iter().map(|(value, name)| (value.to_owned(), name.to_owned())).collect();
        Self { options, ..Self::text(name, label, autocomplete) }
    }

    /// A country.
    pub(super) fn country(name: &str, label: &str) -> Self {
        Self { value: "DE".to_owned(), ..Self::choice(name, label, "country", COUNTRIES) }
    }

    /// It may be left empty.
    pub(super) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Half as wide.
    pub(super) fn short(self) -> Self {
        Self { short: true, ..self }
    }

    /// What stands in it at first.
    pub(super) fn filled(mut self, value: Option<&str>) -> Self {
        if let Some(value) = value {
            value.clone_into(&mut self.value);
        }
        self
    }
}

/// The fields of a form, in groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(pub(super) Vec<Field>);

impl Fields {
    /// Takes what was typed. What has to be there and is not is complained about.
    pub(super) fn read(&mut self, form: &Form) {
        for field in &mut self.0 {
            field.value = form.get(&field.name).chars().take(LONGEST).collect();
            if field.value.is_empty() && !field.optional {
                field.error = Some(REQUIRED.to_owned());
            } else if field.kind == "email" && !field.value.is_empty() && !is_email(&field.value) {
                field.error = Some("Your email is invalid.".to_owned());
            }
        }
    }

    /// What was typed; none when it is empty.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|field| field.name == name).map(|field| field.value.clone()).filter(|it| !it.is_empty())
    }

    /// Complains about a field.
    pub(super) fn refuse(&mut self, name: &str, message: &str) {
        if let Some(field) = self.0.iter_mut().find(|field| field.name == name) {
            field.error = Some(message.to_owned());
        }
    }

    /// Whether there is a field of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|field| field.name == name)
    }

    /// Whether nothing is wrong.
    pub(super) fn are_good(&self) -> bool {
        self.0.iter().all(|field| field.error.is_none())
    }

    /// Leads the browser to what is wrong.
    pub(super) fn point(&mut self) {
        if let Some(field) = self.0.iter_mut().find(|field| field.error.is_some()) {
            field.first = true;
        }
    }
}

/// The fields of an address.
pub(super) fn address_fields(address: Option<&Address>) -> Vec<Field> {
    let part = |part: fn(&Address) -> &Option<String>| address.and_then(|address| part(address).as_deref());
    vec![
        Field::country("country", "Country or region").filled(part(|it| &it.country)),
        Field::text("line1", "Address line 1", "address-line1").filled(part(|it| &it.line1)),
        Field::text("line2", "Address line 2", "address-line2").optional().filled(part(|it| &it.line2)),
        Field::text("postal_code", "Postal code", "postal-code").short().filled(part(|it| &it.postal_code)),
        Field::text("city", "City", "address-level2").short().filled(part(|it| &it.city)),
        Field::text("state", "State or region", "address-level1").optional().filled(part(|it| &it.state)),
    ]
}

/// The address that was typed.
pub(super) fn address(fields: &mut Fields) -> Address {
    let country = fields.value("country");
    if country.as_deref().is_some_and(|code| !is_country(code)) {
        fields.refuse("country", "Choose a country of the list.");
    }
    Address {
        country,
        line1: fields.value("line1"),
        line2: fields.value("line2"),
        postal_code: fields.value("postal_code"),
        city: fields.value("city"),
        state: fields.value("state"),
    }
}

/// The tax id that was typed: its type and value.
pub(super) fn read_tax_id(fields: &mut Fields) -> Option<(String, String)> {
    let kind = fields.value("tax_id_type").filter(|kind| TAX_IDS.iter().any(|(known, _)| known == kind));
    match (kind, fields.value("tax_id")) {
        (Some(kind), Some(value)) => {
            let has_country = value.get(..2).is_some_and(|it| it.bytes().all(|letter| letter.is_ascii_alphabetic()));
            if kind == "eu_vat" && !has_country {
                fields.refuse("tax_id", "This tax ID is invalid: an EU VAT number begins with its country.");
            }
            Some((kind, value))
        }
        (None, Some(_)) => {
            fields.refuse("tax_id_type", "Choose the type of the tax ID.");
            None
        }
        (Some(_), None) => {
            fields.refuse("tax_id", "Your tax ID is incomplete.");
            None
        }
        (None, None) => None,
    }
}

/// 422 when there is something to put right.
pub(super) fn status(is_good: bool) -> StatusCode {
    if is_good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    }) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_have_a_name_and_a_host() {
        assert!(is_email("mary.ward@example.com"));
        for bad in ["mary", "mary@", "@example.com", "mary@example", "ma ry@example.com", "mary@.com", "mary@com."] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
