//! Dice that fall the same way for the same seed, on every machine and in every version.

/// SplitMix64: a few lines, and good enough to choose who buys what.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The dice of one shopper.
    #[must_use]
    pub fn of(seed: u64, index: u32) -> Self {
        let mut dice = Self { state: seed ^ (u64::from(index) << 32) };
        // Neighbouring seeds differ in a few bits only; two rounds spread them.
        dice.next();
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` less one. The slight skew of the remainder matters to nobody who shops.
    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).expect("a remainder is below its divisor")
    }

    /// Whether something of this likelihood happens.
    pub fn percent(&mut self, likelihood: u32) -> bool {
        self.below(100) < likelihood
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn same_seed_falls_the_same_way() {
        let throw = |seed, index| {
            let mut dice = Dice::of(seed, index);
            (0..8).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(throw(1, 7), throw(1, 7));
        assert_ne!(throw(1, 7), throw(1, 8));
        assert_ne!(throw(1, 7), throw(2, 7));
    }
}
