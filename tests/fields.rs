//! A message with types of the user's own behaves as if all five traits were derived.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;

#[value]
#[derive(PartialOrd, Eq, Ord)]
pub struct Owner(pub String);

#[event]
#[derive(Eq)]
pub struct Opened {
    pub owner: Owner,
    pub r#type: Option<Owner>,
    pub limits: BTreeMap<Owner, Vec<u32>>,
    pub amount: u64,
}

#[command]
pub struct Open(pub Box<Owner>, pub bool);

mod derived {
    use std::collections::BTreeMap;

    #[derive(Debug, serde::Serialize)]
    pub struct Opened {
        pub owner: super::Owner,
        pub r#type: Option<super::Owner>,
        pub limits: BTreeMap<super::Owner, Vec<u32>>,
        pub amount: u64,
    }

    #[derive(Debug, serde::Serialize)]
    pub struct Open(pub Box<super::Owner>, pub bool);
}

fn owner() -> Owner {
    Owner("Ada".to_owned())
}

fn opened() -> Opened {
    Opened {
        owner: owner(),
        r#type: None,
        limits: BTreeMap::from([(owner(), vec![1, 2])]),
        amount: 7,
    }
}

#[test]
fn an_event_is_shown_and_written_as_a_derived_one() {
    let Opened {
        owner,
        r#type,
        limits,
        amount,
    } = opened();
    let derived = derived::Opened {
        owner,
        r#type,
        limits,
        amount,
    };
    assert_eq!(format!("{:?}", opened()), format!("{derived:?}"));
    assert_eq!(format!("{:#?}", opened()), format!("{derived:#?}"));
    let written = serde_json::to_string(&opened()).unwrap();
    assert_eq!(written, serde_json::to_string(&derived).unwrap());
    assert_eq!(serde_json::from_str::<Opened>(&written).unwrap(), opened());
    assert_eq!(
        serde_json::from_str::<Opened>(r#"{"owner":"Ada","limits":{"Ada":[1,2]},"amount":7}"#)
            .unwrap(),
        opened(),
        "an option may be missing"
    );
}

#[test]
fn a_command_is_shown_and_written_as_a_derived_one() {
    let command = Open(Box::new(owner()), true);
    let derived = derived::Open(Box::new(owner()), true);
    assert_eq!(format!("{command:?}"), format!("{derived:?}"));
    assert_eq!(format!("{command:#?}"), format!("{derived:#?}"));
    let written = serde_json::to_string(&command).unwrap();
    assert_eq!(written, serde_json::to_string(&derived).unwrap());
    assert_eq!(serde_json::from_str::<Open>(&written).unwrap(), command);
}

#[test]
fn every_field_counts_where_two_are_compared() {
    assert_eq!(opened(), opened().clone());
    let others = [
        Opened {
            owner: Owner(String::new()),
            ..opened()
        },
        Opened {
            r#type: Some(owner()),
            ..opened()
        },
        Opened {
            limits: BTreeMap::new(),
            ..opened()
        },
        Opened {
            amount: 8,
            ..opened()
        },
    ];
    for other in others {
        assert_ne!(other, opened());
    }
}
