//! Invitations and the links they are accepted with, from every side.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{APP, Instance, WEBHOOK_SECRET, address};
use crate::portal::{Visitor, location};
use crate::receiver::Receiver;

const NONE: Value = Value::Null;

fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap()
}

/// Acme, whose admin is Ada.
struct Acme<'a> {
    instance: &'a Instance,
    ada: String,
    id: String,
}

impl<'a> Acme<'a> {
    async fn new(instance: &'a Instance) -> Self {
        let ada = instance.user("Ada").await;
        let id = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
        Self { instance, ada, id }
    }

    fn path(&self, rest: &str) -> String {
        format!("/organizations/{}{rest}", self.id)
    }

    async fn try_invite(&self, more: Value) -> (u16, Value) {
        let mut body = json!({"email_address": address("joan"), "role": "org:member"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.instance.try_bapi(Method::POST, &self.path("/invitations"), body).await
    }

    async fn invite(&self, more: Value) -> Value {
        let (status, invitation) = self.try_invite(more).await;
        assert_eq!(status, 200, "{invitation}");
        invitation
    }

    async fn list(&self, query: &str) -> Value {
        self.instance.bapi(Method::GET, &self.path(&format!("/invitations{query}")), NONE).await
    }
}

fn ticket(invitation: &Value) -> String {
    invitation["url"].as_str().unwrap().split_once("ticket=").unwrap().1.to_owned()
}

#[tokio::test]
async fn servers_invite_and_take_back() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    let metadata = json!({"custom_roles": ["report-viewer"]});
    let joan = acme
        .invite(json!({"email_address": " Joan+clerk_test@Example.com ", "inviter_user_id": acme.ada,
            "redirect_url": format!("{APP}/welcome"), "public_metadata": metadata, "private_metadata": {"a": 1}}))
        .await;
    assert_eq!((&joan["status"], &joan["email_address"]), (&json!("pending"), &json!(address("joan"))));
    assert_eq!((&joan["role_name"], &joan["public_inviter_data"]["user_id"]), (&json!("Member"), &json!(acme.ada)));
    assert_eq!((&joan["public_metadata"], &joan["private_metadata"]), (&metadata, &json!({"a": 1})));
    let life = joan["expires_at"].as_i64().unwrap() - joan["created_at"].as_i64().unwrap();
    assert_eq!(life, 30 * 24 * 3_600_000);

    let outsider = instance.user("Outsider").await;
    let member = instance.user("Member").await;
    let body = json!({"user_id": member, "role": "org:member"});
    instance.bapi(Method::POST, &acme.path("/memberships"), body).await;
    for (more, status, wanted) in [
        (json!({}), 400, "organization_invitation_not_unique"),
        (json!({"email_address": address("ada")}), 400, "already_a_member_in_organization"),
        (json!({"email_address": "nobody"}), 422, "form_param_format_invalid"),
        (json!({"email_address": address("x"), "role": "org:king"}), 422, "form_param_value_invalid"),
        (json!({"email_address": address("x"), "expires_in_days": 366}), 422, "form_param_value_invalid"),
        (
            json!({"email_address": address("x"), "redirect_url": "https://evil.example"}),
            422,
            "form_param_value_invalid",
        ),
        (json!({"email_address": address("x"), "inviter_user_id": outsider}), 403, "not_a_member_in_organization"),
        (json!({"email_address": address("x"), "inviter_user_id": member}), 403, "missing_organization_permission"),
    ] {
        let (got, answer) = acme.try_invite(more.clone()).await;
        assert_eq!((got, code(&answer)), (status, wanted), "{more}");
    }

    let bulk = acme.path("/invitations/bulk");
    let invite = |name: &str| json!({"email_address": address(name), "role": "org:member"});
    let (status, answer) =
        instance.try_bapi(Method::POST, &bulk, json!([invite("one"), invite("two"), invite("joan")])).await;
    assert_eq!((status, code(&answer)), (400, "organization_invitation_not_unique"));
    assert_eq!(acme.list("").await["total_count"], 1, "all of them or nobody");
    let both = instance.bapi(Method::POST, &bulk, json!([invite("one"), invite("two")])).await;
    assert_eq!(both["total_count"], 2);
    let (status, _) = instance.try_bapi(Method::POST, &bulk, vec![invite("many"); 11].into()).await;
    assert_eq!(status, 400);

    let id = joan["id"].as_str().unwrap();
    let shown = instance.bapi(Method::GET, &acme.path(&format!("/invitations/{id}")), NONE).await;
    assert_eq!(shown, joan);
    let revoke = acme.path(&format!("/invitations/{id}/revoke"));
    let revoked = instance.bapi(Method::POST, &revoke, json!({"requesting_user_id": acme.ada})).await;
    assert_eq!((&revoked["status"], &revoked["url"]), (&json!("revoked"), &NONE));
    let (status, answer) = instance.try_bapi(Method::POST, &revoke, NONE).await;
    assert_eq!((status, code(&answer)), (404, "organization_invitation_not_pending"));
    let (status, answer) = instance.try_bapi(Method::GET, &acme.path("/invitations/orginv_x"), NONE).await;
    assert_eq!((status, code(&answer)), (404, "organization_invitation_not_found"));

    assert_eq!(acme.list("?status=pending&order_by=email_address").await["data"][0]["email_address"], address("one"));
    assert_eq!(acme.list("?status=revoked&status=accepted").await["total_count"], 1);
    let pending = instance.bapi(Method::GET, &acme.path("/invitations/pending"), NONE).await;
    assert_eq!(pending["total_count"], 2);
    let all = instance.bapi(Method::GET, "/organization_invitations?limit=1", NONE).await;
    assert_eq!((&all["total_count"], &all["data"][0]["public_organization_data"]["name"]), (&json!(3), &json!("Acme")));
}

#[tokio::test]
async fn invitations_take_seats() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    instance.bapi(Method::PATCH, &acme.path(""), json!({"max_allowed_memberships": 3})).await;
    acme.invite(json!({})).await;
    let last = acme.invite(json!({"email_address": address("last")})).await;
    let full = "organization_membership_quota_exceeded";
    let (status, answer) = acme.try_invite(json!({"email_address": address("more")})).await;
    assert_eq!((status, code(&answer)), (403, full));
    let ben = instance.user("Ben").await;
    let body = json!({"user_id": ben, "role": "org:member"});
    let (status, answer) = instance.try_bapi(Method::POST, &acme.path("/memberships"), body).await;
    assert_eq!((status, code(&answer)), (403, full));
    let browser = instance.browser().await;
    let joined = browser.call("POST", "/client/sign_ups", &[("strategy", "ticket"), ("ticket", &ticket(&last))]).await;
    assert_eq!(joined["response"]["status"], "complete", "the last seat was theirs");

    instance.bapi(Method::PATCH, &acme.path(""), json!({"max_allowed_memberships": 2})).await;
    let waiting = acme.list("?status=pending").await["data"][0].clone();
    let browser = instance.browser().await;
    let form = [("strategy", "ticket"), ("ticket", &*ticket(&waiting))];
    let (status, answer) = browser.send("POST", "/client/sign_ups", &form).await;
    assert_eq!((status, code(&answer)), (403, full));
    let query = format!("/users?email_address={}", address("joan").replace('+', "%2B"));
    assert_eq!(instance.bapi(Method::GET, &query, NONE).await, json!([]), "no account without a place");
    assert_eq!(acme.list("?status=pending").await["total_count"], 1);
}

#[tokio::test]
async fn a_new_person_signs_up_with_the_ticket_and_is_in() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = Instance::with(&["--webhook-url", &receiver.url, "--webhook-secret", WEBHOOK_SECRET]).await;
    let acme = Acme::new(&instance).await;
    let invitation = acme
        .invite(json!({"redirect_url": format!("{APP}/welcome?x=1"), "public_metadata": {"from": "mail"}, "role": "org:admin"}))
        .await;
    let link = instance.get(invitation["url"].as_str().unwrap()).await;
    let secret = ticket(&invitation);
    let wanted = format!("{APP}/welcome?x=1&__clerk_status=sign_up&__clerk_ticket={secret}");
    assert_eq!(location(&link), wanted);

    let browser = instance.browser().await;
    let (status, answer) =
        browser.send("POST", "/client/sign_ins", &[("strategy", "ticket"), ("ticket", &secret)]).await;
    assert_eq!((status, code(&answer)), (400, "organization_invitation_identification_not_exist"));
    let form = [("strategy", "ticket"), ("ticket", &*secret), ("first_name", "Joan")];
    let done = browser.call("POST", "/client/sign_ups", &form).await;
    assert_eq!((&done["response"]["status"], &done["response"]["first_name"]), (&json!("complete"), &json!("Joan")));
    let session = &done["client"]["sessions"][0];
    assert_eq!((&session["status"], &session["last_active_organization_id"]), (&json!("active"), &json!(acme.id)));
    let membership = &session["user"]["organization_memberships"][0];
    assert_eq!((&membership["role"], &membership["public_metadata"]), (&json!("org:admin"), &json!({"from": "mail"})));

    let other = instance.browser().await;
    let (status, answer) = other.send("POST", "/client/sign_ins", &[("strategy", "ticket"), ("ticket", &secret)]).await;
    assert_eq!((status, code(&answer)), (400, "organization_invitation_already_accepted"));

    // Messages are sent several at once: the order is nobody's promise.
    let mut accepted = None;
    for _ in 0..11 {
        let event = receiver.next().await.event();
        if event["type"] == "organizationInvitation.accepted" {
            accepted = Some(event["data"].clone());
            break;
        }
    }
    let accepted = accepted.unwrap();
    assert_eq!((&accepted["id"], &accepted["status"]), (&invitation["id"], &json!("accepted")));
    assert_eq!(accepted["user_id"], session["user"]["id"]);
    assert_eq!(accepted["public_organization_data"]["id"], acme.id);
}

#[tokio::test]
async fn a_person_with_an_account_joins_signed_in_or_out() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    let joan = instance.user("Joan").await;
    let open =
        |invitation: &Value, browser: &str| format!("{}&__clerk_db_jwt={browser}", invitation["url"].as_str().unwrap());

    // Signed out: to sign in, with the ticket.
    let invitation = acme.invite(json!({})).await;
    let link = instance.get(invitation["url"].as_str().unwrap()).await;
    assert_eq!(location(&link), format!("/ticket?__clerk_ticket={}", ticket(&invitation)));
    let browser = instance.browser().await;
    let form = [("strategy", "ticket"), ("ticket", &*ticket(&invitation))];
    let (status, answer) = browser.send("POST", "/client/sign_ups", &form).await;
    assert_eq!((status, code(&answer)), (400, "organization_invitation_identification_already_exists"));
    let done = browser.call("POST", "/client/sign_ins", &form).await;
    assert_eq!(done["response"]["status"], "complete");
    assert_eq!(done["client"]["sessions"][0]["last_active_organization_id"], acme.id);

    // Signed in already: joined when the link has been followed.
    let beta = instance.organization("Beta", &acme.ada).await;
    let beta = Acme { instance: &instance, ada: acme.ada.clone(), id: beta["id"].as_str().unwrap().to_owned() };
    let invitation = beta.invite(json!({"redirect_url": APP})).await;
    let link = location(&instance.get(&open(&invitation, &browser.id)).await);
    assert!(link.starts_with(&format!("{APP}/?__clerk_status=complete&__clerk_ticket=")), "{link}");
    let (status, answer) = browser.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (400, "session_exists"));
    let mine = browser.call("GET", "/me/organization_memberships?paginated=true", &[]).await;
    assert_eq!(mine["response"]["total_count"], 2);

    // Somebody else is signed in: nobody joins.
    let gamma = instance.organization("Gamma", &acme.ada).await;
    let gamma = Acme { instance: &instance, ada: acme.ada.clone(), id: gamma["id"].as_str().unwrap().to_owned() };
    let invitation = gamma.invite(json!({"redirect_url": APP})).await;
    instance.user("Ben").await;
    let ben = instance.browser().await;
    ben.sign_in("Ben").await;
    let link = location(&instance.get(&open(&invitation, &ben.id)).await);
    assert!(link.starts_with(&format!("{APP}/?__clerk_status=sign_in&")), "{link}");

    // Without the link: from the list of one's own.
    let id = invitation["id"].as_str().unwrap();
    let (status, _) = ben.send("POST", &format!("/me/organization_invitations/{id}/accept"), &[]).await;
    assert_eq!(status, 404, "somebody else's is as unknown as none");
    let mine = browser.call("GET", "/me/organization_invitations?paginated=true&status=pending", &[]).await;
    assert_eq!(mine["response"]["data"][0]["public_organization_data"]["name"], "Gamma");
    assert_eq!(mine["response"]["data"][0]["url"], NONE, "the link is for the mail alone");
    let accepted = browser.call("POST", &format!("/me/organization_invitations/{id}/accept"), &[]).await;
    assert_eq!(accepted["response"]["status"], "accepted");
    let of_user = format!("/users/{joan}/organization_invitations?status=accepted");
    assert_eq!(instance.bapi(Method::GET, &of_user, NONE).await["total_count"], 3);
}

#[tokio::test]
async fn links_that_no_longer_work_say_why() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    let revoked = acme.invite(json!({})).await;
    let revoke = acme.path(&format!("/invitations/{}/revoke", revoked["id"].as_str().unwrap()));
    instance.bapi(Method::POST, &revoke, NONE).await;
    let expired = acme.invite(json!({"email_address": address("late")})).await;
    let beta = instance.organization("Beta", &acme.ada).await;
    let beta = Acme { instance: &instance, ada: acme.ada.clone(), id: beta["id"].as_str().unwrap().to_owned() };
    let orphan = beta.invite(json!({})).await;
    instance.bapi(Method::DELETE, &beta.path(""), NONE).await;
    let tickets = [ticket(&revoked), ticket(&expired), ticket(&orphan), "nonsense".to_owned()];
    let late = expired["id"].as_str().unwrap().to_owned();
    let instance = instance.restart_with(|state| state["invitations"][&late]["expires_at"] = json!(1)).await;

    let codes = [
        ("organization_invitation_revoked_code", "This link was taken back"),
        ("ticket_expired_code", "This link has expired"),
        ("organization_invitation_to_deleted_organization", "This organisation is gone"),
        ("ticket_invalid_code", "This link does not work"),
    ];
    for (secret, (wanted, words)) in tickets.iter().zip(codes) {
        let url = instance.url(&format!("/v1/tickets/accept?ticket={secret}"));
        let program: Value = instance.get(&url).await.json().await.unwrap();
        assert_eq!(code(&program), wanted);
        let browser = instance.browser().await;
        let form = [("strategy", "ticket"), ("ticket", &**secret)];
        for path in ["/client/sign_ups", "/client/sign_ins"] {
            let (status, answer) = browser.send("POST", path, &form).await;
            assert_eq!((status, code(&answer)), (400, wanted), "{path}");
        }
        let mut person = Visitor::new(&instance);
        let page = person.get(&format!("/ticket?__clerk_ticket={secret}")).await;
        assert_eq!(page.status(), 400);
        assert!(page.text().await.unwrap().contains(words), "{words}");
    }
}

#[tokio::test]
async fn the_hosted_page_takes_the_ticket_without_script() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    let invitation = acme.invite(json!({"inviter_user_id": acme.ada})).await;
    let mail: Value = instance.get(&instance.mailbox("/mails.json")).await.json().await.unwrap();
    assert_eq!(mail["mails"][0]["link"], invitation["url"]);
    assert!(mail["mails"][0]["body"].as_str().unwrap().starts_with("Ada invites you to Acme."));

    let mut joan = Visitor::new(&instance);
    let query = format!("?__clerk_ticket={}&redirect_url={APP}/welcome", ticket(&invitation));
    let next = location(&joan.get(&format!("/sign-up{query}")).await);
    assert!(next.starts_with("/ticket?"), "{next}");
    let page = joan.get(&next).await.text().await.unwrap();
    assert!(page.contains("Join Acme") && page.contains("Create the account and join"), "{page}");
    let end = location(&joan.post(&next, &[("first_name", "Joan"), ("last_name", "")]).await);
    assert!(end.starts_with(&format!("{APP}/welcome?__clerk_db_jwt=")), "{end}");

    // The same browser, another organisation's invitation to somebody else.
    let beta = instance.organization("Beta", &acme.ada).await;
    let beta = Acme { instance: &instance, ada: acme.ada.clone(), id: beta["id"].as_str().unwrap().to_owned() };
    let ben = instance.user("Ben").await;
    let invitation = beta.invite(json!({"email_address": address("ben"), "notify": false})).await;
    let mail: Value = instance.get(&instance.mailbox("/mails.json")).await.json().await.unwrap();
    assert_eq!(mail["mails"].as_array().unwrap().len(), 1, "a server that sends its own mail is not doubled");
    let path = format!("/ticket?__clerk_ticket={}", ticket(&invitation));
    let page = joan.get(&path).await.text().await.unwrap();
    assert!(page.contains(&format!("signed in as <span class=\"strong\">{}", address("joan"))), "{page}");
    location(&joan.post(&path, &[]).await);
    let of_ben = format!("/users/{ben}/organization_memberships");
    assert_eq!(instance.bapi(Method::GET, &of_ben, NONE).await["total_count"], 1);
    let live = format!("/sessions?user_id={ben}&status=active");
    assert_eq!(instance.bapi(Method::GET, &live, NONE).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn browsers_may_invite_if_their_role_may() {
    let instance = Instance::start().await;
    let acme = Acme::new(&instance).await;
    let ben = instance.user("Ben").await;
    instance.bapi(Method::POST, &acme.path("/memberships"), json!({"user_id": ben, "role": "org:member"})).await;
    let (ada, member) = (instance.browser().await, instance.browser().await);
    ada.sign_in("Ada").await;
    member.sign_in("Ben").await;
    let invitations = acme.path("/invitations");
    let form = [("email_address", &*address("joan")), ("role", "org:member")];
    let (status, answer) = member.send("POST", &invitations, &form).await;
    assert_eq!((status, code(&answer)), (403, "missing_organization_permission"));
    let made = ada.call("POST", &invitations, &form).await["response"].clone();
    assert_eq!((&made["inviter_id"], &made["private_metadata"]), (&json!(acme.ada), &NONE));
    let two = [("email_address", &*address("one")), ("email_address", &*address("two")), ("role", "org:member")];
    let both = ada.call("POST", &format!("{invitations}/bulk"), &two).await;
    assert_eq!(both["response"].as_array().unwrap().len(), 2);
    let seen = member.call("GET", &format!("{invitations}?paginated=true&status=pending"), &[]).await;
    assert_eq!(seen["response"]["total_count"], 3);
    let revoke = format!("{invitations}/{}/revoke", made["id"].as_str().unwrap());
    assert_eq!(ada.call("POST", &revoke, &[]).await["response"]["status"], "revoked");
    let roles = member.call("GET", &acme.path("/roles"), &[]).await;
    assert_eq!(roles["response"]["total_count"], 2);
    for empty in ["/membership_requests", "/domains"] {
        assert_eq!(ada.call("GET", &acme.path(empty), &[]).await["response"]["total_count"], 0);
    }
}
