//! A proxy in front of a server that loses, once, what comes just when it hurts: the request, or its answer.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is lost of a request, and with it the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The request does not reach the server.
    Request,
    /// The request reaches the server, which answers; the answer does not reach the client.
    Answer,
}

/// A proxy that runs as long as it is kept.
pub struct Proxy {
    /// Where clients connect to.
    pub port: u16,
    plan: Arc<Plan>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Plan {
    /// The request that contains these bytes is the one, once.
    armed: Mutex<Option<(Vec<u8>, Cut)>>,
    done: AtomicBool,
}

impl Proxy {
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Plan::default());
        let shared = Arc::clone(&plan);
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let plan = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await {
                        pass(client, server, plan).await.ok();
                    }
                });
            }
        });
        Self {
            port,
            plan,
            accepting,
        }
    }

    /// Loses this of the next request that contains these bytes.
    pub fn arm(&self, request: &str, cut: Cut) {
        self.plan.done.store(false, Ordering::SeqCst);
        *self.plan.armed.lock().unwrap() = Some((request.as_bytes().to_vec(), cut));
    }

    /// Whether what was to be lost has been lost.
    pub fn has_cut(&self) -> bool {
        self.plan.done.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Plan {
    /// What is to be lost of a request that is sent with these bytes.
    fn meets(&self, bytes: &[u8]) -> Option<Cut> {
        let mut armed = self.armed.lock().unwrap();
        let (wanted, cut) = armed.as_ref()?;
        let cut = bytes
            .windows(wanted.len())
            .any(|window| window == wanted)
            .then_some(*cut)?;
        *armed = None;
        Some(cut)
    }
}

/// Passes bytes on in both directions, until one side ends or the connection is cut.
async fn pass(client: TcpStream, server: TcpStream, plan: Arc<Plan>) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let losing = Arc::new(AtomicBool::new(false));
    tokio::select! {
        ended = requests(from_client, to_server, Arc::clone(&plan), Arc::clone(&losing)) => ended,
        ended = answers(from_server, to_client, plan, losing) => ended,
    }
}

/// Whether answers are lost from now on.
type Losing = Arc<AtomicBool>;

async fn requests(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    plan: Arc<Plan>,
    losing: Losing,
) -> io::Result<()> {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = client.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        match plan.meets(&bytes[..count]) {
            None => {}
            Some(Cut::Request) => {
                plan.done.store(true, Ordering::SeqCst);
                return Ok(());
            }
            Some(Cut::Answer) => losing.store(true, Ordering::SeqCst),
        }
        server.write_all(&bytes[..count]).await?;
    }
}

async fn answers(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    plan: Arc<Plan>,
    losing: Losing,
) -> io::Result<()> {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = server.read(&mut bytes).await?;
        if count == 0 {
            return Ok(());
        }
        if losing.load(Ordering::SeqCst) {
            // ReadyForQuery, the end of an answer: the server has committed what it was asked.
            if bytes[..count].ends_with(b"Z\0\0\0\x05I") {
                plan.done.store(true, Ordering::SeqCst);
                return Ok(());
            }
            continue;
        }
        client.write_all(&bytes[..count]).await?;
    }
}
