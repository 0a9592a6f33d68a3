//! A file: what processes see, what is durable, and what may have become durable.

use std::collections::BTreeMap;

/// The part of a file that a disk writes at once, in bytes.
const SECTOR: usize = 512;

/// A file in the memory of the operating system, and on the disk.
#[derive(Debug, Default)]
pub(crate) struct File {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// For each sector that was changed since the last sync, its contents after each change; shorter than a sector at
    /// the end of the file, and empty beyond it.
    pending: BTreeMap<usize, Vec<Vec<u8>>>,
}

impl File {
    pub(crate) fn len(&self) -> usize {
        self.now.len()
    }

    /// Reads into `buffer`, and returns how much there was.
    pub(crate) fn read(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let there = self.now.get(offset..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        count
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let (before, end) = (self.now.len(), offset + bytes.len());
        if end > before {
            self.now.resize(end, 0);
        }
        self.now[offset..end].copy_from_slice(bytes);
        self.changed(offset.min(before), end);
    }

    pub(crate) fn truncate(&mut self, size: usize) {
        let before = self.now.len();
        self.now.resize(size, 0);
        self.changed(size.min(before), size.max(before));
    }

    /// Notes what the sectors from `begin` to `end` look like now.
    fn changed(&mut self, begin: usize, end: usize) {
        for sector in begin / SECTOR..end.div_ceil(SECTOR) {
            let content = sector_of(&self.now, sector).to_vec();
            self.pending.entry(sector).or_default().push(content);
        }
    }

    pub(crate) fn sync(&mut self) {
        self.durable.resize(self.now.len(), 0);
        for sector in std::mem::take(&mut self.pending).into_keys() {
            let content = sector_of(&self.now, sector);
            let begin = sector * SECTOR;
            if !content.is_empty() {
                self.durable[begin..begin + content.len()].copy_from_slice(content);
            }
        }
    }

    /// What is on the disk after a power cut.
    pub(crate) fn after_power_cut(&self, fate: &mut Fate) -> Self {
        let (old, new) = (self.durable.len(), self.now.len());
        let mut kept = self.durable.clone();
        kept.resize(fate.size(old, new), 0);
        for (sector, versions) in &self.pending {
            let begin = sector * SECTOR;
            if begin >= kept.len() {
                continue;
            }
            let space = SECTOR.min(kept.len() - begin);
            let place = &mut kept[begin..begin + space];
            match fate.version(versions.len()) {
                Some((version, torn)) => {
                    let content = &versions[version];
                    let count = content.len().min(space);
                    let count = if torn { fate.below(count) } else { count };
                    place[..count].copy_from_slice(&content[..count]);
                }
                None if begin >= old && fate.below(4) == 0 => {
                    place.fill_with(|| fate.byte());
                }
                None => {}
            }
        }
        Self {
            now: kept.clone(),
            durable: kept,
            pending: BTreeMap::new(),
        }
    }
}

fn sector_of(bytes: &[u8], sector: usize) -> &[u8] {
    let begin = sector * SECTOR;
    let end = bytes.len().min(begin + SECTOR);
    bytes.get(begin..end).unwrap_or_default()
}

/// What one power cut does; the same for the same seed.
#[derive(Debug)]
pub(crate) struct Fate {
    state: u64,
    mood: Mood,
}

/// How much a power cut leaves.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Nothing,
    Everything,
    /// Each part, once in so many.
    Some(usize),
}

impl Fate {
    pub(crate) fn new(seed: u64) -> Self {
        let mut fate = Self {
            state: seed,
            mood: Mood::Nothing,
        };
        fate.mood = match fate.below(6) {
            0 => Mood::Nothing,
            1 => Mood::Everything,
            2 => Mood::Some(8),
            _ => Mood::Some(2),
        };
        fate
    }

    /// Whether a change has survived that was not synced.
    pub(crate) fn survives(&mut self) -> bool {
        match self.mood {
            Mood::Nothing => false,
            Mood::Everything => true,
            Mood::Some(times) => self.below(times) == 0,
        }
    }

    /// Which of several versions of a sector has survived, if any, and whether it is torn.
    fn version(&mut self, count: usize) -> Option<(usize, bool)> {
        if !self.survives() {
            return None;
        }
        match self.mood {
            Mood::Everything => Some((count - 1, false)),
            _ => Some((self.below(count), self.below(16) == 0)),
        }
    }

    fn size(&mut self, old: usize, new: usize) -> usize {
        match self.mood {
            Mood::Nothing => old,
            Mood::Everything => new,
            // A file that was made shorter is so or not; one that grows does so bit by bit.
            Mood::Some(_) => match self.below(3) {
                0 => old,
                1 => new,
                _ if new < old => old,
                _ => old + self.below(new - old + 1),
            },
        }
    }

    /// A number below `limit`, or 0 (SplitMix64).
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(mood: Mood) -> Fate {
        Fate { state: 7, mood }
    }

    fn content(file: &File) -> Vec<u8> {
        let mut bytes = vec![0; file.len()];
        file.read(0, &mut bytes);
        bytes
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_may_not() {
        let mut file = File::default();
        file.write(0, &[1; 2_000]);
        file.sync();
        file.write(600, &[2; 3_000]);
        assert_eq!(
            content(&file.after_power_cut(&mut with(Mood::Nothing))),
            [1; 2_000]
        );
        assert_eq!(
            content(&file.after_power_cut(&mut with(Mood::Everything))),
            content(&file)
        );
        file.truncate(100);
        assert_eq!(file.after_power_cut(&mut with(Mood::Nothing)).len(), 2_000);
        assert_eq!(file.after_power_cut(&mut with(Mood::Everything)).len(), 100);
        file.sync();
        assert_eq!(
            content(&file.after_power_cut(&mut with(Mood::Nothing))),
            [1; 100]
        );
    }

    #[test]
    fn any_subset_of_the_sectors_survives_in_any_version() {
        let mut file = File::default();
        file.write(0, &[1; 8 * SECTOR]);
        file.sync();
        file.write(0, &[2; 8 * SECTOR]);
        file.write(0, &[3; 8 * SECTOR]);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let mut fate = Fate {
                state: seed,
                mood: Mood::Some(2),
            };
            let kept = content(&file.after_power_cut(&mut fate));
            seen.insert((kept[0], kept[5 * SECTOR]));
        }
        for pair in [(1, 1), (1, 2), (3, 1), (2, 3), (3, 2), (3, 3)] {
            assert!(seen.contains(&pair), "{pair:?} was never left");
        }
    }
}
