//! The forms that a domain may take, through the public interface: structs and enums as aggregates, creation, commands
//! declared by handlers, enums brought along, contexts and metadata, tags, invariants, conditional parts.

use eventsource_core::prelude::*;
use eventsource_core::{
    EventSet, InvalidId, MemoryStore, Misapplied, Tag, Tags, Timestamp, Uuid, codec,
    message::MessageSet,
};

#[derive(Id)]
pub struct OrderId(Uuid);

#[derive(Id, Copy)]
pub struct LineNumber {
    value: u16,
}

#[event(name = "order.drafted", version = 2, since = 2)]
pub struct Drafted {
    #[tag]
    pub customer: String,
    pub at: Timestamp,
}

#[event(name = "order.line")]
pub struct LineAdded {
    #[tag = "sku"]
    pub article: String,
    pub number: LineNumber,
    #[tag]
    pub campaign: Option<String>,
}

#[event(name = "order.paid")]
pub struct Paid {
    pub receipt: Uuid,
}

#[event(name = "order.gift")]
pub struct Wrapped(pub String);

#[cfg(any())]
#[event(name = "order.never")]
pub struct Never;

#[command(name = "order.draft")]
pub struct Draft {
    pub customer: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("it is paid")]
    Paid,
    #[error("it has no line")]
    Empty,
}

/// An order: a draft, then paid. Its variants are its states, and an event creates it.
#[aggregate(
    name = "order",
    id = OrderId,
    error = OrderError,
    events(Drafted, LineAdded, Paid, Wrapped, #[cfg(any())] Never),
    commands(Draft, AddLines, Pay, Wrap),
    invariant = Order::sound,
)]
#[derive(PartialEq)]
pub enum Order {
    /// Lines may be added.
    Draft {
        lines: Vec<String>,
        drafted: Timestamp,
        wrapped: bool,
    },
    /// Nothing may be added.
    Paid { lines: usize, by: Option<String> },
}

#[apply]
impl Order {
    fn drafted(event: &Drafted, meta: &EventMeta) -> Self {
        assert_eq!(meta.version(), 1);
        Self::Draft {
            lines: Vec::new(),
            drafted: event.at,
            wrapped: false,
        }
    }

    fn line_added(&mut self, event: &LineAdded) {
        if let Self::Draft { lines, .. } = self {
            lines.push(event.article.clone());
        }
    }

    fn wrapped(&mut self, _: &Wrapped) {
        if let Self::Draft { wrapped, .. } = self {
            *wrapped = true;
        }
    }
}

/// A second block, as it might stand in another file.
#[apply]
impl Order {
    fn paid(&mut self, _: &Paid, meta: &EventMeta) {
        if let Self::Draft { lines, .. } = self {
            *self = Self::Paid {
                lines: lines.len(),
                by: meta.metadata().actor,
            };
        }
    }

    #[cfg(any())]
    fn never(&mut self, _: &Never) {}
}

type Decided<T> = Result<T, OrderError>;

#[handle]
impl Order {
    fn draft(command: Draft, context: &Context<Self>) -> Decided<Drafted> {
        Ok(Drafted {
            customer: command.customer,
            at: context.now(),
        })
    }

    /// Adds lines, all at once.
    #[command]
    pub fn add_lines(&self, articles: Vec<String>) -> Decided<Vec<LineAdded>> {
        let Self::Draft { lines, .. } = self else {
            return Err(OrderError::Paid);
        };
        let number = |index: usize| LineNumber {
            value: u16::try_from(lines.len() + index).unwrap_or(u16::MAX),
        };
        let added = articles.into_iter().enumerate();
        Ok(added
            .map(|(index, article)| LineAdded {
                article,
                number: number(index),
                campaign: None,
            })
            .collect())
    }

    #[command]
    pub fn pay(&self, context: &Context<Self>) -> Decided<Option<Paid>> {
        match self {
            Self::Paid { .. } => Ok(None),
            Self::Draft { lines, .. } if lines.is_empty() => Err(OrderError::Empty),
            Self::Draft { .. } => Ok(Some(Paid {
                receipt: context.fresh_id(),
            })),
        }
    }

    #[command]
    pub fn wrap(&self, text: String, lines: u16) -> (Wrapped, [Option<LineAdded>; 1]) {
        let line = LineAdded {
            article: "paper".into(),
            number: LineNumber { value: lines },
            campaign: None,
        };
        (Wrapped(text), [(lines > 0).then_some(line)])
    }
}

impl Order {
    fn sound(&self) -> Result<(), String> {
        match self {
            Self::Draft { lines, .. } if lines.iter().any(|line| line == "broken") => {
                Err("a broken line".into())
            }
            _ => Ok(()),
        }
    }
}

fn drafted() -> Drafted {
    Drafted {
        customer: "c".into(),
        at: Timestamp::default(),
    }
}

fn line(article: &str) -> LineAdded {
    LineAdded {
        article: article.into(),
        number: LineNumber { value: 0 },
        campaign: None,
    }
}

#[test]
fn an_event_creates_the_state() {
    Order::given(())
        .at(Timestamp::from_micros(7))
        .when(Draft {
            customer: "c".into(),
        })
        .then(Drafted {
            customer: "c".into(),
            at: Timestamp::from_micros(7),
        })
        .then_state(|order| assert!(matches!(order, Order::Draft { .. })));
    Order::given(drafted())
        .when(Draft {
            customer: "c".into(),
        })
        .then_already_exists();
    Order::given(()).when(Pay {}).then_not_found();
}

#[test]
fn a_handler_returns_any_form_of_events() {
    Order::given(drafted())
        .when(AddLines {
            articles: vec!["pen".into(), "ink".into()],
        })
        .then((
            line("pen"),
            LineAdded {
                number: LineNumber { value: 1 },
                ..line("ink")
            },
        ));
    Order::given((drafted(), line("pen")))
        .when(Pay {})
        .then(Paid {
            receipt: Uuid::from_u128(1),
        });
    Order::given(drafted())
        .when(Wrap {
            text: "x".into(),
            lines: 0,
        })
        .then(Wrapped("x".into()));
    Order::given(drafted())
        .when(AddLines { articles: vec![] })
        .then_nothing();
}

#[test]
fn refusals_are_typed() {
    let paid = (
        drafted(),
        line("pen"),
        Paid {
            receipt: Uuid::nil(),
        },
    );
    Order::given(drafted())
        .when(Pay {})
        .then_err(OrderError::Empty);
    Order::given(paid.clone())
        .when(AddLines {
            articles: vec!["pen".into()],
        })
        .then_err(OrderError::Paid);
    Order::given(paid).when(Pay {}).then_nothing();
    then_err!(
        Order::given(drafted()).when(OrderCommand::Pay(Pay {})),
        OrderError::Empty
    );
}

#[test]
#[should_panic(expected = "breaks the invariant: a broken line")]
fn the_kit_checks_the_invariant() {
    let _ = Order::given(drafted()).when(AddLines {
        articles: vec!["broken".into()],
    });
}

#[test]
#[should_panic(expected = "-     \"article\": \"ink\"")]
fn the_kit_shows_the_difference() {
    let _ = Order::given(drafted())
        .when(AddLines {
            articles: vec!["pen".into()],
        })
        .then(line("ink"));
}

#[test]
#[should_panic(expected = "the given history cannot have happened")]
fn the_kit_refuses_an_impossible_history() {
    let _ = Order::given(line("pen"));
}

#[test]
fn an_event_goes_into_its_enum_and_is_found_there() {
    let event = OrderEvent::from(line("pen"));
    assert_eq!(event.clone(), event);
    assert_ne!(event, line("ink").into());
    assert_eq!(event.get(), Some(line("pen")));
    assert_eq!(event.get::<Paid>(), None);
    assert_eq!(
        format!("{event:?}"),
        format!("LineAdded({:?})", line("pen"))
    );
    assert_eq!((event.name(), Drafted::VERSION), ("order.line", 2));
}

#[test]
fn commands_have_a_json_form() {
    let command = OrderCommand::AddLines(AddLines {
        articles: vec!["pen".into()],
    });
    let json = serde_json::to_string(&command).unwrap();
    assert_eq!(json, r#"{"AddLines":{"articles":["pen"]}}"#);
    assert_eq!(
        serde_json::from_str::<OrderCommand>(&json).unwrap(),
        command
    );
    assert_eq!(
        serde_json::from_str::<OrderCommand>(r#"{"Pay":null}"#).unwrap(),
        OrderCommand::Pay(Pay)
    );
    assert_eq!(
        serde_json::from_str::<OrderCommand>(r#""Pay""#).unwrap(),
        OrderCommand::Pay(Pay)
    );
    for wrong in [
        "{}",
        "7",
        r#"{"Pay":null,"Pay":null}"#,
        r#"{"Fly":{}}"#,
        r#"{"AddLines":{}}"#,
    ] {
        let error = serde_json::from_str::<OrderCommand>(wrong)
            .unwrap_err()
            .to_string();
        assert!(!error.is_empty());
    }
    let unknown = serde_json::from_str::<OrderCommand>(r#"{"Fly":{}}"#)
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("unknown message `Fly`") && unknown.contains("`order.draft`"),
        "{unknown}"
    );
}

#[test]
fn tags_come_from_fields() {
    let mut tags = Tags::default();
    OrderEvent::from(LineAdded {
        campaign: Some("spring".into()),
        ..line("pen")
    })
    .tags(&mut tags);
    assert_eq!(
        tags.into_vec(),
        [Tag::new("sku", "pen"), Tag::new("campaign", "spring")]
    );
}

#[test]
fn ids_are_text_and_back() {
    let id: OrderId = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    assert_eq!(
        serde_json::to_string(&id).unwrap(),
        r#""67e55044-10b1-426f-9247-bb680e5fe0c8""#
    );
    assert_eq!(
        serde_json::from_str::<OrderId>(&serde_json::to_string(&id).unwrap()).unwrap(),
        id
    );
    let wrong: InvalidId = "nonsense".parse::<OrderId>().unwrap_err();
    assert!(
        wrong
            .to_string()
            .starts_with("`nonsense` is not a valid OrderId"),
        "{wrong}"
    );
    assert!(LineNumber::from(1) < LineNumber::from(2));
}

#[test]
fn a_state_is_folded_in_memory() {
    let events = [OrderEvent::from(drafted()), line("pen").into()];
    assert!(
        matches!(Order::fold(&events), Ok(Some(Order::Draft { lines, .. })) if lines == ["pen"])
    );
    assert_eq!(Order::fold(&events[1..]), Err(Misapplied::NotCreated));
    assert_eq!(
        Order::fold(&[events[0].clone(), events[0].clone()]),
        Err(Misapplied::CreatedTwice)
    );
    assert_eq!(Order::fold(&[]), Ok(None));
}

/// An aggregate whose enums the user brought along.
mod lamp {
    use super::*;

    #[derive(Event, Debug, Clone, PartialEq)]
    pub enum LampEvent {
        #[event(name = "lamp.lit")]
        Lit,
        #[event(name = "lamp.dimmed", version = 3)]
        Dimmed {
            to: u8,
            #[serde(default)]
            #[tag]
            room: Option<String>,
        },
        #[event(name = "lamp.moved")]
        Moved(u8, String),
        Wrapped(Wrapped),
    }

    #[derive(Command, Debug, Clone, PartialEq)]
    pub enum LampCommand {
        Light,
        Dim { to: u8 },
    }

    #[derive(Debug, thiserror::Error)]
    #[error("it is dark")]
    pub struct Dark;

    #[derive(Aggregate, Debug, Default)]
    #[aggregate(id = u8, error = Dark, events = LampEvent, commands = LampCommand)]
    pub struct Lamp {
        brightness: u8,
    }

    #[apply]
    impl Lamp {
        fn on(&mut self, event: &LampEvent) {
            match event {
                LampEvent::Lit => self.brightness = 100,
                LampEvent::Dimmed { to, .. } => self.brightness = *to,
                LampEvent::Moved(..) | LampEvent::Wrapped(_) => {}
            }
        }
    }

    #[handle]
    impl Lamp {
        fn on_command(&self, command: LampCommand) -> Result<LampEvent, Dark> {
            match command {
                LampCommand::Light => Ok(LampEvent::Lit),
                LampCommand::Dim { .. } if self.brightness == 0 => Err(Dark),
                LampCommand::Dim { to } => Ok(LampEvent::Dimmed {
                    to,
                    room: Some("hall".into()),
                }),
            }
        }
    }

    #[tokio::test]
    async fn runs_like_any_other() {
        let lamps = Repository::<Lamp, _>::new(MemoryStore::new());
        lamps.execute(&1, LampCommand::Light).await.unwrap();
        lamps.execute(&1, LampCommand::Dim { to: 7 }).await.unwrap();
        assert_eq!(lamps.load(&1).await.unwrap().brightness, 7);
        let stored = lamps
            .store()
            .read_all(eventsource_core::LogScan::default())
            .await
            .unwrap();
        assert_eq!((&*stored[1].name, stored[1].schema), ("lamp.dimmed", 3));
        assert_eq!(&*stored[1].payload, br#"{"to":7,"room":"hall"}"#);
        assert_eq!(&*stored[0].payload, b"{}");
    }

    #[test]
    fn every_variant_encodes_and_decodes() {
        let all = [
            LampEvent::Lit,
            LampEvent::Dimmed { to: 1, room: None },
            LampEvent::Moved(1, "x".into()),
            LampEvent::Wrapped(Wrapped("y".into())),
        ];
        for event in all {
            let encoded = codec::encode(&eventsource_core::Json, &event).unwrap();
            let row = LampEvent::row(encoded.name, encoded.version).unwrap();
            assert_eq!((row.name, row.version), (event.name(), encoded.version));
        }
    }
}

#[event(name = "note.written", without(Debug, Clone, PartialEq))]
pub struct Written;

#[aggregate(name = "note", id = u64, error = OrderError, events(Written), commands(Write))]
#[derive(Default)]
pub struct Note;

#[apply]
impl Note {
    fn written(&mut self, _: &Written) {}
}

#[handle]
impl Note {
    /// Writes it.
    #[command]
    pub fn write(&self) -> Written {
        Written
    }
}

#[test]
fn an_event_may_lack_what_its_enum_then_lacks() {
    let event = NoteEvent::from(Written);
    assert_eq!(event.name(), "note.written");
    let command = NoteCommand::from(Write);
    assert_eq!(
        (format!("{command:?}"), command.clone()),
        ("Write(Write)".into(), command)
    );
}

/// The derive waits where a `cfg` must be decided first, and the attribute on the field is gone in both cases.
#[test]
fn a_field_may_be_a_tag_under_a_condition() {
    #[event(name = "parcel.sent")]
    #[cfg_attr(all(), doc = "Sent.")]
    struct Sent {
        #[cfg_attr(all(), tag)]
        to: String,
        #[cfg(any())]
        #[tag]
        never: Never,
    }
    #[event(name = "parcel.lost")]
    struct Lost(#[tag = "place"] String, #[cfg(any())] Never);

    let tags = |tagged: &dyn Fn(&mut Tags)| {
        let mut tags = Tags::default();
        tagged(&mut tags);
        tags.into_vec()
    };
    let (sent, lost) = (Sent { to: "me".into() }, Lost("here".into()));
    assert_eq!(tags(&|tags| sent.tags(tags)), [Tag::new("to", "me")]);
    assert_eq!(tags(&|tags| lost.tags(tags)), [Tag::new("place", "here")]);
}
