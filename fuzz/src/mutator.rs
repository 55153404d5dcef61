//! New inputs from old ones.

use crate::chance::Chance;

/// Numbers at which programs go wrong.
const LIMITS: [u64; 18] = [
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x1_0000,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0xFFFF_FFFF_FFFF_FFFE,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// A changed copy of one of the inputs: one to eight changes, never longer than `max_len`.
pub fn mutated(chance: &mut Chance, corpus: &[Vec<u8>], words: &[&[u8]], max_len: usize) -> Vec<u8> {
    let mut input = chance.pick(corpus).cloned().unwrap_or_default();
    for _ in 0..=chance.below(8) {
        change(chance, &mut input, corpus, words);
        if chance.below(3) == 0 {
            break;
        }
    }
    input.truncate(max_len);
    input
}

fn change(chance: &mut Chance, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&[u8]]) {
    let at = chance.below(input.len() + 1);
    match chance.below(12) {
        0 => flip_bit(chance, input, at),
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = chance.byte();
            }
        }
        2 => put_number(chance, input, at),
        3 => {
            // A little more or a little less.
            if let Some(byte) = input.get_mut(at) {
                *byte = byte.wrapping_add(chance.below(9) as u8).wrapping_sub(4);
            }
        }
        4 => {
            let end = (at + 1 + chance.below(32)).min(input.len());
            drop(input.drain(at.min(end)..end));
        }
        5 => {
            let count = 1 + chance.below(16);
            let new: Vec<u8> = (0..count).map(|_| chance.byte()).collect();
            drop(input.splice(at..at, new));
        }
        6 => {
            // A piece of the input once more, somewhere.
            let from = chance.below(input.len() + 1);
            let to = (from + chance.below(64)).min(input.len());
            let piece = input[from..to].to_vec();
            drop(input.splice(at..at, piece));
        }
        7 => input.truncate(at),
        8 => {
            // The end of another input.
            if let Some(other) = chance.pick(corpus) {
                let from = chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
        }
        9 => {
            // The same byte many times.
            let (byte, count) = (chance.byte(), 1 + chance.below(300));
            drop(input.splice(at..at, std::iter::repeat_n(byte, count)));
        }
        10 if !words.is_empty() => {
            let word = chance.pick(words).map(|word| word.to_vec()).unwrap_or_default();
            let over = if chance.below(2) == 0 { (at + word.len()).min(input.len()) } else { at };
            drop(input.splice(at..over, word));
        }
        _ => {
            let other = chance.below(input.len() + 1);
            if at < input.len() && other < input.len() {
                input.swap(at, other);
            }
        }
    }
}

fn flip_bit(chance: &mut Chance, input: &mut [u8], at: usize) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << chance.below(8);
    }
}

/// Writes a number of one, two, four or eight bytes over what is there.
fn put_number(chance: &mut Chance, input: &mut [u8], at: usize) {
    let number = chance.pick(&LIMITS).copied().unwrap_or_default();
    let bytes = if chance.below(4) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
    let width = 1 << chance.below(4);
    for (place, byte) in input.iter_mut().skip(at).take(width).zip(bytes) {
        *place = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs_and_none_is_too_long() {
        let corpus = vec![vec![7; 40], b"hello".to_vec(), vec![]];
        let inputs = |seed| {
            let mut chance = Chance::new(seed);
            (0..500).map(|_| mutated(&mut chance, &corpus, &[b"word"], 64)).collect::<Vec<_>>()
        };
        assert_eq!(inputs(1), inputs(1));
        assert_ne!(inputs(1), inputs(2));
        assert!(inputs(3).iter().all(|input| input.len() <= 64));
        assert!(inputs(3).iter().any(|input| input.windows(4).any(|window| window == b"word")));
    }
}
