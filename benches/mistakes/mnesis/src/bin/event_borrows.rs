use mnesis::DomainEvent;

#[derive(Debug, Clone, DomainEvent)]
pub enum AccountEvent<'a> {
//                    ^^
    Opened { owner: &'a str },
//           ^^^^^^^^^^^^^^
}

fn main() {}
