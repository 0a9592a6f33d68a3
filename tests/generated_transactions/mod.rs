//! Transactions for tests that import more of them than the example brings.

use std::collections::HashMap;
use std::fmt::Write;

const HEADER: &str = "\"trans_id\";\"account_id\";\"date\";\"type\";\"operation\";\"amount\";\"balance\";\"k_symbol\";\"bank\";\"account\"";

/// A file of many days and accounts whose balances are right, the same every time.
pub fn of(rows: u64) -> String {
    let mut text = format!("{HEADER}\n");
    let mut balances: HashMap<u64, i64> = HashMap::new();
    let mut random = 1_u64;
    for id in 1..=rows {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let dice = random >> 33;
        let (account, amount) = (
            dice % 40,
            i64::try_from(dice / 64 % 90_000).unwrap_or_default() + 1,
        );
        let credit = dice / 8 % 2 == 1;
        let balance = balances.entry(account).or_default();
        *balance += if credit { amount } else { -amount };
        let (kind, sign) = (
            if credit { "PRIJEM" } else { "VYDAJ" },
            if *balance < 0 { "-" } else { "" },
        );
        let (month, day) = (1 + (id - 1) * 12 / rows, 1 + (id - 1) * 12 * 28 / rows % 28);
        let (amount, balance) = (amount.unsigned_abs(), balance.unsigned_abs());
        writeln!(
            text,
            "{id};{account};93{month:02}{day:02};\"{kind}\";\"VKLAD\";{}.{:02};{sign}{}.{:02};\"\";;",
            amount / 100,
            amount % 100,
            balance / 100,
            balance % 100,
        )
        .expect("a string takes it");
    }
    text
}
