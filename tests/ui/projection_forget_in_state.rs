use eventsource_core::prelude::*;
use eventsource_core::{Recorded, StreamName};

#[event]
pub struct Opened;

#[derive(Default)]
pub struct Sum(u64);

#[projection(name = "sum")]
impl Sum {
    fn opened(&mut self, _: &Recorded<Opened>) {
        self.0 += 1;
    }

    #[forget]
    fn forget(&mut self, _: &StreamName) {}
}

fn main() {}
