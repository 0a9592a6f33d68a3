//! The systems that are compared: a file for each.

mod by_hand;
mod cqrs_es;
mod disintegrate;
mod es_entity;
mod esrs;
mod eventcore;
mod eventsource;
mod sourcery;

use std::sync::Arc;

use crate::system::{Result, System, database};

/// A system that is measured.
#[derive(Clone)]
pub struct Candidate {
    /// Its name in the table, and its version where it is a peer.
    pub name: &'static str,
    /// Its own database.
    pub url: String,
    pub system: Arc<dyn System>,
}

/// This framework, which the others are compared with.
pub const OURS: &str = "eventsource";

/// Opens the systems whose name begins with one of `only`, or all of them; this framework is always there, and first.
pub async fn open(server: &str, only: &[String]) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    macro_rules! candidates {
        ($($name:expr, $database:literal, |$url:ident| $open:expr;)*) => {$(
            let wanted = only.is_empty() || only.iter().any(|only| $name.starts_with(only.as_str()));
            if wanted || $name == OURS {
                let url = database(server, $database).await?;
                let $url = url.as_str();
                let system = Arc::new($open.await.map_err(|error| format!("{}: {error}", $name))?);
                candidates.push(Candidate { name: $name, url, system });
            }
        )*};
    }
    candidates! {
        OURS, "peers_eventsource", |url| eventsource::Eventsource::new(url, 10_000);
        "eventsource, no cache", "peers_eventsource_no_cache", |url| eventsource::Eventsource::new(url, 0);
        "by hand", "peers_by_hand", |url| by_hand::ByHand::new(url, by_hand::Columns::Needed);
        "by hand, all columns", "peers_by_hand_all", |url| by_hand::ByHand::new(url, by_hand::Columns::All);
        "cqrs-es 0.5", "peers_cqrs_es", |url| cqrs_es::CqrsEs::new(url);
        "disintegrate 4.0", "peers_disintegrate", |url| disintegrate::Disintegrate::new(url);
        "es-entity 0.20", "peers_es_entity", |url| es_entity::EsEntityBank::new(url);
        "esrs 0.18", "peers_esrs", |url| esrs::Esrs::new(url);
        "eventcore 2.1", "peers_eventcore", |url| eventcore::Eventcore::new(url);
        "sourcery 0.2", "peers_sourcery", |url| sourcery::Sourcery::new(url);
    }
    Ok(candidates)
}
