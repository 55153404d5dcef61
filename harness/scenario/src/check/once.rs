//! What is listed is listed once.

use crate::diagnostics::{ProblemKind, quote};
use crate::read::Cx;
use crate::yaml::{Node, Step};

/// Lists in which a word means the same however often it stands there. What is tampered with twice is as it was.
const LISTS: [&[&str]; 5] = [&["requirements"], &["from"], &["tags"], &["needs"], &["expect", "unchanged"]];

pub(crate) fn once(root: &Node, cx: &mut Cx<'_>) {
    for path in LISTS {
        let path: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        let items = root.find(&path).items();
        for (index, item) in items.iter().enumerate() {
            let Some(text) = item.scalar().map(|scalar| scalar.text.as_str()) else { continue };
            let same = |other: &&Node| other.scalar().is_some_and(|scalar| scalar.text == text);
            if let Some(first) = items[..index].iter().find(same) {
                let problem = cx
                    .problem(ProblemKind::DuplicateKey, item, format!("{} stands here twice", quote(text)))
                    .label("again here")
                    .also(cx.shown(first), "first here");
                cx.report(problem);
            }
        }
    }
}
