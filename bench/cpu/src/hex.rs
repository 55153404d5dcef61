//! Intel HEX, as much of it as a linker writes for a program below 64 KiB.

/// The bytes from address 0; what the file leaves open is 0xFF.
pub(crate) fn read(text: &str, size: usize) -> Result<Vec<u8>, String> {
    let mut memory = vec![0xFF; size];
    for line in text.lines() {
        let digits = line.strip_prefix(':').ok_or("a record begins with a colon")?;
        let bytes: Vec<u8> = (0..digits.len() / 2)
            .map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let [count, high, low, kind, data @ .., _] = bytes.as_slice() else {
            return Err("a record is too short".into());
        };
        if *kind == 0 {
            let at = usize::from(*high) << 8 | usize::from(*low);
            let slot =
                memory.get_mut(at..at + usize::from(*count)).ok_or("a record lies beyond the memory")?;
            slot.copy_from_slice(data);
        }
    }
    Ok(memory)
}
