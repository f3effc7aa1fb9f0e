//! Changes of a customer's balance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::shelf::Record;

/// One change.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) customer: String,
    /// Negative for credit.
    pub(crate) amount: i64,
    pub(crate) ending_balance: i64,
    pub(crate) currency: String,
    pub(crate) kind: String,
    pub(crate) invoice: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) created: Seconds,
}

impl Record for BalanceTransaction {
    const NAME: &'static str = "customer balance transaction";

    fn id(&self) -> &str {
        &self.id
    }
}

impl BalanceTransaction {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "customer_balance_transaction",
            "amount": self.amount,
            "checkout_session": null,
            "created": self.created,
            "credit_note": null,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": self.description,
            "ending_balance": self.ending_balance,
            "invoice": self.invoice,
            "livemode": false,
            "metadata": {},
            "type": self.kind,
        })
    }
}

impl Book {
    /// Changes what a customer owes or has in credit; answers with the id of the change.
    pub(crate) fn move_balance(
        &mut self,
        customer: &str,
        amount: i64,
        kind: &str,
        invoice: Option<&str>,
        at: Seconds,
    ) -> String {
        let id = ids::fresh("cbtxn_");
        if let Some(customer) = self.customers.find_mut(customer) {
            customer.balance += amount;
            self.balance_transactions.put(BalanceTransaction {
                id: id.clone(),
                customer: customer.id.clone(),
                amount,
                ending_balance: customer.balance,
                currency: customer.currency.clone().unwrap_or_else(|| "eur".to_owned()),
                kind: kind.to_owned(),
                invoice: invoice.map(str::to_owned),
                description: None,
                created: at,
            });
        }
        id
    }
}
