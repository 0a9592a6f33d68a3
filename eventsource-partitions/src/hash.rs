//! Which partition a text belongs to. Stored events rest on it, so it stays as it is for ever.

/// One of `0..count`: FNV-1a with 64 bits, multiplied by 2^64 divided by the golden ratio, of which the upper bits choose.
///
/// Slices of consumers choose by the lower bits of FNV-1a: so the streams of one partition still are in all slices. See
/// Knuth, The Art of Computer Programming, volume 3, 6.4, for the multiplication.
pub(crate) fn choose(text: &str, count: usize) -> usize {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let chosen = (u128::from(hash) * count as u128) >> 64;
    usize::try_from(chosen).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::choose;

    /// Of another hash the stored streams would not be found.
    #[test]
    fn the_choice_is_the_same_for_ever() {
        let chosen = ["account/1", "account/2", "account/3", "order/a-b", ""];
        assert_eq!(
            chosen.map(|name| choose(name, 1_000)),
            [797, 204, 68, 374, 971]
        );
    }

    #[test]
    fn all_are_used_alike() {
        for count in [1, 2, 3, 4, 7, 64] {
            let mut streams = vec![0_usize; count];
            for number in 0..count * 1_000 {
                streams[choose(&format!("account/{number}"), count)] += 1;
            }
            assert!(
                streams.iter().all(|streams| (850..1_150).contains(streams)),
                "{streams:?}"
            );
        }
    }
}
