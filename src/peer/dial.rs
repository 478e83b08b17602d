//! Calling a relay by its name: every address it has, as RFC 8305 does.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use async_net::TcpStream;
use futures_lite::future::{Boxed, FutureExt};
use smol::Timer;

use crate::protocol::session::Disconnected;

/// How long one address may take to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an address has the line to itself before the next one is tried as well.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first of a name's addresses that answers.
pub async fn dial(host: String, port: u16) -> Result<TcpStream, Disconnected> {
    let addresses = async_net::resolve((host, port)).await;
    race(addresses.map_err(|_| Disconnected::UnknownHost)?).await
}

/// Tries addresses in turn, each once the one before has failed or has had its head start.
fn race(addresses: Vec<SocketAddr>) -> Boxed<Result<TcpStream, Disconnected>> {
    async move {
        let [first, rest @ ..] = addresses.as_slice() else {
            return Err(Disconnected::UnknownHost);
        };
        let mut first = std::pin::pin!(connect(*first));
        if rest.is_empty() {
            return first.await;
        }
        let head_start = async {
            Timer::after(HEAD_START).await;
            None
        };
        let first_alone = async { Some(first.as_mut().await) };
        match first_alone.or(head_start).await {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(_)) => return race(rest.to_vec()).await,
            None => {}
        }
        // Whichever fails, the other still may answer; whichever answers first, the other is hung up.
        let mut others = race(rest.to_vec());
        let first_done = async { Either::First(first.as_mut().await) };
        let others_done = async { Either::Others((&mut others).await) };
        match first_done.or(others_done).await {
            Either::First(Ok(stream)) | Either::Others(Ok(stream)) => Ok(stream),
            Either::First(Err(_)) => others.await,
            Either::Others(Err(_)) => first.await,
        }
    }
    .boxed()
}

/// Who of two finished.
enum Either<T> {
    First(T),
    Others(T),
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Disconnected> {
    let late = async {
        Timer::after(DIAL_TIMEOUT).await;
        Err(io::Error::from(io::ErrorKind::TimedOut))
    };
    Ok(TcpStream::connect(address).or(late).await?)
}
