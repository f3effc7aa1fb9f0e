//! One request for every route of the table, made from the table: what is missing here fails by name.

use axum::body::Body;
use domain::Permission;
use domain::duties::DutyId;
use domain::exports::ExportId;
use domain::invitations::InvitationId;
use domain::procedures;
use domain::procedures::ProcedureId;
use domain::runs::{self, RunId};
use domain::schedules::ScheduleId;
use domain::step_templates::StepTemplateId;
use domain::steps::StepId;
use http::Request;
use serde_json::json;
use tenancy::UserId;
use testkit::{Organisation, World};
use uuid::Uuid;
use web::{Noun, Route, Surface};

use crate::app::{As, request};

/// Things of one organisation that paths and bodies can name.
#[derive(Debug, Clone)]
pub(crate) struct Things {
    pub(crate) procedure: ProcedureId,
    pub(crate) template: StepTemplateId,
    pub(crate) run: RunId,
    pub(crate) step: StepId,
    pub(crate) member: UserId,
    pub(crate) invitation: InvitationId,
    pub(crate) role: Uuid,
    pub(crate) duty: DutyId,
    /// As its address names it.
    pub(crate) logo: String,
    pub(crate) export: ExportId,
    pub(crate) schedule: ScheduleId,
}

impl Things {
    /// Made by the organisation's admin, with this text in every field.
    pub(crate) async fn create(world: &World, admin: &str, organisation: &Organisation, text: &str) -> Self {
        let procedure = world.procedure(admin, organisation, text).await;
        // Publishing needs a change since the last version.
        let mut tx = world.org(admin, organisation).write().await.unwrap();
        let name = procedures::ProcedureName::parse(&format!("{text} again")).unwrap();
        procedures::edit(&mut tx, procedure, &name, &domain::Details::parse(text).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        let run = world.run(admin, organisation, procedure, text).await;
        let door = world.org(admin, organisation);
        let (_, shown) = door.read(procedures::show(procedure)).await.unwrap();
        let (_, running) = door.read(runs::show(run)).await.unwrap();
        Self {
            procedure,
            template: shown.steps[0].id,
            run,
            step: running.steps[0].id,
            member: world.newcomer(organisation).await,
            invitation: world.invitation(admin, organisation).await,
            role: world.own_role(admin, organisation, &[Permission::RunsWork]).await,
            duty: world.duty(admin, organisation).await,
            logo: format!("{}.png", world.logo(admin, organisation).await),
            export: world.export(organisation).await,
            schedule: world.schedule(admin, organisation, procedure, text).await,
        }
    }

    /// Ids that nobody has.
    pub(crate) fn unknown() -> Self {
        let id = |last: u8| format!("0190b5d4-0000-7000-8000-0000000000{last:02x}");
        Self {
            procedure: id(1).parse().unwrap(),
            template: id(2).parse().unwrap(),
            run: id(3).parse().unwrap(),
            step: id(4).parse().unwrap(),
            member: testkit::user("unknown"),
            invitation: id(5).parse().unwrap(),
            role: id(6).parse().unwrap(),
            duty: id(7).parse().unwrap(),
            logo: format!("{}.png", "0".repeat(64)),
            export: id(7).parse().unwrap(),
            schedule: id(9).parse().unwrap(),
        }
    }
}

/// The path of a route in this organisation with these things.
pub(crate) fn path(route: &Route, slug: &str, things: &Things) -> String {
    let path = route
        .path
        .replace("{slug}", slug)
        .replace("{file}", "nothing.css")
        .replace("{*rest}", "v1/client")
        .replace("{version}", "1");
    let path =
        path.replace("{organisation}", &format!("org_{slug}")).replace("{offer}", &things.invitation.to_string());
    route.ids.iter().fold(path, |path, (parameter, noun)| {
        let id = match noun {
            Noun::Procedure => things.procedure.to_string(),
            Noun::StepTemplate => things.template.to_string(),
            Noun::Run => things.run.to_string(),
            Noun::Step => things.step.to_string(),
            Noun::Member => things.member.to_string(),
            Noun::Invitation => things.invitation.to_string(),
            Noun::Role => things.role.to_string(),
            Noun::Logo => things.logo.clone(),
            Noun::Export => things.export.to_string(),
            Noun::Duty => things.duty.to_string(),
            Noun::Schedule => things.schedule.to_string(),
        };
        path.replace(&format!("{{{parameter}}}"), &id)
    })
}

/// A request to a route with a body that the route accepts.
pub(crate) fn to(route: &Route, who: &As, slug: &str, things: &Things) -> Request<Body> {
    let builder = request(who, route.method.clone(), &path(route, slug, things));
    let text = "Edited by a test";
    match (route.surface, route.mutates) {
        (_, false) | (Surface::Webhook | Surface::Asset | Surface::Proxy | Surface::Probe, _) => {
            builder.body(Body::empty()).unwrap()
        }
        (Surface::Page, true) => {
            let form = format!(
                "permission=runs:work&repeats=weekly&weekdays=monday&day=1&at=07:00&start_before=0&then=&replacement=&name={}&title=Edited&details=Edited&note=Edited&reason=Edited&key=incident&heir=&text=Edited&holder=user_ada&assignee=&due=2026-11-24&due_after=start&due_days=1&run_name=Edited&section=Edited&must_wait=&sign_off=&due_weekdays=yes&and=save&back=yes&revision=&field-f1=Edited&field-0-key=&field-0-label=Edited&field-0-kind=choice&field-0-choices=one,two&field-0-required=yes&direction=down&theme=dark&slug=acme&number=7&time_zone=UTC&session=Edited&logo=Edited&procedure={}&open={}&role=member&custom_roles=report-viewer&sure=no&redirect_url=/&q=a&price=tenantry_team_monthly&for=home&interval=month&email=accounts%40example.test&confirm=nobody%40example.test&addresses={}",
                role_name(),
                things.procedure,
                things.template,
                new_address()
            );
            builder.header("content-type", "application/x-www-form-urlencoded").body(Body::from(form)).unwrap()
        }
        (Surface::Api, true) => {
            let body = match route.name.trim_start_matches("api.") {
                "procedures.create" | "procedure.edit" => json!({ "name": text, "details": text }),
                "organisation.change" => json!({ "time_zone": "UTC" }),
                "procedure.publish" => json!({ "note": text }),
                "step_templates.add" | "step_template.edit" => json!({ "title": text, "details": text }),
                "step_template.move" => json!({ "direction": "down" }),
                "runs.start" => json!({ "procedure_id": things.procedure, "name": text }),
                "schedules.create" | "schedule.edit" => {
                    json!({ "repeats": "weekly", "weekdays": ["monday"], "at": "07:00", "run_name": text })
                }
                "roles.create" | "role.change" => json!({ "name": role_name(), "permissions": ["runs:work"] }),
                "member.change" => json!({ "custom_roles": ["report-viewer"] }),
                "invitations.create" => json!({ "addresses": [new_address()], "role": "member" }),
                "invitation.change" => json!({ "role": "member", "custom_roles": ["report-viewer"] }),
                // Nobody is sure, so that everybody is still there for the next question.
                "leave" => json!({ "sure": false }),
                // Not its name: it has to be there for the next question.
                "organisation.delete" => json!({ "name": text }),
                "billing.preview" | "billing.checkout" => json!({ "price": "tenantry_team_monthly" }),
                "billing.portal" => json!({ "for": "home" }),
                "run.rename" | "duties.create" => json!({ "name": role_name() }),
                "run.cancel" => json!({ "reason": text }),
                "duty.change" => json!({ "name": role_name(), "holders": [] }),
                "run_step.skip" | "run_step.problem" | "run_step.reject" => json!({ "reason": text }),
                "run_step.change" => json!({ "due_at": "2026-11-24T18:00:00Z" }),
                "run_step.comment" => json!({ "text": text }),
                "exports.ask"
                | "deleted.exports.ask"
                | "billing.keep"
                | "run.reopen"
                | "procedure.archive"
                | "procedure.restore"
                | "run_step.resolve"
                | "run_step.approve"
                | "duty.retire"
                | "organisation.keep"
                | "deleted.restore"
                | "step_template.remove"
                | "run_step.tick"
                | "run_step.undo"
                | "role.delete"
                | "schedule.pause"
                | "schedule.resume"
                | "schedule.delete"
                | "member.remove"
                | "invitation.revoke"
                | "invitation.resend"
                | "offer.accept"
                | "offer.decline" => {
                    return builder.body(Body::empty()).unwrap();
                }
                new => panic!("api.{new} is new in the route table: say here what its body looks like"),
            };
            builder.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
        }
    }
}

/// No two roles of an organisation have one name.
fn role_name() -> String {
    format!("Edited {}", &Uuid::new_v4().simple().to_string()[..8])
}

/// An address that nobody was ever invited at.
fn new_address() -> String {
    format!("{}@invited.example", Uuid::new_v4().simple())
}
