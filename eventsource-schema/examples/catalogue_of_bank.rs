//! Everything that the bank stores and can be asked for, as a catalogue.
//!
//! `cargo run -p eventsource-schema --example catalogue_of_bank -- markdown` writes it to be read, as it stands in
//! `examples/bank/catalogue.md`; other forms are `json`, `mermaid`, `event-model`, `schemas` and `asyncapi`.

#[path = "../../examples/bank/account.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod account;
#[path = "../../examples/bank/date.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod date;
#[path = "../../examples/bank/money.rs"]
#[allow(dead_code, reason = "it is looked at, and not run")]
mod money;

use std::process::ExitCode;

use eventsource_schema::Catalogue;

fn main() -> ExitCode {
    let catalogue = Catalogue::discovered();
    let json = |value| format!("{value:#}\n");
    let form = std::env::args().nth(1);
    let text = match form.as_deref().unwrap_or("markdown") {
        "markdown" => catalogue.to_markdown(),
        "json" => json(catalogue.to_json()),
        "mermaid" => catalogue.to_mermaid(),
        "event-model" => catalogue.to_event_model(),
        "schemas" => json(serde_json::json!(catalogue.json_schemas())),
        "asyncapi" => json(catalogue.to_asyncapi("Bank", "1.0.0")),
        other => {
            eprintln!(
                "`{other}` is no form of a catalogue: markdown, json, mermaid, event-model, schemas, asyncapi"
            );
            return ExitCode::FAILURE;
        }
    };
    print!("{text}");
    ExitCode::SUCCESS
}
