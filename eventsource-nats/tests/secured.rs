//! Servers that are encrypted, and that ask who connects: by user and password, by a key, by credentials of an account.

mod server;

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eventsource_core::{Append, NewEvent, Store, StoreError, StreamName, StreamScan, Timestamp};
use eventsource_nats::NatsStore;
use eventsource_nats::async_nats::ConnectOptions;
use nkeys::KeyPair;
use serde_json::{Value, json};
use server::options;

/// A server with more in its configuration, in a folder that is removed with it.
struct Secured {
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl Secured {
    fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::start_in(folder, config)
    }

    fn start_in(folder: tempfile::TempDir, config: &str) -> Self {
        let program = std::env::var("EVENTSOURCE_NATS_SERVER").expect(
            "EVENTSOURCE_NATS_SERVER names no nats-server; `scripts/test` installs one and runs the tests with it",
        );
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let (file, data) = (folder.path().join("conf"), folder.path().join("data"));
        let config = format!(
            "listen: 127.0.0.1:{port}\njetstream {{ store_dir: {:?}, sync_interval: always }}\n{config}\n",
            data.display().to_string()
        );
        fs::write(&file, config).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .arg("-c")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut secured = Self {
            folder,
            port,
            process,
        };
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = secured.process.try_wait().unwrap();
            let log = || fs::read_to_string(secured.folder.path().join("log")).unwrap();
            assert!(ended.is_none(), "it has ended: {}", log());
            assert!(begin.elapsed() < Duration::from_secs(30), "{}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        secured
    }

    fn url(&self) -> String {
        format!("nats://localhost:{}", self.port)
    }

    async fn open(&self, connect: ConnectOptions) -> Result<NatsStore, StoreError> {
        let options = options("SECURED", 1).connect_options(connect);
        options.open(&self.url()).await
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What is appended is read.
async fn works(store: &NatsStore) {
    let stream = StreamName::new("sample", &"one".to_owned()).unwrap();
    let event = NewEvent {
        name: "sample.made".into(),
        schema: 1,
        format: "json".into(),
        payload: b"{}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let append = Append::to(stream.clone()).event(event);
    store.append(Arc::new(append)).await.unwrap();
    let read = store.read_stream(StreamScan::of(stream)).await.unwrap();
    assert_eq!(read.len(), 1);
}

/// Why the store was not opened: it could not connect.
fn refused(opened: Result<NatsStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Backend { doing, source }) => {
            assert!(doing.contains("connecting"), "{doing}");
            let mut text = source.to_string();
            let mut cause = source.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            text
        }
        other => panic!("{other:?}"),
    }
}

/// A certificate for a name, its key, and the files of both.
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn of(name: &str, folder: &tempfile::TempDir) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let certificate = folder.path().join(format!("{name}.pem"));
        let key = folder.path().join(format!("{name}.key"));
        fs::write(&certificate, cert.pem()).unwrap();
        fs::write(&key, signing_key.serialize_pem()).unwrap();
        Self { certificate, key }
    }
}

#[tokio::test]
async fn an_encrypted_connection_is_used_if_both_are_who_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let (server, client) = (
        Certificate::of("localhost", &folder),
        Certificate::of("client", &folder),
    );
    let config = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
        server.certificate.display().to_string(),
        server.key.display().to_string(),
        client.certificate.display().to_string(),
    );
    let secured = Secured::start_in(folder, &config);
    let trusting = || {
        ConnectOptions::new()
            .require_tls(true)
            .add_root_certificates(server.certificate.clone())
    };
    let known = trusting().add_client_certificate(client.certificate.clone(), client.key.clone());
    let store = secured.open(known).await.unwrap();
    works(&store).await;

    // Nobody vouches for the server.
    let stranger = ConnectOptions::new()
        .require_tls(true)
        .add_client_certificate(client.certificate.clone(), client.key.clone());
    let reason = refused(secured.open(stranger).await);
    assert!(reason.contains("certificate"), "{reason}");
    // Nobody vouches for the client.
    refused(secured.open(trusting()).await);
}

#[tokio::test]
async fn a_user_has_a_password() {
    let secured = Secured::start(r#"authorization { user: "shop", password: "s3cret" }"#);
    let with =
        |password: &str| ConnectOptions::with_user_and_password("shop".into(), password.to_owned());
    works(&secured.open(with("s3cret")).await.unwrap()).await;
    let reason = refused(secured.open(with("guessed")).await);
    assert!(reason.contains("authorization"), "{reason}");
    let reason = refused(secured.open(ConnectOptions::new()).await);
    assert!(reason.contains("authorization"), "{reason}");
}

#[tokio::test]
async fn a_key_signs_what_the_server_asks() {
    let (known, stranger) = (KeyPair::new_user(), KeyPair::new_user());
    let secured = Secured::start(&format!(
        "authorization {{ users: [{{ nkey: {} }}] }}",
        known.public_key()
    ));
    let with = |key: &KeyPair| ConnectOptions::with_nkey(key.seed().unwrap());
    works(&secured.open(with(&known)).await.unwrap()).await;
    let reason = refused(secured.open(with(&stranger)).await);
    assert!(reason.contains("authorization"), "{reason}");
}

/// A claim about `subject`, signed: the tokens of the server's decentralised authentication.
fn token(signer: &KeyPair, subject: &KeyPair, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let body = json!({
        "jti": subject.public_key(), "iat": 1_700_000_000, "iss": signer.public_key(), "sub": subject.public_key(),
        "name": subject.public_key(), "nats": claims,
    });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(&body));
    let signature = URL_SAFE_NO_PAD.encode(signer.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

/// The file that a user is given.
fn credentials(account: &KeyPair) -> String {
    let user = KeyPair::new_user();
    let claims = json!({
        "type": "user", "version": 2, "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1,
    });
    format!(
        "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        token(account, &user, &claims),
        user.seed().unwrap()
    )
}

#[tokio::test]
async fn credentials_are_of_an_account_that_the_server_knows() {
    let (operator, system) = (KeyPair::new_operator(), KeyPair::new_account());
    let (account, stranger) = (KeyPair::new_account(), KeyPair::new_account());
    let limits = |disk: i64| {
        json!({
            "type": "account", "version": 2,
            "limits": {
                "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
                "leaf": -1, "mem_storage": disk, "disk_storage": disk, "streams": -1, "consumer": -1,
            },
        })
    };
    let operators = json!({ "type": "operator", "version": 2 });
    let secured = Secured::start(&format!(
        "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload {{\n {}: {}\n {}: {}\n}}",
        token(&operator, &operator, &operators),
        system.public_key(),
        system.public_key(),
        token(&operator, &system, &limits(0)),
        account.public_key(),
        token(&operator, &account, &limits(-1)),
    ));
    let with = |account: &KeyPair| ConnectOptions::with_credentials(&credentials(account)).unwrap();
    works(&secured.open(with(&account)).await.unwrap()).await;
    let reason = refused(secured.open(with(&stranger)).await);
    assert!(reason.contains("authorization"), "{reason}");
}
