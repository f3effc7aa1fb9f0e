//! The owner's side of signed contexts: which keys the database knows, and whether it asks for them.

use tokio_postgres::Client;

use crate::bootstrap::connect;
use crate::{ContextKey, Error, Result};

/// What the database asks of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// Whether it believes signed contexts alone.
    pub signed: bool,
    /// Names of the keys it knows, oldest first.
    pub keys: Vec<String>,
}

/// How it stands, as the owner.
pub async fn signing(owner_url: &str) -> Result<Signing> {
    let owner = owner(owner_url).await?;
    let row = owner
        .query_one(
            "select tenancy.contexts_are_signed(), array(select id from tenancy.context_keys order by created_at, id)",
            &[],
        )
        .await
        .map_err(|e| Error::of("signing", e))?;
    Ok(Signing { signed: row.get(0), keys: row.get(1) })
}

/// Adds the key and asks for signatures from now on. Servers without a key see nothing from this moment.
pub async fn sign_contexts(owner_url: &str, key: &ContextKey) -> Result<()> {
    let mut owner = owner(owner_url).await?;
    let failed = |e| Error::of("sign contexts", e);
    let (inner, outer) = key.halves();
    let transaction = owner.transaction().await.map_err(failed)?;
    let added = transaction
        .query_opt(
            "insert into tenancy.context_keys (id, inner_key, outer_key) values ($1, $2, $3)
             on conflict (id) do update set id = excluded.id
                where context_keys.inner_key = excluded.inner_key and context_keys.outer_key = excluded.outer_key
             returning id",
            &[&key.name(), &inner, &outer],
        )
        .await
        .map_err(failed)?;
    if added.is_none() {
        return Err(Error::Context(format!(
            "the database has another secret under the name {:?}: give the new key a new name",
            key.name()
        )));
    }
    transaction.execute("select tenancy.sign_contexts(true)", &[]).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Believes contexts without a signature again. Keys are kept.
pub async fn plain_contexts(owner_url: &str) -> Result<()> {
    let owner = owner(owner_url).await?;
    owner.execute("select tenancy.sign_contexts(false)", &[]).await.map_err(|e| Error::of("plain contexts", e))?;
    Ok(())
}

/// Forgets a key after every server has a newer one. Says whether it was known.
pub async fn forget_context_key(owner_url: &str, name: &str) -> Result<bool> {
    let owner = owner(owner_url).await?;
    let last = "delete from tenancy.context_keys as key where id = $1
                and (not tenancy.contexts_are_signed() or exists (select from tenancy.context_keys where id <> key.id))";
    let forgotten = owner.execute(last, &[&name]).await.map_err(|e| Error::of("forget context key", e))?;
    if forgotten == 0 && signing(owner_url).await?.keys.iter().any(|key| key == name) {
        return Err(Error::Context(format!(
            "{name:?} is the only key and signatures are asked for: add another key first, or go back with: \
             tenantry context plain"
        )));
    }
    Ok(forgotten > 0)
}

async fn owner(url: &str) -> Result<Client> {
    connect(&url.parse().map_err(|e: tokio_postgres::Error| Error::Url(e.to_string()))?).await
}
