//! Tax ids of customers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::shelf::Record;

/// A tax id.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct TaxId {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) created: Seconds,
}

impl Record for TaxId {
    const NAME: &'static str = "tax id";

    fn id(&self) -> &str {
        &self.id
    }
}

impl TaxId {
    /// As the API shows it. Values that Stripe's test mode knows are verified as they are there.
    pub(crate) fn json(&self) -> Value {
        let status = match self.value.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()) {
            "000000000" => "verified",
            "111111111" => "unverified",
            _ => "pending",
        };
        let country = match self.kind.split_once('_') {
            Some(("eu", _)) => self.value.get(..2).map(str::to_ascii_uppercase),
            Some((country, _)) => Some(country.to_ascii_uppercase()),
            None => None,
        };
        json!({
            "id": self.id,
            "object": "tax_id",
            "country": country,
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "owner": {"customer": self.customer, "customer_account": null, "type": "customer"},
            "type": self.kind,
            "value": self.value,
            "verification": {"status": status, "verified_address": null, "verified_name": null},
        })
    }
}

impl Book {
    /// Takes a tax id from its customer.
    pub(crate) fn remove_tax_id(&mut self, id: &str, at: Seconds) {
        if let Some(tax_id) = self.tax_ids.take(id) {
            self.emit("customer.tax_id.deleted", tax_id.json(), at);
        }
    }

    /// One more tax id of a customer; answers with its id.
    pub(crate) fn add_tax_id(&mut self, customer: &str, kind: &str, value: &str, at: Seconds) -> String {
        let tax_id = TaxId {
            id: ids::fresh("txi_"),
            customer: customer.to_owned(),
            kind: kind.to_owned(),
            value: value.to_owned(),
            created: at,
        };
        let (id, shown) = (tax_id.id.clone(), tax_id.json());
        self.tax_ids.put(tax_id);
        self.emit("customer.tax_id.created", shown, at);
        id
    }
}
