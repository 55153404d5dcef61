//! A tiny Thumb assembler: just the instructions our own images need, with labels and a literal pool.
//!
//! Everything it emits is plain ARMv6-M plus `MRS`/`MSR`, so the same bytes run on the interpreter and on a board.

/// A position in the code that a branch can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A branch whose target is not known yet.
struct Branch {
    at: usize,
    condition: Option<u16>,
    target: Label,
}

/// Code being assembled for a fixed address.
pub(super) struct Assembler {
    origin: u32,
    code: Vec<u16>,
    labels: Vec<Option<usize>>,
    branches: Vec<Branch>,
    literals: Vec<(usize, u32)>,
}

impl Assembler {
    /// Starts at `origin`, which must be word aligned so that the literal pool is too.
    pub(super) fn at(origin: u32) -> Self {
        debug_assert_eq!(origin % 4, 0);
        Self { origin, code: Vec::new(), labels: Vec::new(), branches: Vec::new(), literals: Vec::new() }
    }

    /// The address of the next instruction.
    pub(super) fn here(&self) -> u32 {
        self.origin + 2 * self.code.len() as u32
    }

    /// A label to be bound later.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// Binds `label` to the next instruction.
    pub(super) fn bind(&mut self, label: Label) -> &mut Self {
        self.labels[label.0] = Some(self.code.len());
        self
    }

    /// `LDR Rt, =value`
    pub(super) fn load_literal(&mut self, rt: u16, value: u32) -> &mut Self {
        self.literals.push((self.code.len(), value));
        self.emit(0x4800 | rt << 8)
    }

    /// `LDR Rt, [Rn, #4*words]`
    pub(super) fn load(&mut self, rt: u16, rn: u16, words: u16) -> &mut Self {
        self.emit(0x6800 | words << 6 | rn << 3 | rt)
    }

    /// `STR Rt, [Rn, #4*words]`
    pub(super) fn store(&mut self, rt: u16, rn: u16, words: u16) -> &mut Self {
        self.emit(0x6000 | words << 6 | rn << 3 | rt)
    }

    /// `LDR Rt, [Rn, Rm]`
    pub(super) fn load_indexed(&mut self, rt: u16, rn: u16, rm: u16) -> &mut Self {
        self.emit(0x5800 | rm << 6 | rn << 3 | rt)
    }

    /// `ADDS Rd, Rn, #imm3`
    pub(super) fn add(&mut self, rd: u16, rn: u16, imm3: u16) -> &mut Self {
        self.emit(0x1C00 | imm3 << 6 | rn << 3 | rd)
    }

    /// `CMP Rn, Rm`
    pub(super) fn compare(&mut self, rn: u16, rm: u16) -> &mut Self {
        self.emit(0x4280 | rm << 3 | rn)
    }

    /// `LSLS Rd, Rm, #imm5`
    pub(super) fn shift_left(&mut self, rd: u16, rm: u16, imm5: u16) -> &mut Self {
        self.emit(imm5 << 6 | rm << 3 | rd)
    }

    /// `MSR MSP, Rn`
    pub(super) fn set_main_stack(&mut self, rn: u16) -> &mut Self {
        self.emit(0xF380 | rn).emit(0x8808)
    }

    /// `MRS Rd, IPSR`
    pub(super) fn exception_number(&mut self, rd: u16) -> &mut Self {
        self.emit(0xF3EF).emit(0x8005 | rd << 8)
    }

    /// `BX Rm`
    pub(super) fn branch_to(&mut self, rm: u16) -> &mut Self {
        self.emit(0x4700 | rm << 3)
    }

    /// `B target`
    pub(super) fn branch(&mut self, target: Label) -> &mut Self {
        self.branches.push(Branch { at: self.code.len(), condition: None, target });
        self.emit(0)
    }

    /// `BNE target`
    pub(super) fn branch_not_equal(&mut self, target: Label) -> &mut Self {
        self.branches.push(Branch { at: self.code.len(), condition: Some(1), target });
        self.emit(0)
    }

    /// `WFI`
    pub(super) fn wait_for_interrupt(&mut self) -> &mut Self {
        self.emit(0xBF30)
    }

    /// `UDF #number`: on the virtual chip, the way into a model that lives in the host.
    pub(super) fn undefined(&mut self, number: u8) -> &mut Self {
        self.emit(0xDE00 | u16::from(number))
    }

    fn emit(&mut self, half_word: u16) -> &mut Self {
        self.code.push(half_word);
        self
    }

    /// The finished bytes: code, then the literal pool.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for branch in &self.branches {
            let target = self.labels[branch.target.0].unwrap_or(branch.at) as i32;
            let offset = target - (branch.at as i32 + 2);
            self.code[branch.at] = match branch.condition {
                None => 0xE000 | (offset as u16 & 0x7FF),
                Some(condition) => 0xD000 | condition << 8 | (offset as u16 & 0xFF),
            };
        }
        if self.code.len() % 2 == 1 {
            self.code.push(0xBF00);
        }
        let mut pool: Vec<u32> = Vec::new();
        for &(at, value) in &self.literals {
            let slot = pool.iter().position(|&known| known == value).unwrap_or_else(|| {
                pool.push(value);
                pool.len() - 1
            });
            let base = (at + 2) & !1;
            let words = (self.code.len() - base) / 2 + slot;
            self.code[at] |= words as u16;
        }
        let mut bytes: Vec<u8> = self.code.iter().flat_map(|half| half.to_le_bytes()).collect();
        bytes.extend(pool.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }
}

/// A vector table of `entries` words: stack pointer, reset handler, then `other` for everything else.
pub(super) fn vector_table(entries: usize, stack: u32, reset: u32, other: u32) -> Vec<u8> {
    let mut words = vec![other | 1; entries];
    words[0] = stack;
    words[1] = reset | 1;
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_shared_and_reached_from_odd_and_even_places() {
        let mut code = Assembler::at(0x100);
        code.load_literal(0, 0x1234_5678).load_literal(1, 0x1234_5678).load_literal(2, 0xAABB_CCDD);
        let bytes = code.finish();
        // Three loads and a NOP, then two words.
        assert_eq!(bytes.len(), 8 + 8);
        // LDR r0: PC = 0x104, pool at 0x108 -> one word on; LDR r1: PC = align(0x106) = 0x104 -> the same.
        assert_eq!(&bytes[..6], [0x01, 0x48, 0x01, 0x49, 0x01, 0x4A]);
        assert_eq!(&bytes[8..], [0x78, 0x56, 0x34, 0x12, 0xDD, 0xCC, 0xBB, 0xAA]);
    }

    #[test]
    fn branches_reach_backwards_and_forwards() {
        let mut code = Assembler::at(0);
        let (top, end) = (code.label(), code.label());
        code.bind(top).branch_not_equal(end).branch(top).bind(end).branch_to(14);
        assert_eq!(code.finish(), [0x00, 0xD1, 0xFD, 0xE7, 0x70, 0x47, 0x00, 0xBF]);
    }
}
