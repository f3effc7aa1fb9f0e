//! The frame of every page in an organisation: switcher, navigation, the person's menu, toasts.

use domain::invitations::acceptance::MyInvitation;
use domain::standing::Standing as Payment;
use domain::{Access, BaseRole, Held, Permission};

use crate::Config;
use crate::access::Browser;
use crate::pages::logo;
use crate::standing::Standing;
use crate::theme::Theme;
use crate::times::Zone;

/// The parts of the product that the navigation knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// None of them.
    None,
    Work,
    Runs,
    Procedures,
    Reports,
    Settings,
}

/// The frame.
pub(crate) struct Shell {
    pub(crate) organisation: Line,
    pub(crate) slug: String,
    pub(crate) organisation_id: String,
    pub(crate) person: Face,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) organisations: Vec<Line>,
    pub(crate) invitations: Vec<Invited>,
    pub(crate) navigation: Vec<NavigationItem>,
    pub(crate) theme: Theme,
    pub(crate) toast: Option<String>,
    /// Who acts in the person's name.
    pub(crate) impersonator: Option<String>,
    pub(crate) clerk: ClerkScript,
    /// Dates are shown in it.
    pub(crate) zone: Zone,
    /// Where the page hears what changes for its person.
    pub(crate) live: String,
    /// What stands above every page until it is put right.
    pub(crate) banner: Option<Banner>,
}

/// One thing that everybody here has to know, with the way out.
pub(crate) struct Banner {
    pub(crate) tone: &'static str,
    pub(crate) title: String,
    pub(crate) text: String,
    /// For whoever can do something about it.
    pub(crate) href: Option<String>,
    pub(crate) label: &'static str,
}

/// An organisation in the switcher.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) mark: Mark,
    /// Where its logo is shown, if it has one that may be shown here.
    pub(crate) logo: Option<String>,
    pub(crate) role: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// An invitation that the person has not answered.
pub(crate) struct Invited {
    pub(crate) name: String,
    pub(crate) mark: Mark,
    pub(crate) under: String,
    pub(crate) href: String,
}

/// A person by name.
pub(crate) struct Face {
    pub(crate) name: String,
    pub(crate) mark: Mark,
}

/// Two letters on a colour: the same ones everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) letters: String,
    /// 1 to 6.
    pub(crate) hue: u32,
}

/// A link of the navigation.
pub(crate) struct NavigationItem {
    pub(crate) label: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// What a page loads ClerkJS with.
pub(crate) struct ClerkScript {
    pub(crate) url: String,
    pub(crate) publishable_key: String,
    pub(crate) proxy_url: Option<String>,
}

impl Shell {
    pub(crate) fn new(config: &Config, access: &Access, browser: Browser, section: Section) -> Self {
        let home = |slug: &str| format!("/orgs/{slug}/{}", section.path());
        let logo = access.organisation.logo.as_deref().map(|digest| logo::href(&access.organisation.slug, digest));
        let organisations = access.organisations.iter().map(|mine| Line {
            name: mine.name.clone(),
            mark: Mark::of(&mine.name),
            // Another one's picture is behind another one's door.
            logo: logo.clone().filter(|_| mine.slug == access.organisation.slug),
            role: role_name(mine.role),
            href: home(&mine.slug),
            current: mine.slug == access.organisation.slug,
        });
        Self {
            organisation: Line {
                name: access.organisation.name.clone(),
                mark: Mark::of(&access.organisation.name),
                logo: logo.clone(),
                role: role_name(access.role),
                href: home(&access.organisation.slug),
                current: true,
            },
            slug: access.organisation.slug.clone(),
            organisation_id: access.organisation.id.to_string(),
            person: Face::of(&access.person.name),
            email: access.person.email.clone(),
            role: roles(access.role, &access.custom_roles),
            organisations: organisations.collect(),
            invitations: access.invitations.iter().map(Invited::of).collect(),
            navigation: navigation(access, section),
            theme: browser.theme,
            impersonator: browser.impersonator,
            toast: browser.flash.map(|flash| flash.text()),
            clerk: ClerkScript::new(config),
            zone: Zone::of(access),
            live: format!("/orgs/{}/live?as={}", access.organisation.slug, Standing::of(access)),
            banner: Banner::of(access, &Zone::of(access)),
        }
    }
}

impl Banner {
    /// That money is owed, or that it ends, and what follows from that; none where nothing is.
    fn of(access: &Access, zone: &Zone) -> Option<Self> {
        let slug = &access.organisation.slug;
        if access.organisation.terms.standing == Payment::Closing {
            return Some(Self {
                tone: "danger",
                title: "This organisation is being deleted.".to_owned(),
                text: "Its plan is ended first. Until then everything can be read, and nothing changed.".to_owned(),
                href: access.may(Permission::OrganisationDelete).then(|| format!("/orgs/{slug}/settings/delete")),
                label: "How far it is",
            });
        }
        let (tone, title, text) = match access.organisation.terms.standing {
            Payment::Full | Payment::Closing | Payment::Deleted => return None,
            Payment::Grace { until } => {
                ("warning", "A payment has failed.", format!("Everything works until {}.", zone.day_in_words(until)))
            }
            Payment::Restricted { until } => (
                "warning",
                "A payment is still open.",
                format!("Nobody can be invited, and from {} on you can read but not change.", zone.day_in_words(until)),
            ),
            Payment::ReadOnly(_) => (
                "danger",
                "This organisation can be read and not changed.",
                "Nothing is lost. Once it is paid all is back at once.".to_owned(),
            ),
        };
        let may = access.may(Permission::BillingManage);
        let text = if may { text } else { format!("{text} Whoever manages billing can put that right.") };
        let href = may.then(|| format!("/orgs/{slug}/settings/billing"));
        Some(Self { tone, title: title.to_owned(), text, href, label: "Settle it" })
    }
}

impl Invited {
    pub(crate) fn of(invitation: &MyInvitation) -> Self {
        Self {
            mark: Mark::of(&invitation.name),
            name: invitation.name.clone(),
            under: format!("As {}, from {}", role_name(invitation.role).to_lowercase(), invitation.invited_by),
            href: format!("/invitations/{}/{}", invitation.organisation, invitation.id),
        }
    }
}

impl ClerkScript {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            url: config.clerk_js_url.to_string(),
            publishable_key: config.publishable_key.clone(),
            proxy_url: config.proxy_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        }
    }
}

impl Section {
    /// Where it lies in an organisation, and so where the switcher leads to in another.
    fn path(self) -> &'static str {
        match self {
            Self::None | Self::Work => "my-work",
            Self::Runs => "runs",
            Self::Procedures => "procedures",
            Self::Reports => "reports",
            Self::Settings => "settings",
        }
    }
}

impl Face {
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), mark: Mark::of(name) }
    }
}

impl Mark {
    /// The first letters of the first two words.
    pub(crate) fn of(name: &str) -> Self {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
        let letters: String = words.take(2).flat_map(char::to_uppercase).collect();
        let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self { letters: if letters.is_empty() { "?".to_owned() } else { letters }, hue: sum % 6 + 1 }
    }
}

/// Only what the person may see: the rest is absent.
fn navigation(access: &Access, section: Section) -> Vec<NavigationItem> {
    let all = [
        (Permission::RunsRead, Section::Work, "My work", "work"),
        (Permission::RunsRead, Section::Runs, "Runs", "run"),
        (Permission::ProceduresRead, Section::Procedures, "Procedures", "procedure"),
        (Permission::ReportsRead, Section::Reports, "Reports", "report"),
        (Permission::MembersRead, Section::Settings, "Settings", "settings"),
    ];
    let seen = all.into_iter().filter(|(permission, ..)| access.may(*permission));
    seen.map(|(_, to, label, icon)| NavigationItem {
        label,
        icon,
        href: format!("/orgs/{}/{}", access.organisation.slug, to.path()),
        current: to == section,
    })
    .collect()
}

/// As people read it.
pub(crate) fn role_name(role: BaseRole) -> &'static str {
    match role {
        BaseRole::Admin => "Admin",
        BaseRole::Member => "Member",
    }
}

/// `Member · Report-viewer`
pub(crate) fn roles(role: BaseRole, custom: &[Held]) -> String {
    let mut all = vec![role_name(role)];
    all.extend(custom.iter().map(|held| held.name.as_str()));
    all.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_two_letters_and_a_colour() {
        assert_eq!(Mark::of("Acme Provisions").letters, "AP");
        assert_eq!(Mark::of("ada").letters, "A");
        assert_eq!(Mark::of("École d'été").letters, "ÉD");
        assert_eq!(Mark::of("🙂").letters, "?");
        assert!((1..=6).contains(&Mark::of("Bolt").hue));
        assert_eq!(Mark::of("Bolt"), Mark::of("Bolt"));
    }
}
