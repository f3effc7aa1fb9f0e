//! Long lists, page after page.

use serde_json::{Value, json};
use stripe::client::{Paging, SubscriptionExpand, SubscriptionFilter};
use stripe::{Error, Stripe};

use crate::server::{Reply, Server, subscription};

fn page(ids: &[&str], has_more: bool) -> Reply {
    let rows: Vec<Value> = ids.iter().map(|id| subscription(id)).collect();
    Reply::json(200, &json!({ "object": "list", "data": rows, "has_more": has_more, "url": "/v1/subscriptions" }))
}

async fn all(stripe: &Stripe) -> Result<Vec<String>, Error> {
    let all = stripe.subscriptions(&SubscriptionFilter::default()).of_size(2).all().await?;
    Ok(all.into_iter().map(|subscription| subscription.id).collect())
}

#[tokio::test]
async fn walks_all_pages_each_after_the_last_row() {
    let server = Server::start().await;
    server.reply([page(&["sub_5", "sub_4"], true), page(&["sub_3", "sub_2"], true), page(&["sub_1"], false)]);
    let filter = SubscriptionFilter {
        customer: Some("cus_1".into()),
        // Which part of the list is not for the filter to say here.
        paging: Paging { limit: Some(7), starting_after: Some("sub_9".into()), ending_before: None },
        expand: vec![SubscriptionExpand::Schedule],
        ..SubscriptionFilter::default()
    };
    let rows = server.stripe().subscriptions(&filter).of_size(2).all().await.unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["sub_5", "sub_4", "sub_3", "sub_2", "sub_1"]);
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    let query = "/v1/subscriptions?customer=cus_1&status=all&expand%5B0%5D=data.schedule&limit=2";
    assert_eq!(
        asked,
        [query.to_owned(), format!("{query}&starting_after=sub_4"), format!("{query}&starting_after=sub_2")]
    );
}

#[tokio::test]
async fn an_empty_list_and_a_full_last_page_end() {
    let server = Server::start().await;
    let stripe = server.stripe();
    server.reply([page(&[], false)]);
    assert!(all(&stripe).await.unwrap().is_empty());
    server.reply([page(&["sub_2", "sub_1"], true), page(&[], false)]);
    assert_eq!(all(&stripe).await.unwrap(), ["sub_2", "sub_1"]);
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_list_that_does_not_go_on_is_an_error_and_not_its_end() {
    let server = Server::start().await;
    let stripe = server.stripe();
    for last in [page(&[], true), page(&["sub_1"], true)] {
        server.reply([page(&["sub_2", "sub_1"], true), last]);
        assert!(matches!(all(&stripe).await, Err(Error::Decode(_))));
        assert_eq!(server.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_page_that_failed_can_be_asked_for_again() {
    let server = Server::start().await;
    let mut pages = server.stripe().subscriptions(&SubscriptionFilter::default()).of_size(2);
    server.reply([
        page(&["sub_3", "sub_2"], true),
        Reply::error(400, "invalid_request_error", ""),
        page(&["sub_1"], false),
    ]);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 2);
    pages.next().await.unwrap_err();
    assert_eq!(pages.next().await.unwrap().unwrap()[0].id, "sub_1");
    assert!(pages.next().await.unwrap().is_none());
    let targets: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets[1], targets[2]);
}
