//! One connection of a mail program: RFC 5321, as far as one goes that sends.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::app::Shared;
use crate::clock;
use crate::records::Letter;
use crate::smtp::{Stage, Trouble};

/// Largest mail.
const LARGEST: usize = 10 * 1024 * 1024;
/// Longest line of a command.
const LONGEST_LINE: u64 = 2_000;
/// Recipients of one mail.
const MOST_RECIPIENTS: usize = 100;

/// Talks until the other side has enough.
pub(super) async fn hold(app: Shared, stream: TcpStream) {
    let (read, write) = stream.into_split();
    let mut conversation =
        Conversation { app, read: BufReader::new(read), write, greeted: false, from: None, to: Vec::new() };
    if let Err(error) = conversation.run().await {
        tracing::debug!("a mail program went away: {error}");
    }
}

struct Conversation<R, W> {
    app: Shared,
    read: R,
    write: W,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// What comes after a command.
enum Next {
    Say(&'static str),
    SayNumber(u16),
    End(&'static str),
    /// Without a word.
    Drop,
}

impl<R: AsyncBufRead + Unpin, W: tokio::io::AsyncWrite + Unpin> Conversation<R, W> {
    async fn run(&mut self) -> io::Result<()> {
        if self.app.troubles.take(|trouble| trouble == Trouble::Refuse).is_some() {
            return self.say("421 no mail is taken now").await;
        }
        self.say("220 sandbox ESMTP; mails stay on this machine").await?;
        while let Some(line) = self.line().await? {
            match self.answer(&line).await? {
                Next::Say(words) => self.say(words).await?,
                Next::SayNumber(number) => self.say(&format!("{number} as a trouble of the sandbox wants")).await?,
                Next::End(words) => return self.say(words).await,
                Next::Drop => return Ok(()),
            }
        }
        Ok(())
    }

    async fn answer(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.trim().is_empty() => Next::Say("501 say who you are"),
            "EHLO" => {
                self.begin();
                self.say(&format!("250-sandbox\r\n250-SIZE {LARGEST}\r\n250-PIPELINING\r\n250-8BITMIME")).await?;
                Next::Say("250 ENHANCEDSTATUSCODES")
            }
            "HELO" => {
                self.begin();
                Next::Say("250 sandbox")
            }
            "NOOP" => Next::Say("250 2.0.0 fine"),
            "RSET" => {
                self.forget();
                Next::Say("250 2.0.0 forgotten")
            }
            "VRFY" => Next::Say("252 2.1.5 send it and see"),
            "QUIT" => Next::End("221 2.0.0 bye"),
            "STARTTLS" => Next::Say("502 5.5.1 this machine talks to itself: nothing is encrypted"),
            "MAIL" | "RCPT" | "DATA" if !self.greeted => Next::Say("503 5.5.1 say EHLO first"),
            "MAIL" => self.sender(rest),
            "RCPT" => self.recipient(rest),
            "DATA" if self.to.is_empty() => Next::Say("503 5.5.1 name a recipient first"),
            "DATA" => return self.content().await,
            _ => Next::Say("500 5.5.2 not a command that is known here"),
        })
    }

    fn sender(&mut self, rest: &str) -> Next {
        let Some((address, parameters)) = path(rest, "FROM:") else {
            return Next::Say("501 5.5.4 MAIL FROM:<address>");
        };
        if self.from.is_some() {
            return Next::Say("503 5.5.1 one mail at a time");
        }
        let size = parameters.iter().find_map(|one| one.to_ascii_uppercase().strip_prefix("SIZE=").map(str::to_owned));
        if size.is_some_and(|size| size.parse::<usize>().is_ok_and(|size| size > LARGEST)) {
            return Next::Say("552 5.3.4 larger than a mail may be");
        }
        self.from = Some(address);
        Next::Say("250 2.1.0 go on")
    }

    fn recipient(&mut self, rest: &str) -> Next {
        let Some((address, _)) = path(rest, "TO:").filter(|(address, _)| address.contains('@')) else {
            return Next::Say("501 5.5.4 RCPT TO:<address>");
        };
        if self.from.is_none() {
            return Next::Say("503 5.5.1 say MAIL first");
        }
        if self.to.len() == MOST_RECIPIENTS {
            return Next::Say("452 4.5.3 too many recipients");
        }
        let refused = |trouble| matches!(trouble, Trouble::Answer(_, Stage::Recipient));
        if let Some(Trouble::Answer(number, _)) = self.app.troubles.take(refused) {
            return Next::SayNumber(number);
        }
        self.to.push(address);
        Next::Say("250 2.1.5 go on")
    }

    async fn content(&mut self) -> io::Result<Next> {
        self.say("354 go on, and end with a dot").await?;
        let mut content = Vec::new();
        let mut too_large = false;
        loop {
            let mut line = Vec::new();
            let room = LARGEST as u64 + 3;
            if (&mut self.read).take(room).read_until(b'\n', &mut line).await? == 0 {
                return Ok(Next::Drop);
            }
            if line == b".\r\n" || line == b".\n" {
                break;
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            too_large |= content.len() + line.len() > LARGEST;
            if !too_large {
                content.extend_from_slice(line);
            }
        }
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        if too_large {
            return Ok(Next::Say("552 5.3.4 larger than a mail may be"));
        }
        let trouble = self
            .app
            .troubles
            .take(|trouble| matches!(trouble, Trouble::Slow(_) | Trouble::Drop | Trouble::Answer(_, Stage::Data)));
        if let Some(Trouble::Answer(number, _)) = trouble {
            return Ok(Next::SayNumber(number));
        }
        let content = String::from_utf8_lossy(&content).into_owned();
        self.app.store.write(|state| state.keep_letter(Letter::new(from, to, content, clock::now())));
        match trouble {
            Some(Trouble::Slow(time)) => tokio::time::sleep(time).await,
            Some(Trouble::Drop) => return Ok(Next::Drop),
            _ => {}
        }
        Ok(Next::Say("250 2.0.0 taken"))
    }

    fn begin(&mut self) {
        self.greeted = true;
        self.forget();
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// The next command without its end; none when the connection has ended, or somebody writes without one.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.read).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok(Some(String::from_utf8_lossy(line).into_owned()))
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        self.write.write_all(words.as_bytes()).await?;
        self.write.write_all(b"\r\n").await?;
        self.write.flush().await
    }
}

/// `FROM:<address> PARAMETERS`
fn path(rest: &str, word: &str) -> Option<(String, Vec<String>)> {
    let start = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    let rest = rest[start.len()..].trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    let plain = address.chars().all(|c| !c.is_control() && !c.is_whitespace()) && address.len() <= 320;
    let parameters = parameters.split_whitespace().map(str::to_owned).collect();
    plain.then(|| (address.to_owned(), parameters))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn an_address_stands_in_pointed_brackets() {
        assert_eq!(path("FROM:<a@b.example> SIZE=12 BODY=8BITMIME", "FROM:").unwrap().1, ["SIZE=12", "BODY=8BITMIME"]);
        assert_eq!(path("from: <>", "FROM:").unwrap().0, "");
        for bad in ["", "FROM", "FROM:a@b.example", "FROM:<a b@c.example>", "TO:<a@b.example>", "FROM:<a@b.example"] {
            assert!(path(bad, "FROM:").is_none(), "{bad}");
        }
    }
}
