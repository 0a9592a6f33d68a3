//! Encrypted connections, to a server that has a certificate. Only with the feature `tls`, as `scripts/test` runs it.
#![cfg(feature = "tls")]

mod scratch;
mod server;

use std::sync::Arc;

use eventsource_core::{Position, Store, StoreError};
use scratch::{fresh_schema, options, some};
use server::Cluster;

#[tokio::test]
async fn an_encrypted_connection_is_used_if_the_server_is_the_one_that_it_says() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cluster = Cluster::start_encrypted("tls", &cert.pem(), &signing_key.serialize_pem());
    let url = format!("{}?sslmode=require", cluster.url("postgres"));
    let url = url.replace("127.0.0.1", "localhost");
    let trusting = options(&fresh_schema()).root_certificates(cert.pem());
    let store = trusting.clone().open(&url).await.unwrap();
    store.append(Arc::new(some(1, 1))).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(1));
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'eventsource'";
    assert_eq!(cluster.sql("postgres", encrypted), "t");
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
