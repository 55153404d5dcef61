//! The executor: one match over the operation.

mod block;
mod data;
mod dsp;
mod float;
mod parallel;
mod system;
mod transfer;

use crate::arithmetic::{saturate_signed, saturate_unsigned, shift_with_carry, sign_extend};
use crate::faults::cfsr;
use crate::record::{Op, Record};
use crate::state::{LR, PC, State, Trap};
use crate::{Bus, Width};

/// Additional cycles of a conditional branch that is taken.
const TAKEN: u64 = 2;

/// Executes one instruction; `next` is the address behind it. Answers where execution continues.
///
/// When it answers a trap, no register and no flag has changed, except for what the trap itself describes.
#[inline(always)]
pub(crate) fn execute<B: Bus>(s: &mut State, bus: &mut B, r: &Record, next: u32) -> Result<u32, Trap> {
    macro_rules! branch_if {
        ($condition:expr) => {
            if $condition {
                s.now += TAKEN;
                return Ok(r.imm);
            }
        };
    }
    // The three forms of a logical operation: it has no overflow, and its carry comes from the second operand.
    macro_rules! logic {
        (imm, $f:expr) => {{
            let carry = if r.sh != 0 { r.imm >> 31 != 0 } else { s.c };
            s.logical(r, $f(s.reg(r.rn), r.imm), carry)
        }};
        (reg, $f:expr) => {{ s.logical(r, $f(s.reg(r.rn), s.reg(r.rm)), s.c) }};
        (shift, $f:expr) => {{
            let (operand, carry) = shift_with_carry(s.reg(r.rm), r.sh, r.imm, s.c);
            s.logical(r, $f(s.reg(r.rn), operand), carry)
        }};
    }
    macro_rules! logic_test {
        (imm, $f:expr) => {{
            s.c = if r.sh != 0 { r.imm >> 31 != 0 } else { s.c };
            s.set_nz($f(s.reg(r.rn), r.imm))
        }};
        (reg, $f:expr) => {{ s.set_nz($f(s.reg(r.rn), s.reg(r.rm))) }};
        (shift, $f:expr) => {{
            let (operand, carry) = shift_with_carry(s.reg(r.rm), r.sh, r.imm, s.c);
            s.c = carry;
            s.set_nz($f(s.reg(r.rn), operand))
        }};
    }
    macro_rules! operand {
        (imm) => {
            r.imm
        };
        (reg) => {
            s.reg(r.rm)
        };
        (shift) => {
            shift_with_carry(s.reg(r.rm), r.sh, r.imm, s.c).0
        };
    }
    let and = |a: u32, b: u32| a & b;
    let bic = |a: u32, b: u32| a & !b;
    let orr = |a: u32, b: u32| a | b;
    let orn = |a: u32, b: u32| a | !b;
    let eor = |a: u32, b: u32| a ^ b;
    let mov = |_: u32, b: u32| b;
    let mvn = |_: u32, b: u32| !b;
    match r.op {
        Op::Undecoded => return Err(Trap::Undecoded),

        Op::AndImm => logic!(imm, and),
        Op::AndReg => logic!(reg, and),
        Op::AndShift => logic!(shift, and),
        Op::BicImm => logic!(imm, bic),
        Op::BicReg => logic!(reg, bic),
        Op::BicShift => logic!(shift, bic),
        Op::OrrImm => logic!(imm, orr),
        Op::OrrReg => logic!(reg, orr),
        Op::OrrShift => logic!(shift, orr),
        Op::OrnImm => logic!(imm, orn),
        Op::OrnReg => logic!(reg, orn),
        Op::OrnShift => logic!(shift, orn),
        Op::EorImm => logic!(imm, eor),
        Op::EorReg => logic!(reg, eor),
        Op::EorShift => logic!(shift, eor),
        Op::MovImm => logic!(imm, mov),
        Op::MovReg => logic!(reg, mov),
        Op::MovShift => logic!(shift, mov),
        Op::MvnImm => logic!(imm, mvn),
        Op::MvnReg => logic!(reg, mvn),
        Op::MvnShift => logic!(shift, mvn),
        Op::TstImm => logic_test!(imm, and),
        Op::TstReg => logic_test!(reg, and),
        Op::TstShift => logic_test!(shift, and),
        Op::TeqImm => logic_test!(imm, eor),
        Op::TeqReg => logic_test!(reg, eor),
        Op::TeqShift => logic_test!(shift, eor),

        Op::AddImm => s.add(r, s.reg(r.rn), operand!(imm), false),
        Op::AddReg => s.add(r, s.reg(r.rn), operand!(reg), false),
        Op::AddShift => s.add(r, s.reg(r.rn), operand!(shift), false),
        Op::AdcImm => s.add(r, s.reg(r.rn), operand!(imm), s.c),
        Op::AdcReg => s.add(r, s.reg(r.rn), operand!(reg), s.c),
        Op::AdcShift => s.add(r, s.reg(r.rn), operand!(shift), s.c),
        Op::SubImm => s.add(r, s.reg(r.rn), !operand!(imm), true),
        Op::SubReg => s.add(r, s.reg(r.rn), !operand!(reg), true),
        Op::SubShift => s.add(r, s.reg(r.rn), !operand!(shift), true),
        Op::SbcImm => s.add(r, s.reg(r.rn), !operand!(imm), s.c),
        Op::SbcReg => s.add(r, s.reg(r.rn), !operand!(reg), s.c),
        Op::SbcShift => s.add(r, s.reg(r.rn), !operand!(shift), s.c),
        Op::RsbImm => s.add(r, !s.reg(r.rn), operand!(imm), true),
        Op::RsbReg => s.add(r, !s.reg(r.rn), operand!(reg), true),
        Op::RsbShift => s.add(r, !s.reg(r.rn), operand!(shift), true),
        Op::CmpImm => s.compare(s.reg(r.rn), !operand!(imm), true),
        Op::CmpReg => s.compare(s.reg(r.rn), !operand!(reg), true),
        Op::CmpShift => s.compare(s.reg(r.rn), !operand!(shift), true),
        Op::CmnImm => s.compare(s.reg(r.rn), operand!(imm), false),
        Op::CmnReg => s.compare(s.reg(r.rn), operand!(reg), false),
        Op::CmnShift => s.compare(s.reg(r.rn), operand!(shift), false),

        Op::ShiftByReg => {
            let (result, carry) = shift_with_carry(s.reg(r.rn), r.sh, s.reg(r.rm) & 0xFF, s.c);
            s.logical(r, result, carry);
        }
        Op::MovPc => return Ok(s.reg(r.rm) & !1),
        Op::AddPc => return Ok(s.r[PC].wrapping_add(s.reg(r.rm)) & !1),
        Op::Movt => s.set(r.rd, s.reg(r.rd) & 0xFFFF | r.imm << 16),
        Op::Bfi => {
            let mask = (u32::MAX >> (32 - u32::from(r.sh))) << r.rm;
            let source = s.reg(r.rn) & r.imm;
            s.set(r.rd, s.reg(r.rd) & !mask | source << r.rm & mask);
        }
        Op::Ubfx => s.set(r.rd, s.reg(r.rn) >> r.rm & u32::MAX >> (32 - u32::from(r.sh))),
        Op::Sbfx => s.set(r.rd, sign_extend(s.reg(r.rn) >> r.rm, u32::from(r.sh))),
        Op::Ssat | Op::Usat => {
            let value = i64::from(shift_with_carry(s.reg(r.rn), r.rm, r.imm, s.c).0 as i32);
            let saturate = if r.op == Op::Ssat { saturate_signed } else { saturate_unsigned };
            let (result, saturated) = saturate(value, u32::from(r.sh));
            s.set(r.rd, result);
            s.q |= saturated;
        }
        Op::Clz => s.set(r.rd, s.reg(r.rm).leading_zeros()),
        Op::Rbit => s.set(r.rd, s.reg(r.rm).reverse_bits()),
        Op::Rev => s.set(r.rd, s.reg(r.rm).swap_bytes()),
        Op::Rev16 => s.set(r.rd, s.reg(r.rm).swap_bytes().rotate_right(16)),
        Op::Revsh => s.set(r.rd, sign_extend(s.reg(r.rm).swap_bytes() >> 16, 16)),
        Op::Sxtb => s.set(r.rd, sign_extend(s.reg(r.rm).rotate_right(r.sh.into()), 8)),
        Op::Sxth => s.set(r.rd, sign_extend(s.reg(r.rm).rotate_right(r.sh.into()), 16)),
        Op::Uxtb => s.set(r.rd, s.reg(r.rm).rotate_right(r.sh.into()) & 0xFF),
        Op::Uxth => s.set(r.rd, s.reg(r.rm).rotate_right(r.sh.into()) & 0xFFFF),

        Op::Mul => {
            let result = s.reg(r.rn).wrapping_mul(s.reg(r.rm));
            s.set(r.rd, result);
            if r.s != 0 {
                s.set_nz(result);
            }
        }
        Op::Mla => s.set(r.rd, s.reg(r.rn).wrapping_mul(s.reg(r.rm)).wrapping_add(s.reg(r.sh))),
        Op::Mls => s.set(r.rd, s.reg(r.sh).wrapping_sub(s.reg(r.rn).wrapping_mul(s.reg(r.rm)))),
        Op::Umull => s.set_long(r.rd, r.sh, s.unsigned_product(r)),
        Op::Umlal => s.set_long(r.rd, r.sh, s.unsigned_product(r).wrapping_add(s.long(r.rd, r.sh))),
        Op::Umaal => {
            let sum = s.unsigned_product(r) + u64::from(s.reg(r.rd)) + u64::from(s.reg(r.sh));
            s.set_long(r.rd, r.sh, sum);
        }
        Op::Smull => s.set_long(r.rd, r.sh, s.signed_product(r)),
        Op::Smlal => s.set_long(r.rd, r.sh, s.signed_product(r).wrapping_add(s.long(r.rd, r.sh))),
        Op::Udiv | Op::Sdiv => {
            let (dividend, divisor) = (s.reg(r.rn), s.reg(r.rm));
            if divisor == 0 && s.scb.ccr & crate::scb::CCR_DIV_0_TRP != 0 {
                return Err(s.usage_fault(cfsr::DIVBYZERO));
            }
            let result = if r.op == Op::Udiv {
                dividend.checked_div(divisor).unwrap_or(0)
            } else if divisor == 0 {
                0
            } else {
                (dividend as i32).wrapping_div(divisor as i32) as u32
            };
            s.set(r.rd, result);
        }

        Op::LdrImm => s.load_into(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Word, |v| v)?,
        Op::LdrhImm => s.load_into(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Half, |v| v)?,
        Op::LdrbImm => s.load_into(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Byte, |v| v)?,
        Op::LdrshImm => s.load_into(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Half, half)?,
        Op::LdrsbImm => s.load_into(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Byte, byte)?,
        Op::StrImm => s.store_from(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Word)?,
        Op::StrhImm => s.store_from(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Half)?,
        Op::StrbImm => s.store_from(bus, r, s.reg(r.rn).wrapping_add(r.imm), Width::Byte)?,
        Op::LdrReg => s.load_into(bus, r, s.indexed(r), Width::Word, |v| v)?,
        Op::LdrhReg => s.load_into(bus, r, s.indexed(r), Width::Half, |v| v)?,
        Op::LdrbReg => s.load_into(bus, r, s.indexed(r), Width::Byte, |v| v)?,
        Op::LdrshReg => s.load_into(bus, r, s.indexed(r), Width::Half, half)?,
        Op::LdrsbReg => s.load_into(bus, r, s.indexed(r), Width::Byte, byte)?,
        Op::StrReg => s.store_from(bus, r, s.indexed(r), Width::Word)?,
        Op::StrhReg => s.store_from(bus, r, s.indexed(r), Width::Half)?,
        Op::StrbReg => s.store_from(bus, r, s.indexed(r), Width::Byte)?,
        Op::LdrIdx => s.load_indexed(bus, r, Width::Word, |v| v)?,
        Op::LdrhIdx => s.load_indexed(bus, r, Width::Half, |v| v)?,
        Op::LdrbIdx => s.load_indexed(bus, r, Width::Byte, |v| v)?,
        Op::LdrshIdx => s.load_indexed(bus, r, Width::Half, half)?,
        Op::LdrsbIdx => s.load_indexed(bus, r, Width::Byte, byte)?,
        Op::StrIdx => s.store_indexed(bus, r, Width::Word)?,
        Op::StrhIdx => s.store_indexed(bus, r, Width::Half)?,
        Op::StrbIdx => s.store_indexed(bus, r, Width::Byte)?,
        Op::LdrLit => s.load_literal(bus, r)?,
        Op::LoadLit => s.load_short_literal(bus, r)?,
        Op::LdrPc => return s.load_pc(bus, r),
        Op::Ldrd => s.load_dual(bus, r)?,
        Op::Strd => s.store_dual(bus, r)?,
        Op::Ldm => s.load_multiple(bus, r)?,
        Op::LdmPc => return s.load_multiple_pc(bus, r),
        Op::Stm => s.store_multiple(bus, r)?,
        Op::Ldrex => s.load_exclusive(bus, r)?,
        Op::Strex => s.store_exclusive(bus, r)?,
        Op::Clrex => s.exclusive = false,
        Op::Tbb | Op::Tbh => return s.table_branch(bus, r),

        Op::B => return Ok(r.imm),
        Op::Bl => {
            s.r[LR] = next | 1;
            return Ok(r.imm);
        }
        Op::Beq => branch_if!(s.z == 0),
        Op::Bne => branch_if!(s.z != 0),
        Op::Bcs => branch_if!(s.c),
        Op::Bcc => branch_if!(!s.c),
        Op::Bmi => branch_if!(s.n >> 31 != 0),
        Op::Bpl => branch_if!(s.n >> 31 == 0),
        Op::Bvs => branch_if!(s.v),
        Op::Bvc => branch_if!(!s.v),
        Op::Bhi => branch_if!(s.c && s.z != 0),
        Op::Bls => branch_if!(!s.c || s.z == 0),
        Op::Bge => branch_if!((s.n >> 31 != 0) == s.v),
        Op::Blt => branch_if!((s.n >> 31 != 0) != s.v),
        Op::Bgt => branch_if!(s.z != 0 && (s.n >> 31 != 0) == s.v),
        Op::Ble => branch_if!(s.z == 0 || (s.n >> 31 != 0) != s.v),
        Op::Cbz => branch_if!(s.reg(r.rn) == 0),
        Op::Cbnz => branch_if!(s.reg(r.rn) != 0),
        Op::Bx => return s.branch_exchange(s.reg(r.rm)),
        Op::Blx => {
            let target = s.reg(r.rm);
            s.r[LR] = next | 1;
            s.set_thumb(target & 1 != 0);
            return Ok(target & !1);
        }

        Op::It => return Err(Trap::IfThen),
        Op::Nop => {}
        Op::Sev => s.event = true,
        Op::Wfi => return Err(Trap::WaitForInterrupt),
        Op::Wfe => return Err(Trap::WaitForEvent),
        Op::Svc => return Err(Trap::SupervisorCall),
        Op::Bkpt => return Err(Trap::Breakpoint),
        Op::Udf => return Err(s.permanently_undefined(r.imm)),
        Op::Undefined => return Err(s.usage_fault(cfsr::UNDEFINSTR)),
        Op::Cps => s.change_processor_state(r),
        Op::Mrs => s.read_special(r),
        Op::Msr => s.write_special(r),
        Op::Dsp => s.dsp(r),
        Op::Float => s.float(bus, r)?,
        Op::Coprocessor => return Err(s.coprocessor(r)),
    }
    Ok(next)
}

fn half(value: u32) -> u32 {
    sign_extend(value, 16)
}

fn byte(value: u32) -> u32 {
    sign_extend(value, 8)
}
