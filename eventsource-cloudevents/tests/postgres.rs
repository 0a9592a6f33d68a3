//! Into PostgreSQL and back, by appends and by its bulk import.

mod sample;

use eventsource_cloudevents::{Import, Parser};
use eventsource_postgres::{PostgresStore, UnsafeServer};
use sample::{filled, lines};
use tokio_postgres::NoTls;

fn url() -> String {
    std::env::var("EVENTSOURCE_POSTGRES").expect(
        "EVENTSOURCE_POSTGRES names no server to test with; `scripts/test` starts one and runs the tests against it",
    )
}

#[tokio::test]
async fn both_ways_give_the_same() {
    let written = lines(&filled(2_500).await).await;
    for by_copy in [false, true] {
        let schema = format!("cloudevents_{by_copy}_{}", std::process::id());
        let store = PostgresStore::options()
            .schema(&schema)
            .allow_unsafe_server(UnsafeServer {
                fsync_off: true,
                full_page_writes_off: true,
            })
            .open(&url())
            .await
            .unwrap();
        if by_copy {
            let parser = Parser::new();
            let records = parser
                .read(written.as_bytes())
                .map(|parsed| parsed.unwrap().1.record);
            assert_eq!(store.import(records).await.unwrap().events, 2_500);
        } else {
            let imported = Import::into(&store).read(written.as_bytes()).await.unwrap();
            assert_eq!(imported.stored, 2_500);
        }
        // What was copied has no keys, and is recognised all the same.
        let again = Import::into(&store).read(written.as_bytes()).await.unwrap();
        assert_eq!((again.stored, again.skipped), (0, 2_500));
        assert_eq!(lines(&store).await, written);

        let (client, connection) = tokio_postgres::connect(&url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let drop = format!("DROP SCHEMA {schema} CASCADE");
        client.batch_execute(&drop).await.unwrap();
    }
}
