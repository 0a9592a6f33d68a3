//! Encryption, with the feature `tls`; without it, asking for it is an error.

#[cfg(not(feature = "tls"))]
pub(crate) use plain::Tls;
#[cfg(feature = "tls")]
pub(crate) use rustls_tls::Tls;

#[cfg(not(feature = "tls"))]
mod plain {
    use eventsource_core::StoreError;
    use tokio_postgres::config::SslMode;
    use tokio_postgres::tls::NoTlsStream;
    use tokio_postgres::{Client, Config, Connection, Error, NoTls, Socket};

    use crate::error::backend;
    use crate::options::PostgresOptions;

    pub(crate) struct Tls;

    impl Tls {
        pub(crate) fn new(
            _: &PostgresOptions,
            config: &Config,
            place: &str,
        ) -> Result<Self, StoreError> {
            // `prefer` goes on without; `disable` and `prefer` are all that is left.
            match config.get_ssl_mode() {
                SslMode::Disable | SslMode::Prefer => Ok(Self),
                _ => Err(backend(
                    place,
                    "reading the connection string",
                    "it asks for TLS, for which `eventsource-postgres` must be compiled with its feature `tls`",
                )),
            }
        }

        pub(crate) async fn connect(
            &self,
            config: &Config,
        ) -> Result<(Client, Connection<Socket, NoTlsStream>), Error> {
            config.connect(NoTls).await
        }
    }
}

#[cfg(feature = "tls")]
mod rustls_tls {
    use std::sync::Arc;

    use eventsource_core::StoreError;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, RootCertStore};
    use tokio_postgres::config::SslMode;
    use tokio_postgres::tls::MakeTlsConnect;
    use tokio_postgres::{Client, Config, Connection, Error, Socket};
    use tokio_postgres_rustls::MakeRustlsConnect;

    use crate::error::backend;
    use crate::options::PostgresOptions;

    pub(crate) struct Tls(MakeRustlsConnect);

    impl Tls {
        pub(crate) fn new(
            options: &PostgresOptions,
            config: &Config,
            place: &str,
        ) -> Result<Self, StoreError> {
            let failed = |error: String| {
                backend(
                    place,
                    "reading the certificates of those who are trusted",
                    error,
                )
            };
            let mut roots = RootCertStore::empty();
            if let Some(pem) = &options.root_certificates {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                    roots
                        .add(certificate)
                        .map_err(|error| failed(error.to_string()))?;
                }
            } else {
                // Some that cannot be read do not matter, as long as those that are needed can.
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            if roots.is_empty()
                && !matches!(config.get_ssl_mode(), SslMode::Disable | SslMode::Prefer)
            {
                return Err(failed("there is none".into()));
            }
            // Named here, so that a process with several providers, or with none installed, works as well.
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let client = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| failed(error.to_string()))?
                .with_root_certificates(roots)
                .with_no_client_auth();
            Ok(Self(MakeRustlsConnect::new(client)))
        }

        pub(crate) async fn connect(
            &self,
            config: &Config,
        ) -> Result<
            (
                Client,
                Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>,
            ),
            Error,
        > {
            config.connect(self.0.clone()).await
        }
    }
}
