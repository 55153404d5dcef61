//! Mappings of several kinds, told apart by one key: steps, actions, items of an exchange.

use super::Cx;
use crate::diagnostics::{Problem, ProblemKind, nearest, quote, words};
use crate::yaml::{Node, NodeKind};

/// What can stand at a place, and how it is called in messages.
pub(crate) struct Choice {
    /// One of them, with its article: "a step".
    pub(crate) one: &'static str,
    /// In short, without an article: "step".
    pub(crate) short: &'static str,
    /// The keys that tell the kinds apart, in the order in which they are documented.
    pub(crate) keys: &'static [&'static str],
}

impl Choice {
    /// The kind that a node is. A node that is none, or two at once, is reported.
    pub(crate) fn of(&self, node: &Node, cx: &mut Cx<'_>) -> Option<&'static str> {
        let NodeKind::Map(entries) = &node.kind else {
            cx.wrong_type_for(node, &format!("{} (a mapping)", self.one), Some(self.instead(node)));
            return None;
        };
        let known = |key: &str| self.keys.iter().copied().find(|known| *known == key);
        let mut named = entries.iter().filter_map(|entry| known(&entry.key).map(|key| (key, entry)));
        let Some((kind, first)) = named.next() else {
            self.none(node, cx);
            return None;
        };
        if let Some((second, entry)) = named.next() {
            let message = format!("`{kind}` and `{second}` are two {}s in one", self.short);
            let problem =
                Problem::new(ProblemKind::Contradiction, cx.source, entry.key_span.clone(), message);
            let problem = problem.label(format!(
                "begin it with `- `, as {} {} of its own",
                article(self.short),
                self.short
            ));
            cx.report(problem.also(first.key_span.clone(), "this is the first"));
            return None;
        }
        Some(kind)
    }

    /// What to write in place of a value that is no mapping.
    fn instead(&self, node: &Node) -> String {
        let word = node.scalar().and_then(|scalar| scalar.text.split_whitespace().next()).unwrap_or_default();
        match nearest(word, self.keys.iter().copied()) {
            Some(key) => format!("it is written as `{{ {key}: ... }}`"),
            None => format!(
                "{} {} has one of {}",
                article(self.short),
                self.short,
                words(self.keys.iter().copied())
            ),
        }
    }

    fn none(&self, node: &Node, cx: &mut Cx<'_>) {
        let all = || self.keys.iter().copied();
        let help = format!("{} {} has one of {}", article(self.short), self.short, words(all()));
        let Some(first) = node.entries().first() else {
            let message = format!("{} that does nothing", self.one);
            let problem = cx.problem(ProblemKind::MissingKey, node, message).label("this is empty");
            cx.report(problem.help(help));
            return;
        };
        // The key that says what it is may be misspelt behind others that are right.
        let near = node.entries().iter().find_map(|entry| Some((entry, nearest(&entry.key, all())?)));
        let entry = near.map_or(first, |(entry, _)| entry);
        let message = format!("{} is not {}", quote(&entry.key), self.one);
        let problem = Problem::new(ProblemKind::UnknownKey, cx.source, entry.key_span.clone(), message);
        let label = match near {
            Some((_, key)) => format!("did you mean `{key}`?"),
            None => format!("expected {}", self.one),
        };
        cx.report(problem.label(label).help(help));
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
