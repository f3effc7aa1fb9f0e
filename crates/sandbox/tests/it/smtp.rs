//! The mail server, as a mail program meets it, and what people then find in the mailbox.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::instance::Instance;

const MAIL: &str = "From: Tenantry <mail@tenantry.example>\r\nTo: ada@acme.example\r\nSubject: =?utf-8?b?U8O2aG5l?=\r\n\
    Message-ID: <1@tenantry.example>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
    Hello Ada,\r\n..\r\n--b\r\nContent-Type: text/html\r\n\r\n<h1>Hello <script>alert(1)</script></h1>\r\n--b--\r\n";

/// A mail program's connection.
struct Program(BufReader<TcpStream>);

impl Program {
    async fn connect(instance: &Instance) -> (Self, String) {
        let stream = TcpStream::connect(("127.0.0.1", instance.smtp_port())).await.unwrap();
        let mut program = Self(BufReader::new(stream));
        let greeting = program.answer().await;
        (program, greeting)
    }

    /// Says it, and gives the answer without its line end; empty when the connection has ended.
    async fn say(&mut self, words: &str) -> String {
        self.0.get_mut().write_all(format!("{words}\r\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all.trim_end().to_owned();
            }
        }
    }

    /// Sends a mail; gives the answer to the last word.
    async fn send(&mut self, mail: &str) -> String {
        for (words, number) in [
            ("EHLO tenantry.example", "250"),
            ("MAIL FROM:<mail@tenantry.example> SIZE=100", "250"),
            ("RCPT TO:<ada@acme.example>", "250"),
            ("DATA", "354"),
        ] {
            let answer = self.say(words).await;
            assert!(answer.starts_with(number), "{words}: {answer}");
        }
        self.say(&format!("{}.", mail.replace("\r\n.", "\r\n.."))).await
    }
}

async fn mails(instance: &Instance) -> Vec<Value> {
    let all: Value = instance.get(&instance.mailbox("/mails.json")).await.json().await.unwrap();
    all["mails"].as_array().unwrap().clone()
}

async fn trouble(instance: &Instance, trouble: &Value) {
    instance.control("/smtp", trouble.clone()).await;
}

#[tokio::test]
async fn a_mail_is_found_as_it_was_sent_and_once() {
    let instance = Instance::start().await;
    for _ in 0..2 {
        let (mut program, greeting) = Program::connect(&instance).await;
        assert!(greeting.starts_with("220 "), "{greeting}");
        assert!(program.send(MAIL).await.starts_with("250 "));
        assert!(program.say("QUIT").await.starts_with("221 "));
    }
    let mails = mails(&instance).await;
    assert_eq!(mails.len(), 1, "one Message-ID is one mail");
    let mail = &mails[0];
    assert_eq!((&mail["to"], &mail["from"]), (&json!("ada@acme.example"), &json!("mail@tenantry.example")));
    assert_eq!((&mail["subject"], &mail["times"]), (&json!("Söhne"), &json!(2)));
    assert_eq!(mail["body"], "Hello Ada,\n..", "dots are doubled on the way alone");
    assert_eq!(mail["message_id"], "<1@tenantry.example>");
    let id = mail["id"].as_str().unwrap();

    let page = instance.get(&instance.mailbox("/")).await.text().await.unwrap();
    assert!(page.contains("Söhne") && page.contains(&format!("/mails/{id}")), "{page}");
    let page = instance.get(&instance.mailbox(&format!("/mails/{id}"))).await.text().await.unwrap();
    assert!(page.contains("<iframe class=\"letter\" sandbox=") && page.contains("It came 2 times"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    let own = instance.get(&instance.mailbox(&format!("/mails/{id}/html"))).await;
    let policy = own.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert!(own.text().await.unwrap().contains("<h1>Hello"));
    let unknown = instance.get(&instance.mailbox("/mails/letter_unknown")).await;
    assert_eq!(unknown.status(), 404);

    let instance = instance.restart().await;
    assert_eq!(self::mails(&instance).await.len(), 1, "and is kept");
}

#[tokio::test]
async fn commands_are_taken_in_their_order() {
    let instance = Instance::start().await;
    let (mut program, _) = Program::connect(&instance).await;
    for (words, number) in [
        ("MAIL FROM:<a@b.example>", "503"),
        ("EHLO", "501"),
        ("EHLO tenantry.example", "250"),
        ("RCPT TO:<a@b.example>", "503"),
        ("DATA", "503"),
        ("MAIL FROM:a@b.example", "501"),
        ("MAIL FROM:<a@b.example> SIZE=99999999", "552"),
        ("MAIL FROM:<a@b.example>", "250"),
        ("MAIL FROM:<a@b.example>", "503"),
        ("RCPT TO:<nobody>", "501"),
        ("RCPT TO:<a@b.example>", "250"),
        ("RSET", "250"),
        ("DATA", "503"),
        ("STARTTLS", "502"),
        ("NOOP", "250"),
        ("VRFY ada", "252"),
        ("HELP me", "500"),
        ("QUIT", "221"),
    ] {
        let answer = program.say(words).await;
        assert!(answer.starts_with(number), "{words}: {answer}");
        assert!(!answer.contains("STARTTLS"), "is not offered");
    }
    assert!(mails(&instance).await.is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_not_taken() {
    let instance = Instance::start().await;
    let (mut program, _) = Program::connect(&instance).await;
    let large = format!("Subject: large\r\n\r\n{}", format!("{}\r\n", "a".repeat(998)).repeat(11_000));
    assert!(program.send(&large).await.starts_with("552 "));
    assert!(program.send(MAIL).await.starts_with("250 "), "and the next one is");
    assert_eq!(mails(&instance).await.len(), 1);
}

#[tokio::test]
async fn troubles_come_when_they_are_asked_for() {
    let instance = Instance::start().await;
    trouble(&instance, &json!({"kind": "refuse", "times": 1})).await;
    assert!(Program::connect(&instance).await.1.starts_with("421 "));

    trouble(&instance, &json!({"kind": "answer", "status": 550, "at": "recipient", "times": 1})).await;
    let (mut program, _) = Program::connect(&instance).await;
    program.say("EHLO tenantry.example").await;
    program.say("MAIL FROM:<a@b.example>").await;
    assert!(program.say("RCPT TO:<a@b.example>").await.starts_with("550 "));
    program.say("RSET").await;

    trouble(&instance, &json!({"kind": "answer", "times": 1})).await;
    assert!(program.send(MAIL).await.starts_with("451 "));
    assert!(mails(&instance).await.is_empty());

    trouble(&instance, &json!({"kind": "drop", "times": 1})).await;
    assert_eq!(program.send(MAIL).await, "", "taken, and nothing is said");
    assert_eq!(mails(&instance).await.len(), 1);

    trouble(&instance, &json!({"kind": "slow", "wait_ms": 300})).await;
    let (mut program, _) = Program::connect(&instance).await;
    let began = Instant::now();
    assert!(program.send(MAIL).await.starts_with("250 "));
    assert!(began.elapsed() >= Duration::from_millis(300));
    let listed: Value = instance.get(&instance.mailbox("/control/smtp")).await.json().await.unwrap();
    assert_eq!(listed, json!({"troubles": [{"kind": "slow", "left": null}]}));
    let page = instance.get(&instance.mailbox("/control")).await.text().await.unwrap();
    assert!(page.contains("<li>slow: until cleared</li>"), "{page}");
    assert_eq!(instance.control("/smtp/clear", json!({})).await, json!({"cleared": 1}));
    for wrong in [
        json!({}),
        json!({"kind": "answer", "status": 200}),
        json!({"kind": "slow", "times": 0}),
        json!({"kind": "answer", "at": "end"}),
    ] {
        assert_eq!(instance.try_control("/smtp", wrong.clone()).await.0, 422, "{wrong}");
    }
}
