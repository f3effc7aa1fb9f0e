//! What is bought while looking.

use super::account::{Account, text};

/// Prices of a product of its own.
pub(super) struct Catalogue {
    pub(super) product: String,
    /// 29.00 a month.
    pub(super) small: String,
    /// 99.00 a month.
    pub(super) large: String,
}

impl Catalogue {
    /// Makes it.
    pub(super) async fn make(account: &Account) -> anyhow::Result<Self> {
        let product = text(&account.make("products", &[("name", "Tenantry verify")]).await?["id"]);
        account.is_set_aside(&format!("products/{product}"));
        let [small, large] = [price(account, &product, "2900").await?, price(account, &product, "9900").await?];
        Ok(Self { product, small, large })
    }
}

async fn price(account: &Account, product: &str, amount: &str) -> anyhow::Result<String> {
    let form = [("product", product), ("currency", "usd"), ("unit_amount", amount), ("recurring[interval]", "month")];
    let price = text(&account.make("prices", &form).await?["id"]);
    account.is_set_aside(&format!("prices/{price}"));
    Ok(price)
}
