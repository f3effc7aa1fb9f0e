//! Who pays.

use serde::Serialize;

use super::{Created, Pages, Paging, Stripe, expanding};
use crate::change::Change;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{Address, Customer, CustomerField, CustomerLookup, Deleted, List, Metadata, SearchResult};
use crate::words::choices;

choices! {
    /// Whether tax is to be charged.
    TaxExemption {
        /// Yes.
        None = "none",
        /// No.
        Exempt = "exempt",
        /// The customer pays it to the tax office themselves.
        Reverse = "reverse",
    }
}

choices! {
    /// What may come along with a customer.
    CustomerExpand {
        /// Numbers at tax offices.
        TaxIds = "tax_ids",
        /// What invoices are paid with.
        DefaultPaymentMethod = "invoice_settings.default_payment_method",
    }
}

/// A customer to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewCustomer {
    /// What is written on invoices.
    pub name: Option<String>,
    /// Where invoices go.
    pub email: Option<String>,
    /// Ours.
    pub metadata: Metadata,
    /// Languages, best first.
    pub preferred_locales: Vec<String>,
    /// What is written on invoices.
    pub address: Option<Address>,
    /// Whether tax is to be charged.
    pub tax_exempt: Option<TaxExemption>,
    /// Numbers at tax offices.
    pub tax_id_data: Vec<NewTaxId>,
    /// What every invoice of theirs is to have.
    pub invoice_settings: Option<CustomerInvoiceSettings>,
    /// `clock_…`, to live in a time of their own.
    pub test_clock: Option<String>,
}

/// A number at a tax office.
#[derive(Debug, Clone, Serialize)]
pub struct NewTaxId {
    /// `eu_vat`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The number.
    pub value: String,
}

/// What every invoice of a customer's is to have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomerInvoiceSettings {
    /// Lines at the top, such as an order number (at most 4). They are replaced, all of them.
    pub custom_fields: Option<Change<Vec<CustomerField>>>,
    /// What they are paid with.
    pub default_payment_method: Option<String>,
}

/// What to change of a customer; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomerChange {
    /// What is written on invoices.
    pub name: Option<String>,
    /// Where invoices go.
    pub email: Option<String>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
    /// Languages, best first.
    pub preferred_locales: Vec<String>,
    /// What is written on invoices.
    pub address: Option<Change<Address>>,
    /// Whether tax is to be charged.
    pub tax_exempt: Option<TaxExemption>,
    /// What every invoice of theirs is to have.
    pub invoice_settings: Option<CustomerInvoiceSettings>,
}

/// Which customers to list; those in a time of their own are left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomerFilter {
    /// Those with this email address.
    pub email: Option<String>,
    /// Made then.
    pub created: Option<Created>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Stripe {
    /// Makes a customer.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_customer(&self, key: &Idempotency, new: &NewCustomer) -> Result<Customer, Error> {
        self.post(&["customers"], key, pairs(new)).await
    }

    /// Changes a customer.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none, or none any more.
    pub async fn update_customer(
        &self,
        customer_id: &str,
        key: &Idempotency,
        change: &CustomerChange,
    ) -> Result<Customer, Error> {
        self.post(&["customers", customer_id], key, pairs(change)).await
    }

    /// One customer, or what is left of them.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there never was one.
    pub async fn get_customer(&self, customer_id: &str, expand: &[CustomerExpand]) -> Result<CustomerLookup, Error> {
        let mut query = Pairs::new();
        expanding(&mut query, expand.iter().map(|what| what.as_str().to_owned()));
        self.get(&["customers", customer_id], &query).await
    }

    /// Deletes a customer for ever, and ends their subscriptions at once and without a last invoice.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none, or none any more.
    pub async fn delete_customer(&self, customer_id: &str) -> Result<Deleted, Error> {
        self.delete(&["customers", customer_id], &Pairs::new()).await
    }

    /// A part of the customers.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_customers(&self, filter: &CustomerFilter) -> Result<List<Customer>, Error> {
        self.get(&["customers"], &pairs(filter)?).await
    }

    /// All customers, page after page.
    #[must_use]
    pub fn customers(&self, filter: &CustomerFilter) -> Pages<Customer> {
        Pages::new(self, &["customers"], pairs(filter))
    }

    /// Customers with this value in their metadata. For repairs only: what was made within the last minute, and
    /// sometimes the last hour, is not found.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn search_customers(
        &self,
        metadata_key: &str,
        value: &str,
        page: Option<&str>,
    ) -> Result<SearchResult<Customer>, Error> {
        let mut query = vec![("query".to_owned(), format!("metadata[{}]:{}", quoted(metadata_key), quoted(value)))];
        query.extend(page.map(|page| ("page".to_owned(), page.to_owned())));
        self.get(&["customers", "search"], &query).await
    }
}

/// A text in the language of searches.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(quoted("org_1"), "'org_1'");
        assert_eq!(quoted(r"' OR name:'x\"), r"'\' OR name:\'x\\'");
    }
}
