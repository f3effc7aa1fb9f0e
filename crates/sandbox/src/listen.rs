//! Opening ports on both loopback addresses.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::Context as _;
use tokio::net::TcpListener;

/// Somebody else has the port.
#[derive(Debug, thiserror::Error)]
#[error(
    "port {port} (for {what}) is taken on {address}: stop what listens there, or move everything with --base-port N"
)]
pub struct PortTaken {
    /// What was to answer there.
    pub what: &'static str,
    /// The port.
    pub port: u16,
    /// Address it is taken on.
    pub address: SocketAddr,
}

/// Open listeners of one port.
pub(crate) struct Doors {
    pub(crate) port: u16,
    pub(crate) listeners: Vec<TcpListener>,
}

/// Listens on 127.0.0.1 and, where the machine has it, on [::1]. Port 0 takes a free one.
pub(crate) async fn open(what: &'static str, port: u16) -> anyhow::Result<Doors> {
    let first = bind(what, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = first.local_addr().context("a listener has an address")?.port();
    let mut listeners = vec![first];
    match bind(what, SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(second) => listeners.push(second),
        Err(error) if error.downcast_ref::<PortTaken>().is_some() => return Err(error),
        Err(error) => tracing::debug!("no IPv6 here: {error:#}"),
    }
    Ok(Doors { port, listeners })
}

async fn bind(what: &'static str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    // Whoever reaches the control page can do anything to anybody.
    anyhow::ensure!(address.ip().is_loopback(), "{address} is not an address of this machine alone");
    TcpListener::bind(address).await.map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            PortTaken { what, port: address.port(), address }.into()
        } else {
            anyhow::Error::new(error).context(format!("cannot listen on {address} for {what}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_else_can_reach_it() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:0", "[2001:db8::1]:0"] {
            let refusal = bind("Clerk", address.parse().unwrap()).await.unwrap_err().to_string();
            assert!(refusal.contains("not an address of this machine alone"), "{refusal}");
        }
        let doors = open("Clerk", 0).await.unwrap();
        assert!(!doors.listeners.is_empty());
        for listener in doors.listeners {
            assert!(listener.local_addr().unwrap().ip().is_loopback());
        }
    }
}
