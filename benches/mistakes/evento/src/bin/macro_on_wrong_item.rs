#[evento::aggregate(name = "bank/Account")]
pub struct Account {
//  ^^^^^^^^^^^^^^
    pub owner: String,
}

fn main() {}
