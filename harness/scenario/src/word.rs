//! Words: the closed vocabularies of the language (`disconnect`, `nrf52840`, `single`...).
//!
//! Every vocabulary is one enum declared with [`words!`]. The list of words then exists once: the reader, the
//! suggestions in messages and the JSON Schema all take it from there.

/// A closed vocabulary of the language.
pub trait Word: Copy + Sized + 'static {
    /// What a value of this kind is called in messages, with its article: "a chip".
    const WHAT: &'static str;
    /// Every value, in the order in which they are documented.
    const ALL: &'static [Self];
    /// The word as it is written in a scenario.
    fn word(self) -> &'static str;
    /// One sentence about the word, for editors.
    fn about(self) -> &'static str;

    /// The value that a word stands for.
    #[must_use]
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }
}

/// Declares a vocabulary: an enum, its words, and one sentence for each.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $what:literal
        $vis:vis enum $name:ident {
            $( #[doc = $about:literal] $(#[$variant_meta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $( #[doc = $about] $(#[$variant_meta])* $variant, )+
        }

        impl $crate::word::Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::word::Word::word(*self))
            }
        }
    };
}

pub(crate) use words;
