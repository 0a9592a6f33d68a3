use mnesis::DomainEvent;

#[derive(Debug, Clone, DomainEvent)]
pub struct Opened {
//  ^^^^^^^^^^^^^
    pub owner: String,
}

fn main() {}
