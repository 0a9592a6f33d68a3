//! As much of the language server protocol as it takes to type something into a file and see what is offered.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{env, io, thread};

/// How long anything may take. The first start compiles the macros.
const PATIENCE: Duration = Duration::from_secs(600);

/// A rust-analyzer that works, or why there is none.
///
/// It is the one that the environment variable `RUST_ANALYZER` names, which then has to work, or the one on the path.
pub fn find() -> Result<PathBuf, String> {
    let named = env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let server = named
        .clone()
        .unwrap_or_else(|| PathBuf::from("rust-analyzer"));
    // The path may have rustup's stand-in for it, which fails.
    let missing = match Command::new(&server).arg("--version").output() {
        Ok(output) if output.status.success() => standard_library_is_missing(),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Some(said.lines().next().unwrap_or("it fails").to_owned())
        }
        Err(error) => Some(error.to_string()),
    };
    match missing {
        None => Ok(server),
        Some(reason) if named.is_some() => panic!("{}: {reason}", server.display()),
        Some(reason) => Err(reason),
    }
}

/// Without its source the server knows no `derive`, and no attribute below one is expanded.
fn standard_library_is_missing() -> Option<String> {
    let source = env::var_os("RUST_SRC_PATH").map_or_else(
        || {
            let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
            let sysroot = sysroot.map_or_else(|_| Vec::new(), |output| output.stdout);
            let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
            Path::new(&sysroot).join("lib/rustlib/src/rust/library")
        },
        PathBuf::from,
    );
    let missing = !source.join("core").exists();
    missing.then(|| {
        "no source of the standard library: run `rustup component add rust-src`".to_owned()
    })
}

/// A server with one project open; it ends with this.
pub struct LanguageServer {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_request: u64,
    last_version: u64,
    started: Instant,
}

impl LanguageServer {
    /// Starts it on a project and waits until it has read all of it.
    pub fn start(server: &Path, project: &Path, target: &Path) -> Self {
        let mut process = Command::new(server)
            .current_dir(project)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("rust-analyzer starts");
        let input = process.stdin.take().expect("it is piped");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Ok(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            process,
            input,
            messages,
            last_request: 0,
            last_version: 0,
            started: Instant::now(),
        };
        let root = uri(project);
        server.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "project" }],
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "general": { "positionEncodings": ["utf-8"] },
                },
                "initializationOptions": {
                    "checkOnSave": false,
                    "cachePriming": { "enable": false },
                },
            }),
        );
        server.notify("initialized", &json!({}));
        loop {
            let message = server.receive();
            if message["method"] == "experimental/serverStatus" {
                let status = &message["params"];
                assert_ne!(status["health"], "error", "{status}");
                if status["quiescent"] == true {
                    return server;
                }
            }
        }
    }

    /// Opens a file, as it stands on the disk.
    pub fn open(&mut self, file: &Path, text: &str) {
        let document =
            json!({ "uri": uri(file), "languageId": "rust", "version": 0, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// What is offered after the text that ends at `offset` in the file's new text.
    pub fn complete(&mut self, file: &Path, text: &str, offset: usize) -> Vec<String> {
        self.last_version += 1;
        let document = json!({ "uri": uri(file), "version": self.last_version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", &change);
        let before = &text[..offset];
        let line = before.matches('\n').count();
        let character = offset - before.rfind('\n').map_or(0, |newline| newline + 1);
        let position = json!({
            "textDocument": { "uri": uri(file) },
            "position": { "line": line, "character": character },
        });
        let answer = self.request("textDocument/completion", &position);
        let items = answer.get("items").unwrap_or(&answer).as_array();
        let labels = items
            .into_iter()
            .flatten()
            .filter_map(|item| item["label"].as_str());
        // The label of a method is `name(…)`.
        let name = |label: &str| {
            label
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .map(str::to_owned)
        };
        labels.filter_map(name).collect()
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        loop {
            self.last_request += 1;
            let id = self.last_request;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let mut answer = loop {
                let message = self.receive();
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match answer["error"]["code"].as_i64() {
                None => return answer["result"].take(),
                // The content was modified, or the server took the request back: ask again.
                Some(-32801 | -32802) => {}
                Some(_) => panic!("{method}: {}", answer["error"]),
            }
        }
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it listens");
        self.input.flush().expect("it listens");
    }

    /// The next message; a request of the server's is answered, with nothing.
    fn receive(&mut self) -> Value {
        let left = PATIENCE.saturating_sub(self.started.elapsed());
        let message = self
            .messages
            .recv_timeout(left)
            .expect("rust-analyzer answers");
        if message.get("method").is_some() && message.get("id").is_some() {
            let id = &message["id"];
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
        }
        message
    }
}

impl Drop for LanguageServer {
    fn drop(&mut self) {
        // What it has started ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(input: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(io::Error::other)?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
