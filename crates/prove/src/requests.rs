//! One request for every route of the table, made from the table: a route of unknown shape has none, which is an error.

use serde_json::{Map, Value};
use web::{Route, Surface};

use crate::stage::{Ask, Who};
use crate::things::Ids;

/// What a route's body is made of, by the name that page and JSON share.
const SHAPES: &[(&str, &[(&str, &str)])] = &[
    ("procedures.create", &[("name", TEXT), ("details", TEXT)]),
    ("procedure.edit", &[("name", TEXT), ("details", TEXT)]),
    ("procedure.publish", &[("note", TEXT)]),
    ("step_templates.add", &[("title", TEXT), ("details", TEXT)]),
    ("step_template.edit", &[("title", TEXT), ("details", TEXT)]),
    ("step_template.move", &[("direction", "down")]),
    ("step_template.remove", &[]),
    ("runs.start", &[(PROCEDURE, ""), ("name", TEXT)]),
    ("run_step.tick", &[]),
    ("run_step.undo", &[]),
    ("run_step.skip", &[("reason", TEXT)]),
    ("run_step.problem", &[("reason", TEXT)]),
    ("run_step.resolve", &[]),
    ("run_step.write", &[("field-f1", TEXT)]),
    ("run_step.change", &[("assignee_id", "user_attacker")]),
    ("run_step.assign", &[("assignee", "")]),
    ("run_step.due", &[("due", "2026-11-24")]),
    ("run_step.approve", &[]),
    ("run_step.reject", &[("reason", TEXT)]),
    ("run_step.comment", &[("text", TEXT)]),
    ("run.rename", &[("name", TEXT)]),
    ("run.cancel", &[("reason", TEXT)]),
    ("run.reopen", &[]),
    ("procedures.take", &[("key", "incident")]),
    ("procedure.archive", &[]),
    ("procedure.restore", &[]),
    ("duties.create", &[("name", TEXT)]),
    ("duty.change", &[("name", TEXT), ("holder", "user_attacker")]),
    ("duty.retire", &[]),
    ("schedules.create", &[("repeats", "daily"), ("at", "07:00"), ("run_name", TEXT)]),
    ("schedule.edit", &[("repeats", "daily"), ("at", "07:00"), ("run_name", TEXT)]),
    ("schedule.pause", &[]),
    ("schedule.resume", &[]),
    ("schedule.delete", &[]),
    ("roles.create", &[("name", TEXT), ("permission", "runs:work")]),
    ("role.change", &[("name", TEXT), ("permission", "runs:work")]),
    ("role.delete", &[]),
    ("invitations.create", &[("addresses", "attacker@proof.example"), ("role", "member")]),
    ("member.change", &[("role", "member")]),
    ("member.remove", &[("heir", "user_attacker")]),
    ("invitation.change", &[("role", "member"), ("custom_roles", "report-viewer")]),
    ("invitation.resend", &[]),
    ("invitation.revoke", &[]),
    // Refused for not being sure: whoever attacks is to be there for the next attempt.
    ("leave", &[]),
    ("offer.accept", &[]),
    ("offer.decline", &[]),
    ("theme", &[("theme", "dark")]),
    ("sign_out", &[]),
    // Refused by the handler for having no name: with one it would be Clerk's to answer.
    ("organisations.create", &[("name", "")]),
    // As above: an address that nobody may have.
    ("profile.save", &[("name", TEXT), ("slug", "api"), ("time_zone", "UTC")]),
    ("organisation.change", &[("time_zone", "UTC")]),
    ("exports.ask", &[]),
    ("logo.set", &[]),
    ("logo.remove", &[]),
    ("account.sessions.end", &[("session", "")]),
    ("account.sessions.end_others", &[]),
    ("account.delete", &[("confirm", "nobody@example.test")]),
    ("operators.again", &[]),
    ("operators.aside", &[]),
    ("operators.reconcile", &[]),
    ("frontend_proxy.post", &[]),
    ("billing.choose", &[("price", "tenantry_team_monthly")]),
    ("billing.change", &[("price", "tenantry_team_monthly")]),
    ("billing.preview", &[("price", "tenantry_team_monthly")]),
    ("billing.checkout", &[("price", "tenantry_team_monthly")]),
    ("billing.portal", &[("for", "home")]),
    ("billing.keep", &[]),
    // Refused for another name than the organisation's: what is attacked has to be there for the next attempt.
    ("deletion.begin", &[("name", TEXT)]),
    ("deletion.stop", &[]),
    ("deleted.restore", &[]),
    ("deleted.exports.ask", &[]),
    ("organisation.delete", &[("name", TEXT)]),
    ("organisation.keep", &[]),
    ("billing.email", &[("email", "attacker@proof.example")]),
    ("webhooks.stripe", &[("type", "customer.deleted")]),
    ("webhooks.clerk", &[("type", "organization.deleted")]),
];
/// Fields that JSON takes as a list, and what they are called there.
const LISTS: &[(&str, &str)] = &[
    ("permission", "permissions"),
    ("addresses", "addresses"),
    ("custom_roles", "custom_roles"),
    ("holder", "holders"),
];
const TEXT: &str = "Written by the attacker";
/// Nobody in the proof gets as far as to look for it.
const JOB: &str = "01890000-0000-7000-8000-000000000000";
/// An invitation is known by its link, whoever holds it: what is attacked is one that is not there.
const NO_ORGANISATION: &str = "org_proofnobody";
/// Stands for a procedure's id; pages and JSON call the field differently.
const PROCEDURE: &str = "{procedure}";

/// The fields of a route's body, `None` where nobody has said; a read has none.
pub(crate) fn fields(route: &Route, ids: &Ids) -> Option<Vec<(&'static str, String)>> {
    if !route.mutates {
        return Some(Vec::new());
    }
    let name = route.name.trim_start_matches("api.");
    let (_, shape) = SHAPES.iter().find(|(shape, _)| *shape == name)?;
    let field = |(field, value): &(&'static str, &str)| match (*field, route.surface) {
        (PROCEDURE, Surface::Api) => ("procedure_id", ids.procedure.clone()),
        (PROCEDURE, _) => ("procedure", ids.procedure.clone()),
        (field, _) => (field, (*value).to_owned()),
    };
    Some(shape.iter().map(field).collect())
}

/// Whether the body of a route names a procedure.
pub(crate) fn names_procedure(route: &Route) -> bool {
    SHAPES.iter().any(|(name, shape)| {
        *name == route.name.trim_start_matches("api.") && shape.iter().any(|(field, _)| *field == PROCEDURE)
    })
}

/// The address of a route with these in it; `None` where it has a parameter that nobody has explained.
pub(crate) fn path(route: &Route, slug: &str, ids: &Ids) -> Option<String> {
    let path = route
        .path
        .replace("{slug}", slug)
        .replace("{file}", "nothing.css")
        .replace("{job}", JOB)
        .replace("{version}", "1")
        .replace("{organisation}", NO_ORGANISATION)
        .replace("{offer}", JOB)
        .replace("{*rest}", "v1/client");
    let path =
        route.ids.iter().fold(path, |path, (parameter, noun)| path.replace(&format!("{{{parameter}}}"), ids.of(*noun)));
    (!path.contains('{')).then_some(path)
}

/// A request to a route that it would accept from somebody who may.
pub(crate) fn to(route: &Route, who: Who, slug: &str, ids: &Ids) -> Option<Ask> {
    let fields = fields(route, ids)?;
    Some(Ask {
        who,
        program: route.surface == Surface::Api,
        method: route.method.clone(),
        path: path(route, slug, ids)?,
        body: body(route.surface, &fields),
        headers: Vec::new(),
    })
}

/// Fields as the surface wants them.
pub(crate) fn body(surface: Surface, fields: &[(&'static str, String)]) -> Option<(&'static str, String)> {
    if fields.is_empty() {
        return None;
    }
    Some(match surface {
        Surface::Api | Surface::Webhook => {
            let field = |(name, value): &(&'static str, String)| match LISTS.iter().find(|(one, _)| one == name) {
                Some((_, list)) => ((*list).to_owned(), Value::from(vec![value.as_str()])),
                None => ((*name).to_owned(), Value::from(value.as_str())),
            };
            let object: Map<String, Value> = fields.iter().map(field).collect();
            ("application/json", Value::Object(object).to_string())
        }
        _ => {
            let escaped = |text: &str| {
                percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
            ("application/x-www-form-urlencoded", pairs.join("&"))
        }
    })
}
