//! Encrypted connections, to a server that has a certificate: `EVENTSOURCE_POSTGRES_TLS` is its URL, and
//! `EVENTSOURCE_POSTGRES_ROOT` the file of the certificate that vouches for it. Only with the feature `tls`.
#![cfg(feature = "tls")]

mod scratch;

use std::sync::Arc;

use eventsource_core::{Position, Store, StoreError};
use scratch::{fresh_schema, options, some};

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} must be set; `scripts/test` starts such a server"))
}

#[tokio::test]
async fn an_encrypted_connection_is_used_if_the_server_is_the_one_that_it_says() {
    let url = format!("{}?sslmode=require", variable("EVENTSOURCE_POSTGRES_TLS"));
    let root = std::fs::read(variable("EVENTSOURCE_POSTGRES_ROOT")).unwrap();
    let trusting = options(&fresh_schema()).root_certificates(root);
    let store = trusting.clone().open(&url).await.unwrap();
    store.append(Arc::new(some(1, 1))).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(1));
    store.close().await;

    // Nobody vouches for it.
    let error = options(&fresh_schema()).open(&url).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Backend { doing, .. } if doing.contains("connecting")),
        "{error}"
    );
    // It is vouched for under another name.
    let error = trusting
        .open(&url.replace("localhost", "127.0.0.1"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Backend { doing, .. } if doing.contains("connecting")),
        "{error}"
    );
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_an_error() {
    let url = "postgres://me@127.0.0.1:1/shop?sslmode=require";
    for pem in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = options("any")
            .root_certificates(pem)
            .open(url)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::Backend { doing, .. } if doing.contains("certificates")),
            "{pem}: {error}"
        );
    }
}
