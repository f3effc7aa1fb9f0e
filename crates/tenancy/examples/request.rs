//! One request after the other to two servers in alternating blocks: `request PORT PORT HOST TOKENS_FILE START` asks for
//! the list of procedures as person 1 and prints, for each pair of blocks, the start and µs a request of each server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

/// Requests of one block.
const BLOCK: u32 = 100;
/// Pairs of blocks, after one that warms up.
const PAIRS: usize = 25;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[expect(clippy::print_stdout, reason = "the answer of the program")]
fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [walled, unwalled, host, tokens, start] = arguments.as_slice() else {
        return Err("request PORT PORT HOST TOKENS_FILE START".into());
    };
    let token = std::fs::read_to_string(tokens)?.lines().next().ok_or("no token")?.to_owned();
    let request =
        format!("GET /api/v1/orgs/b1/procedures HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n");
    let (mut walled, mut unwalled) = (Caller::new(walled)?, Caller::new(unwalled)?);
    for pair in 0..=PAIRS {
        let (with, without) = if pair % 2 == 0 {
            let with = walled.block(&request)?;
            (with, unwalled.block(&request)?)
        } else {
            let without = unwalled.block(&request)?;
            (walled.block(&request)?, without)
        };
        if pair > 0 {
            println!("{start}\t{with:.2}\t{without:.2}");
        }
    }
    Ok(())
}

/// A connection that is kept.
struct Caller {
    reader: BufReader<TcpStream>,
    body: Vec<u8>,
}

impl Caller {
    fn new(port: &str) -> Result<Self> {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream), body: Vec::new() })
    }

    /// µs a request.
    fn block(&mut self, request: &str) -> Result<f64> {
        let begun = Instant::now();
        for _ in 0..BLOCK {
            self.ask(request)?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(BLOCK))
    }

    fn ask(&mut self, request: &str) -> Result<()> {
        self.reader.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200 ") {
            return Err(format!("answered {line}").into());
        }
        let mut length = None;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
        self.body.resize(length.ok_or("no length")?, 0);
        self.reader.read_exact(&mut self.body)?;
        Ok(())
    }
}
