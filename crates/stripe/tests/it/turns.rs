//! How many calls there are at the same time, and in a second.

use std::time::Duration;

use stripe::{ConfigParts, Error, Stripe};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::server::{Reply, Server, customer};

async fn ask(stripe: &Stripe, calls: usize) -> Result<(), Error> {
    let mut tasks = JoinSet::new();
    for _ in 0..calls {
        let stripe = stripe.clone();
        tasks.spawn(async move { stripe.get_customer("cus_1", &[]).await.map(drop) });
    }
    tasks.join_all().await.into_iter().collect()
}

#[tokio::test]
async fn there_are_never_more_calls_than_places_and_jobs_take_half() {
    let server = Server::start().await;
    let parts = ConfigParts { calls_at_once: Some(4), calls_in_a_second: Some(400), ..ConfigParts::default() };
    let stripe = server.stripe_with(parts);
    server.reply([Reply::json(200, &customer("cus_1")).after(Duration::from_millis(50))]);
    ask(&stripe, 12).await.unwrap();
    assert_eq!(server.most_at_once(), 4);
    ask(&stripe.in_background(), 12).await.unwrap();
    assert_eq!(server.most_at_once(), 2);
}

#[tokio::test]
async fn who_finds_no_place_in_time_is_told_to_come_back() {
    let server = Server::start().await;
    let parts = ConfigParts { calls_at_once: Some(1), calls_in_a_second: Some(400), ..ConfigParts::default() };
    let stripe = server.stripe_with(parts);
    server.reply([Reply::json(200, &customer("cus_1")).after(Duration::from_secs(4))]);
    let slow = tokio::spawn({
        let stripe = stripe.clone();
        async move { stripe.get_customer("cus_1", &[]).await.map(drop) }
    });
    while server.most_at_once() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = stripe.get_customer("cus_1", &[]).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { request_id: None, .. }) && !error.outcome_unknown(), "{error:?}");
    slow.await.unwrap().unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn more_calls_than_a_second_may_have_take_longer() {
    let server = Server::start().await;
    // Five at once, fifteen more in a second.
    let stripe = server.stripe_with(ConfigParts::default());
    server.reply([Reply::json(200, &customer("cus_1"))]);
    let before = Instant::now();
    ask(&stripe, 20).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(950), "{:?}", before.elapsed());
    assert_eq!(server.asked().len(), 20);
}

#[tokio::test]
async fn the_others_are_kept_waiting_only_for_what_concerns_them_all() {
    let server = Server::start().await;
    let too_many = |code| Reply::error(429, "invalid_request_error", code).with("stripe-should-retry", "false");
    for (reply, everybody) in [
        (too_many("rate_limit").with("retry-after", "1"), true),
        (too_many("rate_limit").with("stripe-rate-limited-reason", "global-rate"), true),
        (too_many("rate_limit").with("stripe-rate-limited-reason", "endpoint-rate"), false),
        (too_many("rate_limit").with("stripe-rate-limited-reason", "resource-specific"), false),
        (too_many("lock_timeout"), false),
    ] {
        let stripe = server.stripe();
        server.reply([reply.clone(), Reply::json(200, &customer("cus_1"))]);
        let before = Instant::now();
        let error = stripe.get_customer("cus_1", &[]).await.unwrap_err();
        assert!(error.is_transient() && !error.outcome_unknown(), "{error:?}");
        stripe.get_customer("cus_1", &[]).await.unwrap();
        assert_eq!(before.elapsed() >= Duration::from_secs(1), everybody, "{reply:?}");
    }
}
