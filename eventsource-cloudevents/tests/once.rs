//! Interruptions: an export goes on from its checkpoint, an import is begun anew, and every event is there once.

mod sample;
#[path = "../../tests/scripted_store/mod.rs"]
#[allow(dead_code, reason = "it can do more than is asked for here")]
mod scripted_store;

use std::io;
use std::sync::{Arc, Mutex};

use eventsource_cloudevents::{Export, ExportError, Import, ImportProblem, Progress, Versions};
use eventsource_core::{Append, MemoryStore, Position, Query, Store, StoreError, Tag};
use sample::{SOURCE, all, event, fill, filled, lines, stream};
use scripted_store::{Next, ScriptedStore};

/// A disk that is full after so many bytes.
struct Full {
    written: Vec<u8>,
    room: usize,
}

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room - self.written.len());
        self.written.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_export_goes_on_from_its_checkpoint() {
    let store = filled(3_000).await;
    let whole = lines(&store).await;

    let mut disk = Full {
        written: Vec::new(),
        room: whole.len() / 2,
    };
    let mut export = Export::of(&store).source(SOURCE);
    let error = export.write_to(&mut disk).await.unwrap_err();
    assert!(matches!(error, ExportError::Write(_)), "{error}");
    let kept = export.checkpoint().to_string();
    let events = export.progress().events;
    assert!(0 < events && events < 3_000);

    // The file is cut to what is whole, as the checkpoint says, and another process goes on.
    let mut file: String = whole
        .split_inclusive('\n')
        .take(usize::try_from(events).unwrap())
        .collect();
    assert!(disk.written.starts_with(file.as_bytes()));
    let mut export = Export::resume(&store, kept.parse().unwrap())
        .unwrap()
        .source(SOURCE);
    while let Some(page) = export.next_page().await.unwrap() {
        file.push_str(&page);
    }
    assert_eq!(file, whole);

    let other = MemoryStore::new();
    let refused = Export::resume(&other, kept.parse().unwrap()).err().unwrap();
    assert!(matches!(refused, StoreError::OtherStore { .. }));
}

#[tokio::test]
async fn an_export_ends_with_what_was_stored_when_it_began() {
    let store = filled(2_500).await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let says = said.clone();
    let mut export = Export::of(&store)
        .source(SOURCE)
        .on_progress(move |progress| says.lock().unwrap().push(progress));
    let first = export.next_page().await.unwrap().unwrap();
    fill(&store, 2_500, 2_600).await;
    let mut rest = Vec::new();
    let done = export.write_to(&mut rest).await.unwrap();
    let end = Position(2_500);
    assert_eq!(
        done,
        Progress {
            events: 2_500,
            position: end,
            end
        }
    );
    assert_eq!(said.lock().unwrap().last(), Some(&done));
    assert_eq!(
        first.lines().count() + rest.split(|byte| *byte == b'\n').count() - 1,
        2_500
    );

    let mut later = Vec::new();
    let mut export = Export::resume(&store, export.checkpoint()).unwrap();
    assert_eq!(export.write_to(&mut later).await.unwrap().events, 100);
}

#[tokio::test]
async fn a_part_of_a_store_is_exported() {
    let store = filled(100).await;
    let third = Query::tag(Tag::new("third", 1));
    let mut export = Export::of(&store)
        .matching(third)
        .after(Position(10))
        .until(Position(70));
    let mut lines = Vec::new();
    let done = export.write_to(&mut lines).await.unwrap();
    assert_eq!((done.events, done.position), (20, Position(70)));

    let error = Import::into(&MemoryStore::new())
        .read(&lines[..])
        .await
        .unwrap_err();
    assert_eq!(
        error.problem.to_string(),
        "line 8: it is version 5 of the stream `account/3`, which has 2 events before it; \
         `Versions::Renumbered` imports a part of a stream"
    );
    let to = MemoryStore::new();
    for stored in [20, 0] {
        let import = Import::into(&to).versions(Versions::Renumbered);
        let imported = import.read(&lines[..]).await.unwrap();
        assert_eq!((imported.stored, imported.skipped), (stored, 20 - stored));
    }
    let payloads = |events: Vec<eventsource_core::StoredEvent>| {
        events
            .into_iter()
            .map(|event| event.payload)
            .collect::<Vec<_>>()
    };
    let exported: Vec<_> = all(&store)
        .await
        .into_iter()
        .filter(|event| {
            (11..=70).contains(&event.position.0) && event.tags().contains(&Tag::new("third", 1))
        })
        .collect();
    assert_eq!(payloads(all(&to).await), payloads(exported));
}

#[tokio::test]
async fn what_cannot_be_exported_is_said() {
    let store = filled(1).await;
    let error = Export::of(&store)
        .source("two words")
        .next_page()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`two words` is no URI reference, as the source of an event must be"
    );
    let error = Export::of(&store)
        .after(Position(2))
        .next_page()
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        ExportError::Store(StoreError::BeyondHead { .. })
    ));
}

#[tokio::test]
async fn an_import_is_begun_anew_in_other_chunks() {
    let from = filled(1_200).await;
    let whole = lines(&from).await;
    // Cut in the midst of a line, as a copy is that broke off.
    let part = &whole[..whole.len() * 2 / 3];
    let to = MemoryStore::new();
    let error = Import::into(&to).read(part.as_bytes()).await.unwrap_err();
    assert_eq!(error.imported.line, 500);
    assert!(matches!(error.problem, ImportProblem::Line(_)));

    // A part that ends with a line, and so with a shorter chunk.
    let part: String = whole.split_inclusive('\n').take(777).collect();
    let imported = Import::into(&to).read(part.as_bytes()).await.unwrap();
    assert_eq!((imported.stored, imported.skipped), (277, 500));

    let imported = Import::into(&to).read(whole.as_bytes()).await.unwrap();
    assert_eq!((imported.stored, imported.skipped), (1_200 - 777, 777));
    assert_eq!(imported.last, Position(1_200));
    assert_eq!(lines(&to).await, whole);

    // From another line on, also after the store has lost the keys, if it ever does.
    let tail: String = whole.split_inclusive('\n').skip(600).collect();
    let imported = Import::into(&to).read(tail.as_bytes()).await.unwrap();
    assert_eq!((imported.stored, imported.skipped), (0, 600));
}

#[tokio::test]
async fn lines_come_from_anywhere() {
    let from = filled(1_001).await;
    let to = MemoryStore::new();
    let said = Arc::new(Mutex::new(Vec::new()));
    let says = said.clone();
    let mut import =
        Import::into(&to).on_progress(move |done| says.lock().unwrap().push(done.line));
    for line in lines(&from).await.lines() {
        import.line(line).await.unwrap();
    }
    assert_eq!(import.finish().await.unwrap().stored, 1_001);
    assert_eq!(*said.lock().unwrap(), [500, 1_000, 1_001]);
    assert_eq!(all(&to).await, all(&from).await);
}

#[tokio::test]
async fn another_event_at_a_version_is_an_error() {
    let whole = lines(&filled(20).await).await;
    let to = MemoryStore::new();
    to.append(Arc::new(Append::to(stream("account/3")).event(event(99))))
        .await
        .unwrap();
    let error = Import::into(&to).read(whole.as_bytes()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4: version 1 of the stream `account/3` is another event in this store \
         (everything up to line 0 is stored)"
    );
    assert_eq!(all(&to).await.len(), 1);

    let gap: String = whole
        .split_inclusive('\n')
        .filter(|line| !line.contains("\"account/3\",") || !line.contains(r#""esversion":"2""#))
        .collect();
    let error = Import::into(&MemoryStore::new())
        .read(gap.as_bytes())
        .await
        .unwrap_err();
    assert!(
        matches!(error.problem, ImportProblem::Gap { line: 17, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn the_same_ids_with_another_content_are_refused() {
    let whole = lines(&filled(20).await).await;
    let to = MemoryStore::new();
    let import = |text: String| {
        let import = Import::into(&to).versions(Versions::Renumbered);
        async move { import.read(text.as_bytes()).await }
    };
    import(whole.clone()).await.unwrap();
    let error = import(whole.replace("\"amount\":7}", "\"amount\":8}"))
        .await
        .unwrap_err();
    assert_eq!(
        error.problem.to_string(),
        "lines 1 to 20: events with these ids were imported before, and they were different"
    );
}

#[tokio::test]
async fn after_an_error_nothing_more_is_taken() {
    let to = MemoryStore::new();
    let whole = lines(&filled(2).await).await;
    let mut import = Import::into(&to);
    assert!(import.line("{}").await.is_err());
    for line in whole.lines() {
        let error = import.line(line).await.unwrap_err();
        assert!(matches!(error.problem, ImportProblem::Ended));
    }
    assert!(import.finish().await.is_err());
    assert!(all(&to).await.is_empty());
}

#[tokio::test]
async fn what_becomes_unknown_is_sent_again() {
    let from = filled(600).await;
    let script = [
        Next::LostAnswer,
        Next::Overloaded,
        Next::LostRequest,
        Next::Overloaded,
    ];
    let to = ScriptedStore::new(script);
    let whole = lines(&from).await;
    Import::into(&to).read(whole.as_bytes()).await.unwrap();
    assert_eq!(lines(&to.inner).await, whole);

    let to = ScriptedStore::new(std::iter::repeat_with(|| Next::LostAnswer).take(9));
    let error = Import::into(&to).read(whole.as_bytes()).await.unwrap_err();
    assert!(matches!(error.problem, ImportProblem::Store(_)), "{error}");
    Import::into(&to.inner)
        .read(whole.as_bytes())
        .await
        .unwrap();
    assert_eq!(lines(&to.inner).await, whole);
}
