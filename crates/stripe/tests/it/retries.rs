//! What is tried again, under which key, and after how long.

use std::time::Duration;

use http::Method;
use stripe::client::{CancelSubscription, NewCustomer};
use stripe::{ConfigParts, Error, Idempotency};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::server::{Reply, Server, customer, stripe_at, subscription};

fn key() -> Idempotency {
    Idempotency::key("org:org_1:customer:v1")
}

#[tokio::test]
async fn a_change_is_tried_again_under_the_same_key() {
    let server = Server::start().await;
    for first in [
        Reply::error(500, "api_error", ""),
        Reply::error(409, "invalid_request_error", "lock_timeout"),
        Reply::error(429, "invalid_request_error", "lock_timeout"),
        Reply::text(503, "<html>"),
        Reply::error(429, "invalid_request_error", "rate_limit").with("retry-after", "0"),
    ] {
        server.reply([first.clone(), Reply::json(200, &customer("cus_1"))]);
        let new = NewCustomer { name: Some("Acme".into()), ..NewCustomer::default() };
        assert_eq!(server.stripe().create_customer(&key(), &new).await.unwrap().id, "cus_1");
        let [one, two] = server.asked().try_into().unwrap();
        assert_eq!(one.header("idempotency-key"), Some("org:org_1:customer:v1"), "{first:?}");
        assert_eq!(two.header("idempotency-key"), Some("org:org_1:customer:v1"), "{first:?}");
        assert_eq!((&one.body, one.target), (&two.body, two.target));
        assert_eq!(one.body, "name=Acme");
    }
}

#[tokio::test]
async fn after_three_attempts_it_is_given_up() {
    let server = Server::start().await;
    server.reply([Reply::error(500, "api_error", "").with("request-id", "req_1")]);
    let before = Instant::now();
    let error = server.stripe().create_customer(&key(), &NewCustomer::default()).await.unwrap_err();
    assert!(error.outcome_unknown() && error.is_transient());
    assert_eq!((error.api().unwrap().status, error.request_id()), (500, Some("req_1")));
    assert_eq!(server.asked().len(), 3);
    // A quarter to half a second, then half a second to a whole one.
    assert!(before.elapsed() >= Duration::from_millis(750), "{:?}", before.elapsed());
}

#[tokio::test]
async fn what_will_not_get_better_is_not_tried_again() {
    let server = Server::start().await;
    for refusal in [
        Reply::error(400, "invalid_request_error", "parameter_unknown"),
        Reply::error(401, "invalid_request_error", ""),
        Reply::error(402, "card_error", "card_declined"),
        Reply::error(404, "invalid_request_error", "resource_missing"),
        Reply::error(500, "api_error", "").with("stripe-should-retry", "false"),
        Reply::error(409, "idempotency_error", "").with("stripe-should-retry", "false"),
        Reply::text(302, "").with("location", "/elsewhere"),
        Reply::text(200, "<html>"),
    ] {
        server.reply([refusal.clone()]);
        server.stripe().create_customer(&key(), &NewCustomer::default()).await.unwrap_err();
        assert_eq!(server.asked().len(), 1, "{refusal:?}");
    }
    // Stripe knows better.
    let locked = Reply::error(400, "invalid_request_error", "").with("stripe-should-retry", "true");
    server.reply([locked, Reply::json(200, &customer("cus_1"))]);
    server.stripe().create_customer(&key(), &NewCustomer::default()).await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn reads_and_deletions_are_tried_again_without_a_key() {
    let server = Server::start().await;
    let stripe = server.stripe();
    server.reply([Reply::text(502, ""), Reply::json(200, &subscription("sub_1"))]);
    stripe.get_subscription("sub_1", &[]).await.unwrap();
    server.reply([Reply::text(502, ""), Reply::json(200, &subscription("sub_1"))]);
    stripe.cancel_subscription("sub_1", &CancelSubscription::default()).await.unwrap();
    let asked = server.asked();
    let methods: Vec<&Method> = asked.iter().map(|asked| &asked.method).collect();
    assert_eq!(methods, [&Method::GET, &Method::GET, &Method::DELETE, &Method::DELETE]);
    for asked in &asked {
        assert_eq!((asked.header("idempotency-key"), asked.header("content-type")), (None, None));
        assert!(asked.body.is_empty());
    }
}

#[tokio::test]
async fn waits_as_long_as_stripe_asks_for_if_that_is_not_too_long() {
    let server = Server::start().await;
    let stripe = server.stripe();
    let wait = |seconds| Reply::error(429, "invalid_request_error", "rate_limit").with("retry-after", seconds);
    server.reply([wait("1"), Reply::json(200, &customer("cus_1"))]);
    let before = Instant::now();
    stripe.get_customer("cus_1", &[]).await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.asked().len(), 2);

    // Five seconds are too long for people.
    server.reply([wait("5").with("request-id", "req_1")]);
    let before = Instant::now();
    let error = server.stripe().get_customer("cus_1", &[]).await.unwrap_err();
    assert!(before.elapsed() < Duration::from_secs(1));
    let Error::RateLimited { retry_after, request_id } = error else { panic!("{error}") };
    assert_eq!((retry_after, request_id.as_deref()), (Duration::from_secs(5), Some("req_1")));
    assert_eq!(server.asked().len(), 1);

    // A refusal from above the rate also says when to come back.
    server.reply([Reply::error(503, "api_error", "").with("retry-after", "1"), Reply::json(200, &customer("cus_1"))]);
    let before = Instant::now();
    server.stripe().get_customer("cus_1", &[]).await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn nobody_waits_twice_for_what_timed_out_but_jobs_do() {
    let server = Server::start().await;
    let call_timeout = Some(Duration::from_millis(200));
    let stripe = server.stripe_with(ConfigParts { call_timeout, ..ConfigParts::default() });
    server.reply([Reply::json(200, &customer("cus_1")).after(Duration::from_secs(5))]);
    let error = stripe.create_customer(&key(), &NewCustomer::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)) && error.outcome_unknown() && error.is_transient(), "{error:?}");
    assert_eq!(server.asked().len(), 1);
    let error = stripe.in_background().create_customer(&key(), &NewCustomer::default()).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_change_whose_connection_broke_is_asked_for_again_under_the_same_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut heads = Vec::new();
        for connection in 0..3 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            heads.push(String::from_utf8_lossy(&buffer[..read]).to_lowercase());
            let body = customer("cus_1").to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            match connection {
                // Cut off without an answer, then in the middle of one.
                0 => {}
                1 => stream.write_all(format!("{head}{}", &body[..5]).as_bytes()).await.unwrap(),
                _ => stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap(),
            }
        }
        heads
    });
    let stripe = stripe_at(&base, ConfigParts::default());
    assert_eq!(stripe.create_customer(&key(), &NewCustomer::default()).await.unwrap().id, "cus_1");
    for head in server.await.unwrap() {
        assert!(head.contains("idempotency-key: org:org_1:customer:v1"), "{head}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = stripe_at(&base, ConfigParts::default()).get_customer("cus_private", &[]).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)) && !error.outcome_unknown(), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("cus_private"));
}
