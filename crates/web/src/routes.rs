//! THE TABLE: every address this server answers, who may call it, and what answers.
//!
//! The router is built from it and from nothing else. The caller stands here once, and is checked before the handler
//! runs (`access::door`); what a member may do is asked again by the domain.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};
use domain::Permission as P;
use http::Method;

use crate::access::{self, Door};
use crate::route::{Caller, Route};
use crate::{State, api, assets, frontend_proxy, health, live, pages, webhooks};

/// Every route.
pub fn table() -> Vec<Route> {
    entries().into_iter().map(|entry| entry.route).collect()
}

/// A route and what answers it.
struct Entry {
    route: Route,
    handler: MethodRouter<State>,
}

impl Entry {
    /// Not for whoever acts in somebody's name, and not without a sign-in of the last minutes: what takes data out, costs
    /// money or cannot be undone.
    fn in_person(mut self) -> Self {
        self.route.in_person = true;
        self
    }
}

/// The router of the table.
pub(crate) fn router(state: &State) -> Router<State> {
    let mut router = Router::new();
    for Entry { route, handler } in entries() {
        let path = route.path;
        let door = Door { state: state.clone(), route: Arc::new(route) };
        router = router.route(path, handler.route_layer(from_fn_with_state(door, access::door)));
    }
    router.fallback(nothing_here)
}

async fn nothing_here() -> crate::error::Error {
    crate::error::Error::NotFound
}

fn get<H: Handler<T, State>, T: 'static>(path: &'static str, name: &'static str, caller: Caller, handler: H) -> Entry {
    Entry { route: Route::new(Method::GET, path, name, caller), handler: routing::get(handler) }
}

fn post<H: Handler<T, State>, T: 'static>(path: &'static str, name: &'static str, caller: Caller, handler: H) -> Entry {
    Entry { route: Route::new(Method::POST, path, name, caller), handler: routing::post(handler) }
}

fn patch<H: Handler<T, State>, T: 'static>(
    path: &'static str,
    name: &'static str,
    caller: Caller,
    handler: H,
) -> Entry {
    Entry { route: Route::new(Method::PATCH, path, name, caller), handler: routing::patch(handler) }
}

fn delete<H: Handler<T, State>, T: 'static>(
    path: &'static str,
    name: &'static str,
    caller: Caller,
    handler: H,
) -> Entry {
    Entry { route: Route::new(Method::DELETE, path, name, caller), handler: routing::delete(handler) }
}

#[rustfmt::skip]
fn entries() -> Vec<Entry> {
    use Caller::{Anyone, InOrganisation as In, OfDeleted as Left, Operator, SignedIn, Vendor};
    use pages::{deleted, deleted_exports, deletion};
    use pages::{account, account_deletion, account_sessions, home, operators, organisation, organisations, sign_in, sign_out, theme};
    use pages::{audit_log, billing, buying, exports, logo, profile, role, roles, settings};
    use pages::{invitation, inviting, leaving, member, members, offer, record, reports};
    use pages::{duties, my_work, new_procedure, procedure, procedures, publication, run, run_steps, runs, step_templates, versions};
    use pages::{schedule, schedules};
    vec![
        // Before an organisation
        get("/", "home", Anyone, home::show),
        get("/sign-in", "sign_in", Anyone, sign_in::sign_in),
        get("/sign-up", "sign_up", Anyone, sign_in::sign_up),
        post("/sign-out", "sign_out", Anyone, sign_out::sign_out),
        post("/theme", "theme", Anyone, theme::choose),
        get("/organisations", "organisations", SignedIn, organisations::show),
        post("/organisations", "organisations.create", SignedIn, organisations::create),
        get("/invitations/{organisation}/{offer}", "offer", Anyone, offer::show),
        post("/invitations/{organisation}/{offer}/accept", "offer.accept", SignedIn, offer::accept),
        post("/invitations/{organisation}/{offer}/decline", "offer.decline", SignedIn, offer::decline),
        get("/account", "account", SignedIn, account::show),
        post("/account/sessions/end", "account.sessions.end", SignedIn, account_sessions::end),
        post("/account/sessions/end-others", "account.sessions.end_others", SignedIn, account_sessions::end_others),
        get("/account/delete", "account.delete.ask", SignedIn, account_deletion::ask),
        post("/account/delete", "account.delete", SignedIn, account_deletion::delete).in_person(),

        get("/deleted/{organisation}", "deleted", SignedIn, deleted::show),
        post("/deleted/{organisation}/restore", "deleted.restore", SignedIn, deleted::restore),
        get("/deleted/{organisation}/export", "deleted.exports", Left(P::DataExport), deleted_exports::show),
        post("/deleted/{organisation}/export", "deleted.exports.ask", Left(P::DataExport), deleted_exports::ask).in_person(),
        get("/deleted/{organisation}/export/{export}/file", "deleted.export.download", Left(P::DataExport), deleted_exports::download).in_person(),

        // In an organisation: procedures
        get("/orgs/{slug}", "organisation", In(P::RunsRead), organisation::show),
        get("/orgs/{slug}/procedures", "procedures", In(P::ProceduresRead), procedures::list),
        get("/orgs/{slug}/procedures/new", "procedures.new", In(P::ProceduresManage), new_procedure::show),
        post("/orgs/{slug}/procedures", "procedures.create", In(P::ProceduresManage), new_procedure::create),
        post("/orgs/{slug}/procedures/ready-made", "procedures.take", In(P::ProceduresManage), new_procedure::take),
        get("/orgs/{slug}/procedures/{procedure}", "procedure", In(P::ProceduresRead), procedure::show),
        post("/orgs/{slug}/procedures/{procedure}", "procedure.edit", In(P::ProceduresManage), procedure::edit),
        post("/orgs/{slug}/procedures/{procedure}/publish", "procedure.publish", In(P::ProceduresManage), publication::publish),
        post("/orgs/{slug}/procedures/{procedure}/steps", "step_templates.add", In(P::ProceduresManage), step_templates::add),
        post("/orgs/{slug}/procedures/{procedure}/steps/{step}", "step_template.edit", In(P::ProceduresManage), step_templates::edit),
        post("/orgs/{slug}/procedures/{procedure}/steps/{step}/move", "step_template.move", In(P::ProceduresManage), step_templates::shift),
        post("/orgs/{slug}/procedures/{procedure}/steps/{step}/remove", "step_template.remove", In(P::ProceduresManage), step_templates::remove),

        post("/orgs/{slug}/procedures/{procedure}/archive", "procedure.archive", In(P::ProceduresManage), procedure::archive),
        get("/orgs/{slug}/procedures/{procedure}/versions/{version}", "procedure.version", In(P::ProceduresRead), versions::show),
        get("/orgs/{slug}/duties", "duties", In(P::ProceduresRead), duties::list),
        post("/orgs/{slug}/duties", "duties.create", In(P::ProceduresManage), duties::create),
        post("/orgs/{slug}/duties/{duty}", "duty.change", In(P::ProceduresManage), duties::change),
        post("/orgs/{slug}/duties/{duty}/retire", "duty.retire", In(P::ProceduresManage), duties::retire),

        // In an organisation: runs
        get("/orgs/{slug}/my-work", "my_work", In(P::RunsRead), my_work::show),
        get("/orgs/{slug}/runs", "runs", In(P::RunsRead), runs::list),
        post("/orgs/{slug}/runs", "runs.start", In(P::RunsWork), runs::start),
        get("/orgs/{slug}/runs/{run}", "run", In(P::RunsRead), run::show),
        get("/orgs/{slug}/runs/{run}/record.pdf", "run.record", In(P::RunsRead), record::show),
        post("/orgs/{slug}/runs/{run}/steps/{step}/tick", "run_step.tick", In(P::RunsWork), run_steps::tick),
        post("/orgs/{slug}/runs/{run}/steps/{step}/undo", "run_step.undo", In(P::RunsWork), run_steps::undo),
        post("/orgs/{slug}/runs/{run}/rename", "run.rename", In(P::RunsWork), run::rename),
        post("/orgs/{slug}/runs/{run}/cancel", "run.cancel", In(P::RunsWork), run::cancel),
        post("/orgs/{slug}/runs/{run}/reopen", "run.reopen", In(P::RunsWork), run::reopen),
        post("/orgs/{slug}/runs/{run}/steps/{step}/skip", "run_step.skip", In(P::RunsWork), run_steps::skip),
        post("/orgs/{slug}/runs/{run}/steps/{step}/problem", "run_step.problem", In(P::RunsWork), run_steps::problem),
        post("/orgs/{slug}/runs/{run}/steps/{step}/resolve", "run_step.resolve", In(P::RunsWork), run_steps::resolve),
        post("/orgs/{slug}/runs/{run}/steps/{step}/write", "run_step.write", In(P::RunsWork), run_steps::write),
        post("/orgs/{slug}/runs/{run}/steps/{step}/assign", "run_step.assign", In(P::RunsWork), run_steps::assign),
        post("/orgs/{slug}/runs/{run}/steps/{step}/due", "run_step.due", In(P::RunsWork), run_steps::due),
        post("/orgs/{slug}/runs/{run}/steps/{step}/approve", "run_step.approve", In(P::RunsWork), run_steps::approve),
        post("/orgs/{slug}/runs/{run}/steps/{step}/reject", "run_step.reject", In(P::RunsWork), run_steps::reject),
        post("/orgs/{slug}/runs/{run}/steps/{step}/comments", "run_step.comment", In(P::RunsWork), run_steps::comment),

        // In an organisation: reports
        get("/orgs/{slug}/reports", "reports", In(P::ReportsRead), reports::show),
        get("/orgs/{slug}/reports/over-time.csv", "reports.over_time", In(P::ReportsRead), reports::over_time),
        get("/orgs/{slug}/reports/procedures.csv", "reports.procedures", In(P::ReportsRead), reports::procedures),
        get("/orgs/{slug}/reports/people.csv", "reports.people", In(P::ReportsRead), reports::people),
        get("/orgs/{slug}/reports/steps.csv", "reports.steps", In(P::ReportsRead), reports::steps).in_person(),
        // In an organisation: schedules
        get("/orgs/{slug}/procedures/{procedure}/schedules", "schedules", In(P::ProceduresRead), schedules::list),
        get("/orgs/{slug}/procedures/{procedure}/schedules/new", "schedules.new", In(P::ProceduresManage), schedule::new),
        post("/orgs/{slug}/procedures/{procedure}/schedules", "schedules.create", In(P::ProceduresManage), schedule::create),
        get("/orgs/{slug}/procedures/{procedure}/schedules/{schedule}", "schedule", In(P::ProceduresManage), schedule::show),
        post("/orgs/{slug}/procedures/{procedure}/schedules/{schedule}", "schedule.edit", In(P::ProceduresManage), schedule::edit),
        post("/orgs/{slug}/procedures/{procedure}/schedules/{schedule}/pause", "schedule.pause", In(P::ProceduresManage), schedules::pause),
        post("/orgs/{slug}/procedures/{procedure}/schedules/{schedule}/resume", "schedule.resume", In(P::ProceduresManage), schedules::resume),
        post("/orgs/{slug}/procedures/{procedure}/schedules/{schedule}/delete", "schedule.delete", In(P::ProceduresManage), schedules::delete),

        // In an organisation: settings
        get("/orgs/{slug}/settings", "settings", In(P::MembersRead), settings::show),
        get("/orgs/{slug}/settings/members", "members", In(P::MembersRead), members::list),
        get("/orgs/{slug}/settings/members/invite", "invitations.new", In(P::MembersInvite), inviting::show),
        post("/orgs/{slug}/settings/members/invite", "invitations.create", In(P::MembersInvite), inviting::invite),
        get("/orgs/{slug}/settings/members/leave", "leave.ask", In(P::MembersRead), leaving::ask),
        post("/orgs/{slug}/settings/members/leave", "leave", In(P::MembersRead), leaving::leave),
        get("/orgs/{slug}/settings/members/{member}", "member", In(P::MembersManage), member::show),
        post("/orgs/{slug}/settings/members/{member}", "member.change", In(P::MembersManage), member::change),
        get("/orgs/{slug}/settings/members/{member}/remove", "member.remove.ask", In(P::MembersManage), member::ask),
        post("/orgs/{slug}/settings/members/{member}/remove", "member.remove", In(P::MembersManage), member::remove),
        get("/orgs/{slug}/settings/invitations/{invitation}", "invitation", In(P::MembersInvite), invitation::show),
        post("/orgs/{slug}/settings/invitations/{invitation}", "invitation.change", In(P::MembersInvite), invitation::change),
        post("/orgs/{slug}/settings/invitations/{invitation}/resend", "invitation.resend", In(P::MembersInvite), invitation::resend),
        post("/orgs/{slug}/settings/invitations/{invitation}/revoke", "invitation.revoke", In(P::MembersInvite), invitation::revoke),

        // In an organisation: roles and the audit log
        get("/orgs/{slug}/settings/roles", "roles", In(P::MembersRead), roles::show),
        get("/orgs/{slug}/settings/roles/new", "roles.new", In(P::RolesManage), role::new),
        post("/orgs/{slug}/settings/roles", "roles.create", In(P::RolesManage), role::create),
        get("/orgs/{slug}/settings/roles/{role}", "role", In(P::RolesManage), role::show),
        post("/orgs/{slug}/settings/roles/{role}", "role.change", In(P::RolesManage), role::change),
        post("/orgs/{slug}/settings/roles/{role}/delete", "role.delete", In(P::RolesManage), role::delete),
        get("/orgs/{slug}/settings/audit-log", "audit_log", In(P::AuditRead), audit_log::show),
        get("/orgs/{slug}/settings/audit-log/export", "audit_log.export", In(P::AuditRead), audit_log::export).in_person(),
        get("/orgs/{slug}/settings/export", "exports", In(P::DataExport), exports::show),
        post("/orgs/{slug}/settings/export", "exports.ask", In(P::DataExport), exports::ask).in_person(),
        get("/orgs/{slug}/settings/export/{export}/file", "export.download", In(P::DataExport), exports::download).in_person(),
        get("/orgs/{slug}/settings/profile", "profile", In(P::OrganisationManage), profile::show),
        post("/orgs/{slug}/settings/profile", "profile.save", In(P::OrganisationManage), profile::save),
        post("/orgs/{slug}/settings/profile/logo", "logo.set", In(P::OrganisationManage), logo::set),
        post("/orgs/{slug}/settings/profile/logo/remove", "logo.remove", In(P::OrganisationManage), logo::remove),

        get("/orgs/{slug}/settings/delete", "deletion", In(P::OrganisationDelete), deletion::ask),
        post("/orgs/{slug}/settings/delete", "deletion.begin", In(P::OrganisationDelete), deletion::begin).in_person(),
        post("/orgs/{slug}/settings/delete/stop", "deletion.stop", In(P::OrganisationDelete), deletion::stop),

        // In an organisation: billing
        get("/orgs/{slug}/settings/billing", "billing", In(P::BillingRead), billing::show),
        post("/orgs/{slug}/settings/billing/plan", "billing.choose", In(P::BillingManage), buying::choose).in_person(),
        get("/orgs/{slug}/settings/billing/change", "billing.change.ask", In(P::BillingManage), buying::ask),
        post("/orgs/{slug}/settings/billing/change", "billing.change", In(P::BillingManage), buying::change).in_person(),
        post("/orgs/{slug}/settings/billing/portal", "billing.portal", In(P::BillingManage), buying::portal).in_person(),
        post("/orgs/{slug}/settings/billing/keep", "billing.keep", In(P::BillingManage), buying::keep).in_person(),
        post("/orgs/{slug}/settings/billing/email", "billing.email", In(P::BillingManage), billing::set_email).in_person(),
        get("/orgs/{slug}/settings/billing/return", "billing.return", In(P::BillingManage), buying::come_back),

        get("/orgs/{slug}/logo/{logo}", "logo", In(P::RunsRead), logo::show),

        // In an organisation: what open pages hear
        get("/orgs/{slug}/live", "live", In(P::RunsRead), live::show),

        // JSON, with a session token as bearer
        get("/api/v1/me", "api.me", SignedIn, api::me::show),
        get("/api/v1/orgs/{slug}", "api.organisation", In(P::RunsRead), api::organisation::show),
        patch("/api/v1/orgs/{slug}", "api.organisation.change", In(P::OrganisationManage), api::organisation::change),
        delete("/api/v1/orgs/{slug}", "api.organisation.delete", In(P::OrganisationDelete), api::lifecycle::delete).in_person(),
        post("/api/v1/orgs/{slug}/keep", "api.organisation.keep", In(P::OrganisationDelete), api::lifecycle::keep),
        get("/api/v1/deleted/{organisation}", "api.deleted", SignedIn, api::lifecycle::show),
        post("/api/v1/deleted/{organisation}/restore", "api.deleted.restore", SignedIn, api::lifecycle::restore),
        get("/api/v1/deleted/{organisation}/exports", "api.deleted.exports", Left(P::DataExport), api::deleted_exports::list),
        post("/api/v1/deleted/{organisation}/exports", "api.deleted.exports.ask", Left(P::DataExport), api::deleted_exports::ask).in_person(),
        get("/api/v1/deleted/{organisation}/exports/{export}", "api.deleted.export", Left(P::DataExport), api::deleted_exports::show),
        get("/api/v1/deleted/{organisation}/exports/{export}/file", "api.deleted.export.download", Left(P::DataExport), deleted_exports::download).in_person(),
        get("/api/v1/orgs/{slug}/procedures", "api.procedures", In(P::ProceduresRead), api::procedures::list),
        post("/api/v1/orgs/{slug}/procedures", "api.procedures.create", In(P::ProceduresManage), api::procedures::create),
        get("/api/v1/orgs/{slug}/procedures/{procedure}", "api.procedure", In(P::ProceduresRead), api::procedures::show),
        patch("/api/v1/orgs/{slug}/procedures/{procedure}", "api.procedure.edit", In(P::ProceduresManage), api::procedures::edit),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/publish", "api.procedure.publish", In(P::ProceduresManage), api::procedures::publish),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/steps", "api.step_templates.add", In(P::ProceduresManage), api::step_templates::add),
        patch("/api/v1/orgs/{slug}/procedures/{procedure}/steps/{step}", "api.step_template.edit", In(P::ProceduresManage), api::step_templates::edit),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/steps/{step}/move", "api.step_template.move", In(P::ProceduresManage), api::step_templates::shift),
        delete("/api/v1/orgs/{slug}/procedures/{procedure}/steps/{step}", "api.step_template.remove", In(P::ProceduresManage), api::step_templates::remove),
        get("/api/v1/orgs/{slug}/runs", "api.runs", In(P::RunsRead), api::runs::list),
        post("/api/v1/orgs/{slug}/runs", "api.runs.start", In(P::RunsWork), api::runs::start),
        get("/api/v1/orgs/{slug}/runs/{run}", "api.run", In(P::RunsRead), api::runs::show),
        patch("/api/v1/orgs/{slug}/runs/{run}", "api.run.rename", In(P::RunsWork), api::runs::rename),
        post("/api/v1/orgs/{slug}/runs/{run}/cancel", "api.run.cancel", In(P::RunsWork), api::runs::cancel),
        post("/api/v1/orgs/{slug}/runs/{run}/reopen", "api.run.reopen", In(P::RunsWork), api::runs::reopen),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/tick", "api.run_step.tick", In(P::RunsWork), api::run_steps::tick),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/undo", "api.run_step.undo", In(P::RunsWork), api::run_steps::undo),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/skip", "api.run_step.skip", In(P::RunsWork), api::run_steps::skip),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/problem", "api.run_step.problem", In(P::RunsWork), api::run_steps::problem),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/resolve", "api.run_step.resolve", In(P::RunsWork), api::run_steps::resolve),
        patch("/api/v1/orgs/{slug}/runs/{run}/steps/{step}", "api.run_step.change", In(P::RunsWork), api::run_steps::change),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/approve", "api.run_step.approve", In(P::RunsWork), api::run_steps::approve),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/reject", "api.run_step.reject", In(P::RunsWork), api::run_steps::reject),
        post("/api/v1/orgs/{slug}/runs/{run}/steps/{step}/comments", "api.run_step.comment", In(P::RunsWork), api::run_steps::comment),
        get("/api/v1/orgs/{slug}/my-work", "api.my_work", In(P::RunsRead), api::run_steps::my_work),
        get("/api/v1/orgs/{slug}/reports", "api.reports", In(P::ReportsRead), api::reports::show),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/archive", "api.procedure.archive", In(P::ProceduresManage), api::procedures::archive),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/restore", "api.procedure.restore", In(P::ProceduresManage), api::procedures::restore),
        get("/api/v1/orgs/{slug}/procedures/{procedure}/versions/{version}", "api.procedure.version", In(P::ProceduresRead), api::procedures::version),
        get("/api/v1/orgs/{slug}/duties", "api.duties", In(P::ProceduresRead), api::duties::list),
        post("/api/v1/orgs/{slug}/duties", "api.duties.create", In(P::ProceduresManage), api::duties::create),
        patch("/api/v1/orgs/{slug}/duties/{duty}", "api.duty.change", In(P::ProceduresManage), api::duties::change),
        delete("/api/v1/orgs/{slug}/duties/{duty}", "api.duty.retire", In(P::ProceduresManage), api::duties::retire),
        get("/api/v1/orgs/{slug}/procedures/{procedure}/schedules", "api.schedules", In(P::ProceduresRead), api::schedules::list),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/schedules", "api.schedules.create", In(P::ProceduresManage), api::schedules::create),
        get("/api/v1/orgs/{slug}/procedures/{procedure}/schedules/{schedule}", "api.schedule", In(P::ProceduresRead), api::schedules::show),
        patch("/api/v1/orgs/{slug}/procedures/{procedure}/schedules/{schedule}", "api.schedule.edit", In(P::ProceduresManage), api::schedules::edit),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/schedules/{schedule}/pause", "api.schedule.pause", In(P::ProceduresManage), api::schedules::pause),
        post("/api/v1/orgs/{slug}/procedures/{procedure}/schedules/{schedule}/resume", "api.schedule.resume", In(P::ProceduresManage), api::schedules::resume),
        delete("/api/v1/orgs/{slug}/procedures/{procedure}/schedules/{schedule}", "api.schedule.delete", In(P::ProceduresManage), api::schedules::delete),
        get("/api/v1/orgs/{slug}/members", "api.members", In(P::MembersRead), api::members::list),
        patch("/api/v1/orgs/{slug}/members/{member}", "api.member.change", In(P::MembersManage), api::members::change),
        delete("/api/v1/orgs/{slug}/members/{member}", "api.member.remove", In(P::MembersManage), api::members::remove),
        post("/api/v1/orgs/{slug}/leave", "api.leave", In(P::MembersRead), api::members::leave),
        get("/api/v1/orgs/{slug}/invitations", "api.invitations", In(P::MembersRead), api::invitations::list),
        post("/api/v1/orgs/{slug}/invitations", "api.invitations.create", In(P::MembersInvite), api::invitations::create),
        patch("/api/v1/orgs/{slug}/invitations/{invitation}", "api.invitation.change", In(P::MembersInvite), api::invitations::change),
        delete("/api/v1/orgs/{slug}/invitations/{invitation}", "api.invitation.revoke", In(P::MembersInvite), api::invitations::revoke),
        post("/api/v1/orgs/{slug}/invitations/{invitation}/resend", "api.invitation.resend", In(P::MembersInvite), api::invitations::resend),
        post("/api/v1/invitations/{organisation}/{offer}/accept", "api.offer.accept", SignedIn, api::offers::accept),
        post("/api/v1/invitations/{organisation}/{offer}/decline", "api.offer.decline", SignedIn, api::offers::decline),

        get("/api/v1/orgs/{slug}/roles", "api.roles", In(P::MembersRead), api::roles::list),
        post("/api/v1/orgs/{slug}/roles", "api.roles.create", In(P::RolesManage), api::roles::create),
        get("/api/v1/orgs/{slug}/roles/{role}", "api.role", In(P::MembersRead), api::roles::show),
        patch("/api/v1/orgs/{slug}/roles/{role}", "api.role.change", In(P::RolesManage), api::roles::change),
        delete("/api/v1/orgs/{slug}/roles/{role}", "api.role.delete", In(P::RolesManage), api::roles::delete),
        get("/api/v1/orgs/{slug}/audit-log", "api.audit_log", In(P::AuditRead), api::audit_log::list),
        get("/api/v1/orgs/{slug}/exports", "api.exports", In(P::DataExport), api::exports::list),
        post("/api/v1/orgs/{slug}/exports", "api.exports.ask", In(P::DataExport), api::exports::ask).in_person(),
        get("/api/v1/orgs/{slug}/exports/{export}", "api.export", In(P::DataExport), api::exports::show),
        get("/api/v1/orgs/{slug}/exports/{export}/file", "api.export.download", In(P::DataExport), exports::download).in_person(),

        get("/api/v1/orgs/{slug}/billing", "api.billing", In(P::BillingRead), api::billing::show),
        post("/api/v1/orgs/{slug}/billing/preview", "api.billing.preview", In(P::BillingManage), api::billing::preview),
        post("/api/v1/orgs/{slug}/billing/checkout", "api.billing.checkout", In(P::BillingManage), api::billing::checkout).in_person(),
        post("/api/v1/orgs/{slug}/billing/portal", "api.billing.portal", In(P::BillingManage), api::billing::portal).in_person(),
        post("/api/v1/orgs/{slug}/billing/keep", "api.billing.keep", In(P::BillingManage), api::billing::keep).in_person(),

        // Those who run it
        get("/operators", "operators", Operator, operators::show),
        post("/operators/jobs/{job}/again", "operators.again", Operator, operators::again),
        post("/operators/jobs/{job}/aside", "operators.aside", Operator, operators::aside),
        post("/operators/reconcile", "operators.reconcile", Operator, operators::reconcile),

        // Vendors and machines
        post("/webhooks/clerk", "webhooks.clerk", Vendor, webhooks::clerk::receive),
        post("/webhooks/stripe", "webhooks.stripe", Vendor, webhooks::stripe::receive),
        get("/__clerk/{*rest}", "frontend_proxy", Anyone, frontend_proxy::pass_on),
        post("/__clerk/{*rest}", "frontend_proxy.post", Anyone, frontend_proxy::pass_on),
        get("/healthz", "healthz", Anyone, health::alive),
        get("/readyz", "readyz", Anyone, health::ready),
        get("/assets/{file}", "asset", Anyone, assets::show),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::route::{Noun, Surface};

    #[test]
    fn names_and_addresses_are_unique() {
        let table = table();
        let names: BTreeSet<_> = table.iter().map(|route| route.name).collect();
        let addresses: BTreeSet<_> = table.iter().map(|route| (route.method.as_str(), route.path)).collect();
        assert_eq!((names.len(), addresses.len()), (table.len(), table.len()));
    }

    #[test]
    fn whatever_lies_in_an_organisation_declares_a_permission() {
        for route in table() {
            let inside = route.path.contains("/orgs/{slug}");
            assert_eq!(inside, matches!(route.caller, Caller::InOrganisation(_)), "{}", route.path);
            let left = matches!(route.caller, Caller::OfDeleted(_));
            assert!(!left || route.path.contains("/deleted/{organisation}/"), "{}", route.path);
            assert_eq!(inside || left, route.caller.permission().is_some(), "{}", route.path);
            assert!(inside || left || route.ids.is_empty(), "{}", route.path);
        }
    }

    #[test]
    fn ids_and_surface_follow_from_the_path() {
        let find = |name: &str| table().into_iter().find(|route| route.name == name).unwrap();
        let edit = find("api.step_template.edit");
        assert_eq!(edit.ids, [("procedure", Noun::Procedure), ("step", Noun::StepTemplate)]);
        assert_eq!((edit.surface, edit.mutates), (Surface::Api, true));
        assert_eq!(find("run_step.tick").ids, [("run", Noun::Run), ("step", Noun::Step)]);
        let json = serde_json::to_value(find("run")).unwrap();
        assert_eq!(json["permission"], "runs:read");
        assert_eq!(json["ids"]["run"], "run");
    }
}
