//! What is said of what.

use domain::mails::{Days, Link, Notice};

use super::{Action, Teller, Words};

pub(super) fn of(notice: &Notice, teller: &Teller<'_>) -> Words {
    match notice {
        Notice::OrganisationDeleted { organisation, until, restore, export, .. } => {
            let (name, until) = (teller.name(organisation), teller.moment(*until));
            Words {
                subject: format!("{name} was deleted"),
                heading: format!("{name} was deleted"),
                paragraphs: vec![
                    format!(
                        "{} Nobody can work in it any more, and a subscription it had is ended with a last invoice.",
                        teller.deleted(&name)
                    ),
                    format!(
                        "Nothing is lost yet. Until {until} any admin can restore it, with its data, members and roles, or take its data along. After that everything of it is erased for good."
                    ),
                ],
                actions: ways(teller, restore, export.as_ref()),
                reason: admin_of(&name),
            }
        }
        Notice::OrganisationDeletedForMembers { organisation, .. } => {
            let name = teller.name(organisation);
            Words {
                subject: format!("{name} was deleted"),
                heading: format!("{name} was deleted"),
                paragraphs: vec![
                    format!("{} You can no longer open it.", teller.deleted(&name)),
                    "Its admins can restore it for a while. If this surprises you, ask one of them. There is nothing you need to do.".to_owned(),
                ],
                actions: Vec::new(),
                reason: member_of(&name),
            }
        }
        Notice::DeletionReminder { organisation, days, until, restore, export } => {
            let (name, until) = (teller.name(organisation), teller.moment(*until));
            let soon = match days {
                Days::Seven => "in 7 days",
                Days::One => "tomorrow",
            };
            Words {
                subject: format!("{name} will be erased {soon}"),
                heading: format!("{name} will be erased {soon}"),
                paragraphs: vec![
                    format!(
                        "The organisation {name} was deleted. On {until} everything of it is erased for good: all data, files, members and roles."
                    ),
                    "Until then any admin can restore it, or take its data along. If it is meant to go, there is nothing you need to do."
                        .to_owned(),
                ],
                actions: ways(teller, restore, export.as_ref()),
                reason: admin_of(&name),
            }
        }
        Notice::OrganisationRestored { organisation, home, .. } => {
            let name = teller.name(organisation);
            Words {
                subject: format!("{name} is back"),
                heading: format!("{name} is back"),
                paragraphs: vec![
                    format!("{} Its data, members and roles are as they were.", teller.restored(&name)),
                    "Its subscription is not: it is on the Free plan until an admin chooses another.".to_owned(),
                ],
                actions: vec![teller.action("Open it", home)],
                reason: member_of(&name),
            }
        }
        Notice::PaymentFailed { organisation, invoice, owed, next_try, billing } => {
            let name = teller.name(organisation);
            let invoice = match invoice {
                Some(number) => format!("invoice {}", teller.name(number)),
                None => "an invoice".to_owned(),
            };
            let next = match next_try {
                Some(at) => {
                    format!("The payment is tried again on {}. A new card is used from then on.", teller.moment(*at))
                }
                None => "The payment is not tried again by itself. Pay the invoice, or give another card.".to_owned(),
            };
            Words {
                subject: format!("A payment of {owed} for {name} failed"),
                heading: format!("A payment of {owed} failed"),
                paragraphs: vec![
                    format!("{name} owes {owed} for {invoice}, and the payment did not go through."),
                    next,
                    "Nobody is removed and nothing is deleted. If it stays unpaid, the organisation can be read and no longer changed until it is paid.".to_owned(),
                ],
                actions: vec![teller.action("Open billing", billing)],
                reason: format!("You get this mail because you look after the billing of {name}."),
            }
        }
    }
}

fn admin_of(name: &str) -> String {
    format!("You get this mail because you are an admin of {name}.")
}

fn member_of(name: &str) -> String {
    format!("You get this mail because you are a member of {name}.")
}

fn ways(teller: &Teller<'_>, restore: &Link, export: Option<&Link>) -> Vec<Action> {
    let export = export.map(|link| teller.action("Export its data", link));
    [teller.action("Restore it", restore)].into_iter().chain(export).collect()
}
