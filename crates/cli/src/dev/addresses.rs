//! The five ports and the URLs that follow from them.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::config::BadConfiguration;

/// Who listens where, counted from the base port.
const PARTS: [&str; 5] =
    ["the app", "Clerk (sandbox)", "Stripe (sandbox)", "the mailbox and control page", "the mail server (sandbox)"];

/// The five ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    base: u16,
}

impl Addresses {
    /// The ports from `base` on, none of them taken.
    pub(crate) fn free(base: u16) -> Result<Self, BadConfiguration> {
        let addresses = Self { base };
        let Some((port, part)) = addresses.first_taken() else {
            return Ok(addresses);
        };
        let elsewhere = (1..40)
            .map(|hundreds| base.wrapping_add(hundreds * 100))
            .filter(|other| (1024..65531).contains(other))
            .find(|other| Self { base: *other }.first_taken().is_none());
        let elsewhere = elsewhere.map_or_else(|| "N".to_owned(), |other| other.to_string());
        Err(BadConfiguration::one(format!(
            "port {port}, meant for {part}, is taken by another program.\n\
             Move all five ports with --base-port, for example: --base-port {elsewhere}"
        )))
    }

    fn first_taken(self) -> Option<(u16, &'static str)> {
        (0..).zip(PARTS).map(|(nth, part)| (self.base + nth, part)).find(|(port, _)| is_taken(*port))
    }

    pub(crate) fn app_port(self) -> u16 {
        self.base
    }

    pub(crate) fn clerk_port(self) -> u16 {
        self.base + 1
    }

    pub(crate) fn stripe_port(self) -> u16 {
        self.base + 2
    }

    pub(crate) fn mailbox_port(self) -> u16 {
        self.base + 3
    }

    pub(crate) fn smtp_port(self) -> u16 {
        self.base + 4
    }

    pub(crate) fn app(self) -> String {
        url(self.app_port())
    }

    pub(crate) fn clerk(self) -> String {
        url(self.clerk_port())
    }

    pub(crate) fn stripe(self) -> String {
        url(self.stripe_port())
    }

    pub(crate) fn mailbox(self) -> String {
        url(self.mailbox_port())
    }

    /// As a mail program is told it.
    pub(crate) fn smtp(self) -> String {
        format!("smtp://127.0.0.1:{}", self.smtp_port())
    }
}

fn url(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// Taken on either loopback: a browser asked for localhost may try both. A family the machine lacks counts as free.
fn is_taken(port: u16) -> bool {
    [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))]
        .into_iter()
        .any(|address| TcpListener::bind(address).is_err_and(|error| error.kind() != ErrorKind::AddrNotAvailable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_part_and_the_way_out() {
        // Any port the system has free, low enough for those above it.
        let (taken, base) = loop {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let base = port - 2;
            if port < 65000 && !is_taken(base) && !is_taken(base + 1) {
                break (listener, base);
            }
        };
        let told = Addresses::free(base).unwrap_err().to_string();
        let port = taken.local_addr().unwrap().port();
        assert!(told.contains(&format!("port {port}, meant for Stripe (sandbox)")), "{told}");
        assert!(told.contains("--base-port"), "{told}");
    }
}
