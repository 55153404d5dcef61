//! The libFuzzer target `firmware`; with a plain build, a program that takes the files it is given as inputs.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (gauntlet_fuzz::targets::firmware::TARGET.run)(input);
});

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    gauntlet_fuzz::replay::replay(&gauntlet_fuzz::targets::firmware::TARGET)
}
