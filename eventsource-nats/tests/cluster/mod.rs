//! Three servers of a test's own, which it may kill, stop and start again. Only these are touched, by their process ids.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use eventsource_nats::{NatsOptions, NatsStore, async_nats};
use serde_json::Value;
use tokio::time::sleep;

/// A cluster of three, in a folder that is removed with it.
pub struct Cluster {
    folder: PathBuf,
    program: String,
    nodes: [Node; 3],
}

struct Node {
    name: String,
    port: u16,
    process: Option<Child>,
}

impl Cluster {
    /// Starts three servers that sync before they acknowledge.
    pub fn start(name: &str) -> Self {
        let program = std::env::var("EVENTSOURCE_NATS_SERVER").expect(
            "EVENTSOURCE_NATS_SERVER names no nats-server; `scripts/test` installs one and runs the tests with it",
        );
        let folder =
            std::env::temp_dir().join(format!("eventsource-nats-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        // All are held until all are known, so that they differ.
        let ports: Vec<_> = (0..6)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
            .collect();
        let port = |index: usize| ports[index].local_addr().unwrap().port();
        let routes: Vec<_> = (3..6)
            .map(|index| format!("\"nats://127.0.0.1:{}\"", port(index)))
            .collect();
        let nodes = [0, 1, 2].map(|index| {
            let name = format!("node{index}");
            let data = folder.join(&name);
            let config = format!(
                "server_name: {name}\nlisten: 127.0.0.1:{}\njetstream {{ store_dir: \"{}\", sync_interval: always }}\n\
                 cluster {{ name: faults, listen: 127.0.0.1:{}, routes: [{}] }}\n",
                port(index),
                data.display(),
                port(index + 3),
                routes.join(",")
            );
            fs::write(folder.join(format!("{name}.conf")), config).unwrap();
            Node {
                name,
                port: port(index),
                process: None,
            }
        });
        drop(ports);
        let mut cluster = Self {
            folder,
            program,
            nodes,
        };
        (0..3).for_each(|node| cluster.run(node));
        cluster
    }

    /// The addresses of all.
    pub fn url(&self) -> String {
        let urls: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("nats://127.0.0.1:{}", node.port))
            .collect();
        urls.join(",")
    }

    /// The settings of a store on it.
    pub fn options(name: &str) -> NatsOptions {
        NatsStore::options().name(name).replicas(3)
    }

    /// Opens a store on it, once it has a leader.
    pub async fn open(&self, name: &str) -> NatsStore {
        let begin = Instant::now();
        loop {
            match Self::options(name).open(&self.url()).await {
                Ok(store) => return store,
                Err(error) => assert!(begin.elapsed() < Duration::from_secs(60), "{error}"),
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Starts a server that is not running.
    pub fn run(&mut self, node: usize) {
        let Node { name, process, .. } = &mut self.nodes[node];
        assert!(process.is_none(), "{name} runs already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{name}.log")))
            .unwrap();
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(self.folder.join(format!("{name}.conf")))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        *process = Some(child);
    }

    /// Ends a server as `kill -9` does.
    pub fn kill(&mut self, node: usize) {
        let mut process = self.nodes[node].process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Stops a server where it is: to the others it looks as if its network were cut.
    pub fn stop(&self, node: usize) {
        self.signal("STOP", node);
    }

    /// Lets it go on.
    pub fn go_on(&self, node: usize) {
        self.signal("CONT", node);
    }

    fn signal(&self, signal: &str, node: usize) {
        let process = self.nodes[node].process.as_ref().expect("it runs");
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {}", process.id())])
            .status();
        assert!(status.expect("a shell").success());
    }

    /// The resident memory of a server, in bytes.
    pub fn memory(&self, node: usize) -> u64 {
        let process = self.nodes[node].process.as_ref().expect("it runs");
        let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.expect("Linux says how much memory a process has") << 10
    }

    /// The leader of a stream; `None` while there is none.
    pub async fn leader(&self, client: &async_nats::Client, stream: &str) -> Option<usize> {
        let asked = client.request(format!("$JS.API.STREAM.INFO.{stream}"), "".into());
        let answer = tokio::time::timeout(Duration::from_secs(2), asked)
            .await
            .ok()?
            .ok()?;
        let answer: Value = serde_json::from_slice(&answer.payload).ok()?;
        let leader = answer["cluster"]["leader"].as_str()?;
        self.nodes.iter().position(|node| node.name == leader)
    }

    /// The leader of a stream, waiting for one.
    pub async fn await_leader(&self, client: &async_nats::Client, stream: &str) -> usize {
        let begin = Instant::now();
        loop {
            if let Some(leader) = self.leader(client, stream).await {
                return leader;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "no leader for a minute"
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes another server the leader of a stream.
    pub async fn step_down(&self, client: &async_nats::Client, stream: &str) {
        let asked = client.request(
            format!("$JS.API.STREAM.LEADER.STEPDOWN.{stream}"),
            "".into(),
        );
        let _ = tokio::time::timeout(Duration::from_secs(5), asked).await;
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Some(mut process) = node.process.take() {
                let _ = process.kill();
                let _ = process.wait();
            }
        }
        if std::thread::panicking() {
            eprintln!("the servers' logs are in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
