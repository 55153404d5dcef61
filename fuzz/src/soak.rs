//! Very many inputs, one after the other.

use crate::chance::Chance;
use crate::mutator::mutated;
use crate::{Target, memory};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Most memory that one input may cost: that of the package reader (64 MiB).
pub const MEMORY_LIMIT: u64 = 64 * 1024 * 1024;
/// Most inputs that are kept to start from.
const MOST_KEPT: usize = 4096;
/// Memory is asked for once in so many inputs; the answer covers all inputs before it.
const MEMORY_EVERY: u64 = 1024;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many inputs.
    pub runs: u64,
    /// The same seed gives the same inputs.
    pub seed: u64,
}

/// What was found out.
#[derive(Debug)]
pub struct Account {
    /// Inputs tried.
    pub runs: u64,
    /// Kinds of outcome seen.
    pub outcomes: usize,
    /// Wall time.
    pub took: Duration,
    /// Wall time of the slowest input.
    pub slowest: Duration,
    /// Memory above what the process had before the first input, in bytes, if the system tells.
    pub memory: Option<u64>,
    /// What went wrong, with the input.
    pub find: Option<Find>,
}

/// Something wrong.
#[derive(Debug)]
pub struct Find {
    /// In words.
    pub what: String,
    /// The number of the input, counted from 0.
    pub run: u64,
    /// The input; for memory the last one of several.
    pub input: Vec<u8>,
}

/// Tries the seeds, and then changed copies of them and of whatever had a new kind of outcome. Ends at the first find.
#[must_use]
pub fn soak(target: &Target, plan: Plan) -> Account {
    let mut corpus = (target.seeds)();
    let seeds = corpus.len() as u64;
    let mut chance = Chance::new(plan.seed);
    let mut outcomes = BTreeSet::new();
    let before = memory::peak();
    let began = Instant::now();
    let mut account = Account {
        runs: 0,
        outcomes: 0,
        took: Duration::ZERO,
        slowest: Duration::ZERO,
        memory: None,
        find: None,
    };
    while account.runs < plan.runs && account.find.is_none() {
        let run = account.runs;
        let input = if run < seeds {
            corpus[run as usize].clone()
        } else {
            mutated(&mut chance, &corpus, target.words, target.max_len)
        };
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        account.slowest = account.slowest.max(start.elapsed());
        account.runs += 1;
        if account.runs.is_multiple_of(MEMORY_EVERY) || account.runs == plan.runs {
            account.memory = before.and_then(|before| Some(memory::peak()?.saturating_sub(before)));
        }
        let too_much = account.memory.is_some_and(|bytes| bytes > MEMORY_LIMIT);
        match outcome {
            Err(_) => account.find = Some(Find { what: "a panic, told above".into(), run, input }),
            Ok(_) if too_much => {
                account.find = Some(Find { what: "more than 64 MiB of memory".into(), run, input });
            }
            Ok(outcome) => {
                if outcomes.insert(outcome) && run >= seeds && corpus.len() < MOST_KEPT {
                    corpus.push(input);
                }
            }
        }
    }
    account.outcomes = outcomes.len();
    account.took = began.elapsed();
    account
}
