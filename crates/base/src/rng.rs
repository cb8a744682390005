//! Randomness from a seed.

use std::ops::Range;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A cryptographically strong generator that draws nothing but its seed.
///
/// The driver seeds one per connection from the operating system; a simulation seeds it from a number. Each
/// layer gets its own by [`fork`](Rng::fork), so that one more draw in one layer moves nothing in another.
///
/// A connection has many and draws from each rarely, so a generator is its seed and its place in the sequence. Only one
/// that is used a lot keeps what it has computed ahead.
#[derive(Clone)]
pub struct Rng {
    seed: [u8; 32],
    /// Words of 32 bits drawn, while there is no `ahead`.
    drawn: u64,
    ahead: Option<Box<ChaCha12Rng>>,
}

/// After so many words a generator is one that is used a lot.
const A_LOT: u64 = 4096;

impl Rng {
    /// A generator whose whole sequence follows from `seed`.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Rng { seed, drawn: 0, ahead: None }
    }

    /// An independent generator for the layer called `label`.
    ///
    /// Draws once from this generator; two forks with the same label differ.
    pub fn fork(&mut self, label: &str) -> Rng {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        for (byte, name) in seed.iter_mut().zip(label.bytes().cycle().take(32)) {
            *byte ^= name;
        }
        Rng::from_seed(seed)
    }

    fn draw<R>(&mut self, draw: impl FnOnce(&mut ChaCha12Rng) -> R) -> R {
        if let Some(ahead) = &mut self.ahead {
            return draw(ahead);
        }
        let mut generator = ChaCha12Rng::from_seed(self.seed);
        generator.set_word_pos(self.drawn.into());
        let result = draw(&mut generator);
        self.drawn = generator.get_word_pos() as u64;
        if self.drawn >= A_LOT {
            self.ahead = Some(Box::new(generator));
        }
        result
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.draw(|generator| generator.fill_bytes(bytes));
    }

    /// `N` random bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random number.
    pub fn u32(&mut self) -> u32 {
        self.draw(ChaCha12Rng::next_u32)
    }

    /// A random number.
    pub fn u64(&mut self) -> u64 {
        self.draw(ChaCha12Rng::next_u64)
    }

    /// A number in `range`, without bias. An empty range gives its start.
    pub fn range(&mut self, range: Range<u64>) -> u64 {
        let width = range.end.saturating_sub(range.start);
        if width == 0 {
            return range.start;
        }
        // Lemire's multiply-and-reject: the low half says whether this draw would favour some results.
        let threshold = width.wrapping_neg() % width;
        loop {
            let wide = u128::from(self.u64()) * u128::from(width);
            if wide as u64 >= threshold {
                return range.start + (wide >> 64) as u64;
            }
        }
    }

    /// True with `probability` (0.0 never, 1.0 always).
    pub fn chance(&mut self, probability: f64) -> bool {
        let unit = (self.u64() >> 11) as f64 / (1u64 << 53) as f64;
        unit < probability
    }

    /// `count` characters of the ICE alphabet (RFC 8839, section 5.1: ALPHA / DIGIT / "+" / "/"), six bits each.
    pub fn ice_chars(&mut self, count: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..count).map(|_| char::from(ALPHABET[(self.u32() & 63) as usize])).collect()
    }
}

impl std::fmt::Debug for Rng {
    /// Not what it will give.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rng").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_cipher_however_it_is_drawn() {
        let mut cipher = ChaCha12Rng::from_seed([9; 32]);
        let mut rng = Rng::from_seed([9; 32]);
        for round in 0..A_LOT {
            match round % 3 {
                0 => assert_eq!(rng.u32(), cipher.next_u32()),
                1 => assert_eq!(rng.u64(), cipher.next_u64()),
                _ => {
                    let mut bytes = [0; 7];
                    cipher.fill_bytes(&mut bytes);
                    assert_eq!(rng.array(), bytes);
                }
            }
        }
        assert!(rng.ahead.is_some(), "it began to keep what is ahead without a gap");
        assert!(!format!("{:?}", Rng::from_seed([77; 32])).contains("77"));
    }

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_forks_differ() {
        let draw = |mut rng: Rng| (rng.u64(), rng.fork("ice").u64(), rng.fork("ice").u64(), rng.ice_chars(8));
        let first = draw(Rng::from_seed([7; 32]));
        assert_eq!(first, draw(Rng::from_seed([7; 32])));
        assert_ne!(first.1, first.2);
        assert_ne!(first, draw(Rng::from_seed([8; 32])));
    }

    #[test]
    fn range_stays_inside_and_reaches_both_ends() {
        let mut rng = Rng::from_seed([1; 32]);
        let mut seen = [false; 5];
        for _ in 0..1000 {
            seen[(rng.range(10..15) - 10) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!(rng.range(3..3), 3);
    }

    #[test]
    fn chance_is_never_at_zero_and_always_at_one() {
        let mut rng = Rng::from_seed([2; 32]);
        assert!((0..1000).all(|_| !rng.chance(0.0) && rng.chance(1.0)));
    }
}
