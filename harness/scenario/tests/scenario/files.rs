//! Files and folders, and package files beside scenarios.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use gauntlet_scenario::model::Package;
use gauntlet_scenario::{NoFiles, ProblemKind, Source, load, load_sources};

fn text(id: &str) -> String {
    format!("id: {id}\ntitle: A\nsteps: [{{ wait: 1 s }}]\n")
}

#[test]
fn a_folder_is_walked_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("b/.hidden")).unwrap();
    for (name, id) in [("z.yaml", "a"), ("b/two.yml", "c"), ("b/one.yaml", "b"), ("b/.hidden/x.yaml", "x")] {
        fs::write(path(name), text(id)).unwrap();
    }
    fs::write(path("readme.md"), "not a scenario").unwrap();
    let suite = load(&[folder.path().to_owned(), path("z.yaml")]).unwrap();
    let ids: Vec<&str> = suite.scenarios().iter().map(|scenario| scenario.id().as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert!(suite.scenarios()[1].file().ends_with("/b/one.yaml"));
}

#[test]
fn an_id_is_taken_once() {
    let sources = [Source::new("one.yaml", text("a")), Source::new("two.yaml", text("a"))];
    let found = load_sources(&sources, &NoFiles).unwrap_err();
    assert_eq!(found.problems()[0].kind(), ProblemKind::DuplicateId);
    insta::assert_snapshot!(found.render(100, false));
}

#[test]
fn what_can_not_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let latin = folder.path().join("latin.yaml");
    fs::write(&latin, b"id: a\ntitle: f\xFCr\n").unwrap();
    let utf16 = folder.path().join("utf16.yaml");
    fs::write(&utf16, b"\xFF\xFEi\0d\0").unwrap();
    let found = load(&[latin, utf16, PathBuf::from("/nowhere/at/all.yaml")]).unwrap_err();
    let kinds: Vec<ProblemKind> = found.problems().iter().map(|problem| problem.kind()).collect();
    assert_eq!(kinds, [ProblemKind::Unreadable; 3]);
    let messages: Vec<String> = found.problems().iter().map(ToString::to_string).collect();
    assert!(messages[0].starts_with("/nowhere/at/all.yaml can't be read"), "{messages:?}");
    assert_eq!(messages[1..], ["the file is not UTF-8", "the file is UTF-16, not UTF-8"]);
    assert_eq!(found.problems()[1].place().to_string(), "2:9");
}

const VENDOR: &str = "id: a\ntitle: A\npackages: { vendor: { file: packages/app.zip } }\n\
    steps: [{ update: vendor }]\nexpect: { application: { package: vendor } }\n";

#[test]
fn a_package_file_stands_beside_its_scenario() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("packages")).unwrap();
    fs::write(folder.path().join("packages/app.zip"), b"zip").unwrap();
    fs::write(folder.path().join("a.yaml"), VENDOR).unwrap();
    let suite = load(&[folder.path().to_owned()]).unwrap();
    let Package::File(file) = &suite.cases().next().unwrap().packages[0].1 else { panic!() };
    assert_eq!((file.path.as_str(), &*file.bytes), ("packages/app.zip", b"zip".as_slice()));
}

#[test]
fn package_files_of_sources_are_asked_from_the_caller() {
    let sources = [Source::new("stream/a.yaml", VENDOR)];
    let files = |scenario: &str, path: &str| -> io::Result<Arc<[u8]>> {
        Ok(format!("{scenario} {path}").into_bytes().into())
    };
    let suite = load_sources(&sources, &files).unwrap();
    let Package::File(file) = &suite.cases().next().unwrap().packages[0].1 else { panic!() };
    assert_eq!(&*file.bytes, b"stream/a.yaml packages/app.zip");
}

#[test]
fn a_missing_package_file_is_pointed_at() {
    let absolute = VENDOR.replace("packages/app.zip", "/packages/app.zip");
    let sources = [Source::new("a.yaml", VENDOR), Source::new("b.yaml", absolute)];
    let found = load_sources(&sources, &NoFiles).unwrap_err();
    insta::assert_snapshot!(found.render(100, false));
}
