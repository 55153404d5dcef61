//! docs/broken-packages.md lists every mutation with what the reader says of it, and every reason with its advice.
//!
//! The page is made from the crate: `UPDATE_PAGES=1 cargo test -p gauntlet-cli --test broken_packages_page` writes it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gauntlet_package::build::AppPackage;
use gauntlet_package::keys::TestKey;
use gauntlet_package::mutate::{MUTATIONS, mutate};
use gauntlet_package::{ReadOptions, Reason, read_bytes};

const HEAD: &str = "\
# Broken packages

Every way to break a package that Gauntlet knows by name, and every reason to refuse or to remark upon one. Scenarios name them
with `mutate`, `stage` and `reason` ([scenario language](scenario-language.md)); `gauntlet package mutate` makes the files.

## Mutations

They start from a package with one signed application. What the reader says of the result stands at the right: where it was
noticed, and the reason. Some are legal, and a strict reader takes them.

| name | what is wrong | the reader says |
|---|---|---|
";

const REASONS: &str = "
## Reasons

| name | what to do |
|---|---|
";

fn what_the_page_must_say() -> String {
    let key = TestKey::Release.signing_key();
    let good = AppPackage::new((0..=255).cycle().take(8192).collect())
        .sign(key.clone())
        .build()
        .expect("a good package");
    let options = ReadOptions { public_key: Some(key.public_key()), ..ReadOptions::default() };
    let good = read_bytes("good.zip", &good.zip, &options).expect("it is good");
    let mut page = HEAD.to_owned();
    for mutation in MUTATIONS {
        let broken = mutate(mutation.name, &good, &key).expect("it can be made wrong in every way");
        let says = match read_bytes("broken.zip", &broken, &options) {
            Ok(package) => match package.warnings.first() {
                None => "nothing".to_owned(),
                Some(warning) => format!("a remark: `{}`", warning.reason),
            },
            Err(error) => {
                let finding = error.finding().expect("a refusal, not trouble");
                format!("`{}`: `{}`", finding.stage, finding.reason)
            }
        };
        writeln!(page, "| `{}` | {} | {says} |", mutation.name, mutation.about).expect("a string takes it");
    }
    page += REASONS;
    for reason in Reason::ALL {
        writeln!(page, "| `{reason}` | {} |", reason.advice()).expect("a string takes it");
    }
    page
}

#[test]
fn the_page_lists_every_mutation_and_every_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/broken-packages.md");
    let expected = what_the_page_must_say();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &expected).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/broken-packages.md is out of date; UPDATE_PAGES=1 with this test writes it"
    );
}
