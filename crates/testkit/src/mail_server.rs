//! A mail server that takes what it is given, or answers as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it answers once it has read a whole mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailAnswer {
    /// Taken.
    Take,
    /// Taken after so long.
    TakeLate(Duration),
    /// Taken, and the connection ends before it is said.
    TakeAndDrop,
    /// Not taken, with this number.
    Refuse(u16),
}

/// A mail as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Whom the envelope names.
    pub to: String,
    /// Headers and body.
    pub content: String,
}

/// A mail server on a port of its own.
pub struct MailServer {
    port: u16,
    inside: Arc<Inside>,
}

struct Inside {
    answer: Mutex<MailAnswer>,
    delivered: Mutex<Vec<Delivered>>,
}

impl MailServer {
    /// Listens until the test ends.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Arc::new(Inside { answer: Mutex::new(MailAnswer::Take), delivered: Mutex::default() });
        let shared = Arc::clone(&inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inside = Arc::clone(&shared);
                // An error is a client that went away.
                tokio::spawn(async move { inside.converse(stream).await.is_ok() });
            }
        });
        Self { port, inside }
    }

    /// For `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: MailAnswer) {
        *lock(&self.inside.answer) = answer;
    }

    /// Every delivery there was.
    pub fn delivered(&self) -> Vec<Delivered> {
        lock(&self.inside.delivered).clone()
    }

    /// What people find in their mailboxes: a mail that came twice under one Message-ID is one.
    pub fn mailbox(&self) -> BTreeMap<String, Delivered> {
        let id = |mail: &Delivered| {
            mail.content.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default().to_owned()
        };
        self.delivered().into_iter().map(|mail| (id(&mail), mail)).collect()
    }
}

impl Inside {
    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut to = String::new();
        write.write_all(b"220 mail.test\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let answer = match line.split(' ').next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "QUIT" => return write.write_all(b"221 bye\r\n").await,
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    "250 yes\r\n".to_owned()
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut content = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        content += line.strip_prefix('.').unwrap_or(&line);
                        content.push('\n');
                    }
                    match self.taken(Delivered { to: to.clone(), content }).await {
                        Some(answer) => answer,
                        None => return Ok(()),
                    }
                }
                _ => "250 yes\r\n".to_owned(),
            };
            write.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    async fn taken(&self, mail: Delivered) -> Option<String> {
        let answer = *lock(&self.answer);
        if let MailAnswer::Refuse(number) = answer {
            return Some(format!("{number} no, {}\r\n", mail.to));
        }
        lock(&self.delivered).push(mail);
        if let MailAnswer::TakeLate(time) = answer {
            tokio::time::sleep(time).await;
        }
        (answer != MailAnswer::TakeAndDrop).then(|| "250 taken\r\n".to_owned())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
