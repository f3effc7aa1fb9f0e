//! What the plan allows an organisation. Each question is one function here, and whoever is told no is told the limit,
//! the use and the way out.

use crate::plans::{Feature, Plan};
use crate::standing::Standing;
use crate::{Error, Result};

/// The plan and what money lets it be: read with each transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The plan.
    pub plan: Plan,
    /// How far it reaches at the moment.
    pub standing: Standing,
}

impl Terms {
    /// The plan whose limits count for whatever is new.
    pub fn growth(self) -> Plan {
        if self.standing.may_grow() { self.plan } else { Plan::FREE }
    }

    /// `LimitReached` where one more published procedure is one too many.
    pub fn publish(self, published: i64) -> Result<()> {
        let Some(limit) = self.growth().published_procedures() else { return Ok(()) };
        if published < i64::from(limit) {
            return Ok(());
        }
        let enough = |plan: Plan| plan.published_procedures().is_none_or(|more| i64::from(more) > published);
        let message = format!(
            "The {} plan has {limit} published procedures, and {published} are in use. {}",
            self.growth().name(),
            self.way_out(enough, "A published procedure can be edited and published again.")
        );
        Err(Error::LimitReached { code: "published_procedures_limit", message })
    }

    /// `LimitReached` where the plan has it not.
    pub fn needs(self, feature: Feature) -> Result<()> {
        if self.growth().has(feature) {
            return Ok(());
        }
        let (code, what, besides) = match feature {
            Feature::OwnRoles => (
                "own_roles_not_in_plan",
                "Roles of your own are",
                "Report-viewer and Billing-admin are there on every plan.",
            ),
            Feature::AuditExport => {
                ("audit_export_not_in_plan", "The audit log as a file is", "All of it can be read here on every plan.")
            }
            Feature::ApiKeys => {
                ("api_keys_not_in_plan", "API keys are", "A signed-in person can use the API on every plan.")
            }
        };
        let way_out = self.way_out(|plan| plan.has(feature), besides);
        let message = format!("{what} not in the {} plan. {way_out}", self.growth().name());
        Err(Error::LimitReached { code, message })
    }

    /// `LimitReached` where finished work of so many days ago is not shown any more. What is owed takes none of it away.
    pub fn looks_back(self, days: u32) -> Result<()> {
        let Some(limit) = self.plan.history_days().filter(|limit| *limit < days) else { return Ok(()) };
        let enough = |plan: Plan| plan.history_days().is_none_or(|more| more >= days);
        let message = format!(
            "The {} plan shows {limit} days, and this looks back {days}. {}",
            self.plan.name(),
            self.way_out(enough, "Nothing that is older was deleted.")
        );
        Err(Error::LimitReached { code: "history_limit", message })
    }

    /// What to do about a limit, in sentences.
    pub(crate) fn way_out(self, enough: impl Fn(Plan) -> bool, besides: &str) -> String {
        if !self.standing.may_grow() && enough(self.plan) {
            return format!(
                "An open payment holds the {} plan back: pay it in Settings, Billing. {besides}",
                self.plan.name()
            );
        }
        match self.plan.larger(enough) {
            Some(larger) => format!("Move to the {} plan in Settings, Billing. {besides}", larger.name()),
            None => besides.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const FREE: Terms = Terms { plan: Plan::FREE, standing: Standing::Full };

    fn message(result: Result<()>) -> String {
        match result {
            Err(Error::LimitReached { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_limit_names_itself_the_use_and_the_way_out() {
        assert!(FREE.publish(2).is_ok());
        assert_eq!(
            message(FREE.publish(3)),
            "The Free plan has 3 published procedures, and 3 are in use. Move to the Team plan in Settings, Billing. \
             A published procedure can be edited and published again."
        );
        assert!(
            message(FREE.needs(Feature::OwnRoles))
                .starts_with("Roles of your own are not in the Free plan. Move to the Business")
        );
        assert!(
            message(FREE.needs(Feature::AuditExport)).starts_with("The audit log as a file is not in the Free plan.")
        );
    }

    #[test]
    fn how_far_back_is_a_limit_too() {
        assert!(FREE.looks_back(30).is_ok());
        assert_eq!(
            message(FREE.looks_back(84)),
            "The Free plan shows 30 days, and this looks back 84. Move to the Team plan in Settings, Billing. \
             Nothing that is older was deleted."
        );
        assert!(message(FREE.looks_back(730)).contains("Move to the Business plan"));
    }

    #[test]
    fn a_plan_that_is_not_paid_for_does_not_grow() {
        let business = Plan::parse("business").unwrap();
        let paid = Terms { plan: business, standing: Standing::Full };
        assert!(paid.publish(1_000_000).is_ok() && paid.needs(Feature::OwnRoles).is_ok());
        let owing = Terms { standing: Standing::Restricted { until: Timestamp::UNIX_EPOCH }, ..paid };
        assert!(message(owing.publish(3)).contains("An open payment holds the Business plan back"));
        assert!(message(owing.needs(Feature::OwnRoles)).contains("pay it in Settings, Billing"));
    }
}
