//! A connection, made and given up again: nothing is sent over it.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::probe::Sight;

/// Connects to `host:port`.
pub(super) async fn connect(address: &str, within: Duration) -> Sight {
    match tokio::time::timeout(within, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Sight::Good(format!("accepts connections at {address}")),
        Ok(Err(error)) => Sight::Bad(format!(
            "does not accept a connection at {address}: {error}"
        )),
        Err(_) => Sight::Bad(format!(
            "does not accept a connection at {address} within {} s",
            within.as_secs()
        )),
    }
}
