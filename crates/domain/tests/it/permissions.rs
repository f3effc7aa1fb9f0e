//! `docs/permissions.md` is the catalogue: written by this test, read by people.

use std::fmt::Write as _;
use std::path::Path;

use domain::roles::Role;
use domain::{BaseRole, CustomRole, Permission, Rights};

const DOCUMENT: &str = "../../docs/permissions.md";

const HEAD: &str = "\
# Permissions

Written by a test from the catalogue in `crates/domain/src/permissions.rs`; `UPDATE_GOLDEN=1 script/test permissions` writes it
anew. The settings page *Roles* shows the same table with the organisation's own roles beside it, and `tenancy.permissions_of` in
Postgres says the same to the policies.

Everybody in an organisation is an **admin** or a **member**. **Custom roles** add rights on top, and a person may have several:
what they may do is the sum. Two are ready-made; on the Business plan an organisation makes its own, of any permissions below.

| permission | lets a person | admin | member | report-viewer | billing-admin |
|---|---|:-:|:-:|:-:|:-:|
";

const FOOT: &str = "
## Rules that no permission overrides

- **Nobody gives what they do not hold**, in an invitation, a role of a member, or a custom role's contents; and nobody changes or
  removes whoever holds more than they do (`grants.rs`).
- **An organisation keeps an admin**: the last one cannot be demoted, be removed or leave (`memberships::keep_an_admin`). At Clerk that
  can happen all the same; the organisation then says that nobody is its admin.
- **Members and pending invitations are within the plan's seats** (`seats.rs`). Whoever Clerk adds beyond waits.
- **Making an admin takes the person themselves**, signed in within the last ten minutes, and nobody who acts in their name
  (`presence.rs`; exports of the log and of all data take it too: [decision 20](decisions/0020-some-things-take-the-person-themselves.md)).

Each is one function, asked under the organisation's lock by every way there is. Whoever is refused is in the audit log, as
`access.refused`, with the route and what they lack.
";

fn document() -> String {
    let columns: Vec<Rights> = [BaseRole::Admin, BaseRole::Member]
        .map(Rights::of)
        .into_iter()
        .chain(CustomRole::BUILT_IN.map(|role| Role::built_in(role).permissions.into_iter().collect()))
        .collect();
    let mut text = HEAD.to_owned();
    for (name, permissions) in Permission::GROUPS {
        writeln!(text, "| **{name}** | | | | | |").unwrap();
        for permission in *permissions {
            let cells: Vec<&str> =
                columns.iter().map(|rights| if rights.contains(*permission) { "yes" } else { "–" }).collect();
            writeln!(text, "| `{permission}` | {} | {} |", permission.label(), cells.join(" | ")).unwrap();
        }
    }
    text + FOOT
}

#[test]
fn the_document_is_the_catalogue() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, document()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        written,
        document(),
        "docs/permissions.md is not the catalogue; if this is meant, run with UPDATE_GOLDEN=1"
    );
}
