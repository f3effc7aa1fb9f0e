//! Fifty organisations with a canary in every text field: no page, no JSON, no error and no log line shows a foreign one.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::{BaseRole, Plan, plans, steps};
use tenancy::UserId;
use testkit::{Organisation, organisation};
use web::{Caller, Surface, routes};

use crate::app::{As, TestApp};
use crate::requests::{self, Things};

const ORGANISATIONS: usize = 50;

/// Everything that is logged, kept to be searched.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn canary(index: usize) -> String {
    format!("CNRY-{index:02}x")
}

#[tokio::test]
async fn no_answer_and_no_log_line_carries_a_foreign_canary() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone()).finish();
    // For the whole process: what other tests log goes through the same search.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let app = TestApp::start().await;
    let mut places: Vec<(Organisation, &'static str, &'static str, Things)> = Vec::new();
    for index in 0..ORGANISATIONS {
        let place = organisation(&format!("place{index:02}"));
        let person: &'static str = Box::leak(format!("person{index:02}").into_boxed_str());
        let slug: &'static str = Box::leak(place.slug.clone().into_boxed_str());
        let at = OrganisationRecord::new(place.id.clone(), Some(&place.slug), &canary(index));
        let id = UserId::parse(&format!("user_{person}")).unwrap();
        let email = format!("{}@example.test", canary(index));
        let record = PersonRecord::new(id, &email, &canary(index), vec![(at, BaseRole::Admin)]);
        let asked_at = directory::now(&app.world.app).await.unwrap();
        directory::record_person(&app.world.app, &record, asked_at).await.unwrap();
        // Roles of one's own are among the things.
        plans::change(&app.world.app, &place.id, Plan::parse("business").unwrap()).await.unwrap();
        let things = Things::create(&app.world, person, &place, &canary(index)).await;
        let mut tx = app.world.org(person, &place).write().await.unwrap();
        steps::tick(&mut tx, things.run, things.step).await.unwrap();
        tx.commit().await.unwrap();
        places.push((place, person, slug, things));
    }
    let (mut answers, mut own) = (0, 0);
    for (index, (place, person, slug, things)) in places.iter().enumerate() {
        // Everything that can be read, with one's own ids and with a neighbour's.
        let neighbour = &places[(index + 1) % ORGANISATIONS];
        for route in routes::table().into_iter().filter(|route| !route.mutates) {
            let who = match route.surface {
                Surface::Api => As::Program(person, Some(slug)),
                _ => As::Browser(person, Some(slug)),
            };
            let mut asks = vec![requests::to(&route, &who, &place.slug, things)];
            if matches!(route.caller, Caller::InOrganisation(_)) {
                asks.push(requests::to(&route, &who, &place.slug, &neighbour.3));
                asks.push(requests::to(&route, &who, &neighbour.0.slug, &neighbour.3));
            }
            for ask in asks {
                let text = app.send(ask).await.visible();
                answers += 1;
                for (at, _) in text.match_indices("CNRY-") {
                    let found = &text[at..(at + 8).min(text.len())];
                    assert_eq!(found, canary(index), "{} shows {found} to {person}", route.path);
                    own += 1;
                }
            }
        }
    }
    assert!(answers > 1000, "{answers}");
    assert!(own > 1000, "pages that show nothing prove nothing: {own}");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("answered"), "the log was not captured");
    assert!(!logged.contains("CNRY-"), "what people wrote does not belong in the log");
    assert!(!logged.contains("eyJ"), "tokens do not belong in the log");
}
