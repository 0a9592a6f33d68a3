use es_entity::*;
use serde::{Deserialize, Serialize};

entity_id! { AccountId }

#[derive(EsEvent, Debug, Serialize, Deserialize)]
#[es_event(id = "AccountId")]
pub struct Opened {
//  ^^^^^^^^^^^^^
    pub id: AccountId,
    pub owner: String,
}

fn main() {}
