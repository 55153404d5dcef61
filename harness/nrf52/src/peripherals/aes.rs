//! AES encryption of one block with a 128-bit key (FIPS 197), for the block of the same name. Simple rather than fast.

/// Multiplication by x in the field of 256 elements.
const fn double(a: u8) -> u8 {
    (a << 1) ^ ((a >> 7) * 0x1B)
}

const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    product
}

/// The substitution: the inverse in the field (its 254th power), then the affine map.
const fn substitute(a: u8) -> u8 {
    let (mut inverse, mut power, mut exponent) = (1, a, 254);
    while exponent != 0 {
        if exponent & 1 == 1 {
            inverse = multiply(inverse, power);
        }
        power = multiply(power, power);
        exponent >>= 1;
    }
    let b = inverse;
    b ^ b.rotate_left(1) ^ b.rotate_left(2) ^ b.rotate_left(3) ^ b.rotate_left(4) ^ 0x63
}

const SUBSTITUTION: [u8; 256] = {
    let mut table = [0; 256];
    let mut a = 0;
    while a < 256 {
        table[a] = substitute(a as u8);
        a += 1;
    }
    table
};

fn substituted(a: u8) -> u8 {
    SUBSTITUTION[usize::from(a)]
}

/// The key of the next round.
fn next_key(key: &[u8; 16], constant: u8) -> [u8; 16] {
    let mut next = *key;
    for column in 0..4 {
        for row in 0..4 {
            let before = match column {
                0 => substituted(key[12 + (row + 1) % 4]) ^ if row == 0 { constant } else { 0 },
                _ => next[4 * (column - 1) + row],
            };
            next[4 * column + row] = key[4 * column + row] ^ before;
        }
    }
    next
}

/// Encrypts one block.
pub(crate) fn encrypt(key: &[u8; 16], text: &[u8; 16]) -> [u8; 16] {
    let (mut key, mut constant) = (*key, 1);
    let mut state: [u8; 16] = std::array::from_fn(|i| text[i] ^ key[i]);
    for round in 1..=10 {
        // Row r of column c comes from column c + r.
        let shifted: [u8; 16] =
            std::array::from_fn(|i| substituted(state[4 * ((i / 4 + i % 4) % 4) + i % 4]));
        let mixed: [u8; 16] = std::array::from_fn(|i| {
            let at = |row: usize| shifted[i / 4 * 4 + (i + row) % 4];
            double(at(0)) ^ double(at(1)) ^ at(1) ^ at(2) ^ at(3)
        });
        key = next_key(&key, constant);
        constant = double(constant);
        let last = if round == 10 { shifted } else { mixed };
        state = std::array::from_fn(|i| last[i] ^ key[i]);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard() {
        let key = std::array::from_fn(|i| i as u8);
        let text = std::array::from_fn(|i| 0x11 * i as u8);
        let cipher = 0x69C4_E0D8_6A7B_0430_D8CD_B780_70B4_C55A_u128;
        assert_eq!(encrypt(&key, &text), cipher.to_be_bytes());
    }
}
