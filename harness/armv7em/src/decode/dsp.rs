//! The DSP extension. Such an instruction keeps its encoding in the record; the executor takes the fields from there.

use crate::record::{Op, Record};

/// Group of a DSP instruction: value of [`Record::sh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Dsp {
    /// PKHBT, PKHTB.
    Pack,
    /// SSAT16, USAT16.
    Saturate16,
    /// SXTB16, UXTB16 and all extends with addition.
    Extend,
    /// ADD8 to SAX with the prefixes S, Q, SH, U, UQ, UH.
    Parallel,
    /// QADD, QDADD, QSUB, QDSUB.
    SaturatingAdd,
    /// SEL.
    Select,
    /// SMLAxy, SMULxy.
    MultiplyHalves,
    /// SMLAD, SMUAD, SMLSD, SMUSD and their X forms.
    DualMultiply,
    /// SMLAWy, SMULWy.
    MultiplyWordHalf,
    /// SMMLA, SMMUL, SMMLS and their R forms.
    MostSignificant,
    /// USAD8, USADA8.
    AbsoluteDifferences,
    /// SMLALxy.
    MultiplyHalvesLong,
    /// SMLALD, SMLSLD and their X forms.
    DualMultiplyLong,
}

impl Dsp {
    pub(crate) const ALL: [Dsp; 13] = [
        Dsp::Pack,
        Dsp::Saturate16,
        Dsp::Extend,
        Dsp::Parallel,
        Dsp::SaturatingAdd,
        Dsp::Select,
        Dsp::MultiplyHalves,
        Dsp::DualMultiply,
        Dsp::MultiplyWordHalf,
        Dsp::MostSignificant,
        Dsp::AbsoluteDifferences,
        Dsp::MultiplyHalvesLong,
        Dsp::DualMultiplyLong,
    ];

    pub(crate) fn from_code(code: u8) -> Dsp {
        Self::ALL[usize::from(code) % Self::ALL.len()]
    }
}

pub(super) fn record(kind: Dsp, encoding: u32) -> Record {
    Record::new(Op::Dsp).sh(kind as u8).imm(encoding)
}

#[cfg(test)]
mod tests {
    use super::Dsp;

    #[test]
    fn codes_go_there_and_back() {
        for kind in Dsp::ALL {
            assert_eq!(Dsp::from_code(kind as u8), kind);
        }
    }
}
