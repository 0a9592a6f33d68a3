#[evento::aggregate(name = "bank/Account")]
pub enum Account<'a> {
//               ^^
    Opened { owner: &'a str },
//           ^^^^^^^^^^^^^^
}

fn main() {}
