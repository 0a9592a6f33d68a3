use es_entity::*;
use serde::{Deserialize, Serialize};

entity_id! { AccountId }

#[derive(EsEvent, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = "AccountId")]
pub enum AccountEvent<'a> {
//                    ^^
    Opened { id: AccountId, owner: &'a str },
//                          ^^^^^^^^^^^^^^
}

fn main() {}
