//! A decoded instruction: twelve bytes, everything that can be computed without registers already computed.

/// What the executor does. The comment of a group tells how the fields of [`Record`] are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Op {
    /// The slot has not been looked at.
    Undecoded,

    // Data processing with a constant: rd, rn, imm, s; sh = 1 when the carry becomes bit 31 of the constant.
    AndImm,
    BicImm,
    OrrImm,
    OrnImm,
    EorImm,
    MovImm,
    MvnImm,
    TstImm,
    TeqImm,
    AddImm,
    AdcImm,
    SubImm,
    SbcImm,
    RsbImm,
    CmpImm,
    CmnImm,
    // With a register: rd, rn, rm, s.
    AndReg,
    BicReg,
    OrrReg,
    OrnReg,
    EorReg,
    MovReg,
    MvnReg,
    TstReg,
    TeqReg,
    AddReg,
    AdcReg,
    SubReg,
    SbcReg,
    RsbReg,
    CmpReg,
    CmnReg,
    // With a shifted register: sh = kind, imm = amount.
    AndShift,
    BicShift,
    OrrShift,
    OrnShift,
    EorShift,
    MovShift,
    MvnShift,
    TstShift,
    TeqShift,
    AddShift,
    AdcShift,
    SubShift,
    SbcShift,
    RsbShift,
    CmpShift,
    CmnShift,
    /// rd = rn shifted by the low byte of rm; sh = kind.
    ShiftByReg,
    /// Branch to rm, or to rn + rm, without interworking.
    MovPc,
    AddPc,
    /// rd\[31:16\] = imm.
    Movt,
    /// rd, rn, rm = lowest bit, sh = width.
    Bfi,
    Ubfx,
    Sbfx,
    /// rd, rn, sh = bits, imm = shift amount, rm = shift kind.
    Ssat,
    Usat,
    Clz,
    Rbit,
    Rev,
    Rev16,
    Revsh,
    /// rd = extend(rm rotated right by sh).
    Sxtb,
    Sxth,
    Uxtb,
    Uxth,

    // rd = rn * rm and relatives; sh = the fourth register.
    Mul,
    Mla,
    Mls,
    // rd = low, sh = high.
    Umull,
    Umlal,
    Smull,
    Smlal,
    Umaal,
    Udiv,
    Sdiv,

    // rd, [rn + imm].
    LdrImm,
    LdrhImm,
    LdrbImm,
    LdrshImm,
    LdrsbImm,
    StrImm,
    StrhImm,
    StrbImm,
    // rd, [rn + (rm << sh)].
    LdrReg,
    LdrhReg,
    LdrbReg,
    LdrshReg,
    LdrsbReg,
    StrReg,
    StrhReg,
    StrbReg,
    // rd, [rn], sh = Indexing, imm = offset.
    LdrIdx,
    LdrhIdx,
    LdrbIdx,
    LdrshIdx,
    LdrsbIdx,
    StrIdx,
    StrhIdx,
    StrbIdx,
    /// rd, \[imm\]; sh = 0 word, 1 half, 2 byte, 3 signed half, 4 signed byte.
    LdrLit,
    LoadLit,
    /// Load to PC: sh = Indexing or REGISTER_OFFSET (rm, shift in rd) or LITERAL.
    LdrPc,
    /// rd, rm, [rn], sh = Indexing, imm.
    Ldrd,
    Strd,
    /// imm = register list, rn = base, sh: bit 0 writeback, bit 1 decrement before.
    Ldm,
    LdmPc,
    Stm,
    /// rd, [rn + imm]; sh = 0 word, 1 half, 2 byte; STREX: rm = status.
    Ldrex,
    Strex,
    Clrex,
    /// rn = table, rm = index.
    Tbb,
    Tbh,

    // imm = target.
    B,
    Bl,
    Beq,
    Bne,
    Bcs,
    Bcc,
    Bmi,
    Bpl,
    Bvs,
    Bvc,
    Bhi,
    Bls,
    Bge,
    Blt,
    Bgt,
    Ble,
    /// rn, imm = target.
    Cbz,
    Cbnz,
    Bx,
    Blx,

    It,
    Nop,
    Wfi,
    Wfe,
    Sev,
    Svc,
    Bkpt,
    /// imm = immediate; also stands for every undefined encoding.
    Udf,
    Undefined,
    /// sh: bit 4 disable, bit 1 PRIMASK, bit 0 FAULTMASK.
    Cps,
    /// rd, imm = SYSm.
    Mrs,
    /// rn, imm = SYSm, sh = mask.
    Msr,
    /// DSP instruction; sh = Dsp, imm = details.
    Dsp,
    /// Floating-point instruction; sh = Float, which tells what the other fields are.
    Float,
    /// Any other coprocessor instruction, rd = coprocessor.
    Coprocessor,
}

/// How a load or store with writeback or without privilege addresses: value of [`Record::sh`].
pub(crate) mod indexing {
    pub(crate) const OFFSET: u8 = 0;
    pub(crate) const PRE: u8 = 1;
    pub(crate) const POST: u8 = 2;
    pub(crate) const UNPRIVILEGED: u8 = 3;
    pub(crate) const REGISTER: u8 = 4;
    pub(crate) const LITERAL: u8 = 5;
}

/// When an instruction sets the flags: value of [`Record::s`].
pub(crate) mod set_flags {
    pub(crate) const NEVER: u8 = 0;
    pub(crate) const ALWAYS: u8 = 1;
    /// 16-bit data processing: not inside an IT block.
    pub(crate) const OUTSIDE_IT: u8 = 2;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) op: Op,
    pub(crate) rd: u8,
    pub(crate) rn: u8,
    pub(crate) rm: u8,
    pub(crate) s: u8,
    pub(crate) sh: u8,
    /// Bytes: 2 or 4.
    pub(crate) size: u8,
    /// Cycles; a taken conditional branch adds its own.
    pub(crate) cost: u8,
    pub(crate) imm: u32,
}

impl Record {
    pub(crate) const UNDECODED: Record =
        Record { op: Op::Undecoded, rd: 0, rn: 0, rm: 0, s: 0, sh: 0, size: 2, cost: 1, imm: 0 };

    pub(crate) fn new(op: Op) -> Self {
        Record { op, ..Self::UNDECODED }
    }

    pub(crate) fn rd(mut self, rd: u32) -> Self {
        self.rd = (rd & 15) as u8;
        self
    }

    pub(crate) fn rn(mut self, rn: u32) -> Self {
        self.rn = (rn & 15) as u8;
        self
    }

    pub(crate) fn rm(mut self, rm: u32) -> Self {
        self.rm = (rm & 31) as u8;
        self
    }

    pub(crate) fn imm(mut self, imm: u32) -> Self {
        self.imm = imm;
        self
    }

    pub(crate) fn s(mut self, s: u8) -> Self {
        self.s = s;
        self
    }

    pub(crate) fn sh(mut self, sh: u8) -> Self {
        self.sh = sh;
        self
    }

    pub(crate) fn cost(mut self, cost: u32) -> Self {
        self.cost = cost as u8;
        self
    }

    /// The same instruction inside an IT block.
    pub(crate) fn inside_it(mut self) -> Self {
        if self.s == set_flags::OUTSIDE_IT {
            self.s = set_flags::NEVER;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_record_stays_small() {
        assert_eq!(size_of::<super::Record>(), 12);
    }
}
