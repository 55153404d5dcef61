//! Floating-point instructions.

use crate::decode::float::{Float, fixed};
use crate::faults::cfsr;
use crate::float::{FPSCR_MASK, Fpscr};
use crate::record::Record;
use crate::state::{State, Trap};
use crate::{Bus, Width};

const SIGN: u32 = 1 << 31;
const FLAGS: u32 = 0xF000_0000;

impl State {
    fn single_register(&self, n: u8) -> u32 {
        self.s[usize::from(n & 31)]
    }

    fn set_single(&mut self, n: u8, value: u32) {
        self.s[usize::from(n & 31)] = value;
    }

    #[inline(never)]
    pub(super) fn float<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        self.use_float(bus)?;
        match Float::from_code(r.sh) {
            Float::Load | Float::LoadOffset | Float::LoadLiteral => self.float_load(bus, r),
            Float::Store | Float::StoreOffset => self.float_store(bus, r),
            Float::ToCore => {
                self.set(r.rn, self.single_register(r.rd));
                if r.rm == 2 {
                    self.set(r.imm as u8, self.single_register(r.rd + 1));
                }
                Ok(())
            }
            Float::FromCore => {
                self.set_single(r.rd, self.reg(r.rn));
                if r.rm == 2 {
                    self.set_single(r.rd + 1, self.reg(r.imm as u8));
                }
                Ok(())
            }
            Float::ReadStatus => {
                if r.rn == 15 {
                    self.set_nzcvq(self.fpscr & FLAGS | u32::from(self.q) << 27);
                } else {
                    self.set(r.rn, self.fpscr);
                }
                Ok(())
            }
            Float::WriteStatus => {
                self.fpscr = self.reg(r.rn) & FPSCR_MASK;
                Ok(())
            }
            what => {
                self.float_data(what, r);
                Ok(())
            }
        }
    }

    fn float_data(&mut self, what: Float, r: &Record) {
        let mut status = Fpscr(self.fpscr);
        let (d, n, m) = (self.single_register(r.rd), self.single_register(r.rn), self.single_register(r.rm));
        let f = &mut status;
        let result = match what {
            Float::MulAdd => {
                let product = f.mul(n, m);
                f.add(d, product)
            }
            Float::MulSub => {
                let product = f.mul(n, m) ^ SIGN;
                f.add(d, product)
            }
            Float::NegMulSub => {
                let product = f.mul(n, m);
                f.add(d ^ SIGN, product)
            }
            Float::NegMulAdd => {
                let product = f.mul(n, m) ^ SIGN;
                f.add(d ^ SIGN, product)
            }
            Float::Mul => f.mul(n, m),
            Float::NegMul => f.mul(n, m) ^ SIGN,
            Float::Add => f.add(n, m),
            Float::Sub => f.sub(n, m),
            Float::Div => f.div(n, m),
            Float::FusedMulAdd => f.mul_add(d, n, m),
            Float::FusedMulSub => f.mul_add(d, n ^ SIGN, m),
            Float::FusedNegMulSub => f.mul_add(d ^ SIGN, n, m),
            Float::FusedNegMulAdd => f.mul_add(d ^ SIGN, n ^ SIGN, m),
            Float::Copy => m,
            Float::Abs => m & !SIGN,
            Float::Neg => m ^ SIGN,
            Float::Sqrt => f.sqrt(m),
            Float::Immediate => r.imm,
            Float::HalfToSingle => f.half_to_single(m >> (r.imm & 16) & 0xFFFF),
            Float::SingleToHalf => {
                let half = f.single_to_half(m);
                let at = r.imm & 16;
                d & !(0xFFFF << at) | half << at
            }
            Float::ToFixed => f.convert_to_fixed(m, fixed(r), r.s != 0),
            Float::FromFixed => f.convert_from_fixed(m, fixed(r), r.s != 0),
            Float::Compare | Float::CompareZero => {
                let other = if what == Float::Compare { m } else { 0 };
                f.compare(d, other, r.s != 0);
                d
            }
            // These were dealt with before.
            Float::Load
            | Float::LoadOffset
            | Float::LoadLiteral
            | Float::Store
            | Float::StoreOffset
            | Float::ToCore
            | Float::FromCore
            | Float::ReadStatus
            | Float::WriteStatus => d,
        };
        self.fpscr = status.0;
        self.set_single(r.rd, result);
    }

    /// Lowest address of the transfer.
    fn float_address(&self, r: &Record) -> u32 {
        let base = self.reg(r.rn);
        match Float::from_code(r.sh) {
            Float::LoadLiteral => r.imm,
            Float::LoadOffset | Float::StoreOffset => base.wrapping_add(r.imm),
            _ if r.imm >> 31 != 0 => base.wrapping_add(r.imm),
            _ => base,
        }
    }

    fn float_writeback(&mut self, r: &Record) {
        if r.s != 0 {
            self.set(r.rn, self.reg(r.rn).wrapping_add(r.imm));
        }
    }

    fn float_load<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let mut address = self.float_address(r);
        self.require_alignment(address, Width::Word)?;
        let mut values = self.s;
        for value in values.iter_mut().skip(r.rd.into()).take(r.rm.into()) {
            *value = self.load(bus, address, Width::Word)?;
            address = address.wrapping_add(4);
        }
        self.s = values;
        self.float_writeback(r);
        Ok(())
    }

    fn float_store<B: Bus>(&mut self, bus: &mut B, r: &Record) -> Result<(), Trap> {
        let mut address = self.float_address(r);
        self.require_alignment(address, Width::Word)?;
        for n in 0..r.rm {
            self.store(bus, address, Width::Word, self.single_register(r.rd + n))?;
            address = address.wrapping_add(4);
        }
        self.float_writeback(r);
        Ok(())
    }

    /// An instruction of a coprocessor that is absent or switched off, or a floating-point encoding that is none.
    #[cold]
    #[inline(never)]
    pub(super) fn coprocessor(&mut self, r: &Record) -> Trap {
        let present = matches!(r.rd, 10 | 11) && self.float_enabled(self.privileged());
        self.usage_fault(if present { cfsr::UNDEFINSTR } else { cfsr::NOCP })
    }
}
