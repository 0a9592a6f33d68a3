//! Dispatch by name and the registry, as a queue or an HTTP handler would use them.

use eventsource_core::prelude::*;
use eventsource_core::{
    CommandOptions, DispatchError, Dispatcher, ExecuteError, MemoryStore, Registry,
};

#[event(name = "lamp.dimmed")]
pub struct Dimmed {
    pub to: u8,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0} is too bright")]
pub struct TooBright(u8);

#[aggregate(name = "lamp", id = u32, error = TooBright, events(Dimmed), commands(Dim, Off))]
#[derive(Default)]
pub struct Lamp {
    brightness: u8,
}

#[apply]
impl Lamp {
    fn dimmed(&mut self, event: &Dimmed) {
        self.brightness = event.to;
    }
}

#[handle]
impl Lamp {
    /// Sets the brightness.
    #[command(name = "dim")]
    pub fn dim(&self, to: u8) -> Result<Option<Dimmed>, TooBright> {
        ensure!(to <= 100, TooBright(to));
        Ok((to != self.brightness).then_some(Dimmed { to }))
    }

    /// Turns it off.
    #[command(name = "off")]
    pub fn off(&self) -> Result<Dimmed, TooBright> {
        Ok(Dimmed { to: 0 })
    }
}

async fn dispatch(command: &str) -> Result<eventsource_core::Dispatched, DispatchError> {
    let dispatcher = Dispatcher::discover(MemoryStore::new()).unwrap();
    dispatcher
        .dispatch("lamp", "7", command.as_bytes(), CommandOptions::default())
        .await
}

#[tokio::test]
async fn a_command_comes_as_json() {
    let done = dispatch(r#"{"dim":{"to":30}}"#).await.unwrap();
    assert_eq!(
        (done.events, done.version.0, done.repeated),
        (vec!["lamp.dimmed"], 1, false)
    );
    for off in [r#""off""#, r#"{"off":null}"#, r#"{"off":{}}"#] {
        assert_eq!(
            dispatch(off).await.unwrap().events,
            ["lamp.dimmed"],
            "{off}"
        );
    }
    assert_eq!(
        dispatch(r#"{"dim":{"to":0}}"#).await.unwrap().events,
        [""; 0],
        "nothing to record"
    );
}

#[tokio::test]
async fn a_refusal_is_the_aggregates_own() {
    let Err(DispatchError::Refused(error)) = dispatch(r#"{"dim":{"to":200}}"#).await else {
        panic!()
    };
    assert_eq!(error.downcast_ref(), Some(&TooBright(200)));
}

#[tokio::test]
async fn bad_input_is_named() {
    let expectations = [
        ("", "not a command of lamp: EOF"),
        ("{", "not a command of lamp: EOF"),
        (
            r#"{"dim":{"to":"x"}}"#,
            "not a command of lamp: invalid type: string \"x\", expected u8",
        ),
        (
            r#"{"dimm":{}}"#,
            "not a command of lamp: unknown message `dimm`, expected `dim` or `off`",
        ),
        (
            r#"{"dim":{"to":3}} x"#,
            "not a command of lamp: trailing characters",
        ),
    ];
    for (json, expected) in expectations {
        let error = dispatch(json).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{json}: {error}");
    }
    let dispatcher = Dispatcher::new().with(Repository::<Lamp, _>::new(MemoryStore::new()));
    let options = CommandOptions::default();
    let unknown = dispatcher
        .dispatch("lmap", "7", b"{}", options.clone())
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "no aggregate is called `lmap`; known are lamp"
    );
    let invalid = dispatcher
        .dispatch("lamp", "x", b"{}", options)
        .await
        .unwrap_err();
    assert_eq!(
        invalid.to_string(),
        "`x` is not a valid u32: invalid digit found in string"
    );
}

#[tokio::test]
async fn options_go_along() {
    let lamps = Repository::<Lamp, _>::new(MemoryStore::new());
    let dispatcher = Dispatcher::new().with(lamps.clone());
    let options = CommandOptions {
        idempotency_key: Some("k".into()),
        ..CommandOptions::default()
    };
    for repeated in [false, true] {
        let done = dispatcher
            .dispatch("lamp", "7", br#"{"dim":{"to":5}}"#, options.clone())
            .await
            .unwrap();
        assert_eq!((done.repeated, done.version.0), (repeated, 1));
    }
    let wrong = CommandOptions {
        expected_version: Some(9.into()),
        ..CommandOptions::default()
    };
    let wrong = dispatcher.dispatch("lamp", "7", br#""off""#, wrong).await;
    assert!(matches!(
        wrong,
        Err(DispatchError::Failed(ExecuteError::WrongVersion { .. }))
    ));
    assert_eq!(lamps.load(&7).await.unwrap().brightness, 5);
}

#[test]
fn the_registry_finds_what_the_builder_lists() {
    let (explicit, discovered) = (Registry::new().with::<Lamp>(), Registry::discovered());
    assert!(
        explicit.missing_from(&discovered).is_empty()
            && discovered.missing_from(&explicit).is_empty()
    );
    let lamp = discovered.aggregate("lamp").unwrap();
    assert_eq!(
        lamp.commands.iter().map(|row| row.name).collect::<Vec<_>>(),
        ["dim", "off"]
    );
    assert!(lamp.place.file.ends_with("dispatch.rs") && lamp.place.line > 1);
    assert!(format!("{lamp:?}").contains("lamp.dimmed"));
}
