//! What the client's traffic passes on its way to the device, one way or several: the value of `--link`.

use std::str::FromStr;

use gauntlet_bench::Backend;

/// The ways of a run, at least one, no two with the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Links(pub(crate) Vec<Way>);

/// One way to the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// Our own client over a backend.
    Backend(Backend),
    /// A program of somebody else.
    #[cfg(unix)]
    Tool(Tool),
}

/// A program of somebody else that does the updates.
#[cfg(unix)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Its short name, for tables and folders.
    pub(crate) name: String,
    /// The command for the shell, with its places in braces.
    pub(crate) command: String,
}

impl Way {
    /// Its name in tables, and of its folder.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Backend(backend) => backend.name(),
            #[cfg(unix)]
            Self::Tool(tool) => &tool.name,
        }
    }
}

impl FromStr for Links {
    type Err = String;

    /// Names of backends and commands of programs, with commas between them. A comma inside a command stays there, unless
    /// a name of a backend or another `NAME=CMD` with a `{package}` follows.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts: Vec<String> = Vec::new();
        for piece in text.split(',') {
            let begins = is_backend(piece) || is_named_command(piece);
            match parts.last_mut() {
                Some(before) if !begins && is_command(before) => {
                    before.push(',');
                    before.push_str(piece);
                }
                _ => parts.push(piece.to_owned()),
            }
        }
        let ways = parts.iter().map(|part| part.trim().parse()).collect::<Result<Vec<Way>, String>>()?;
        for (at, way) in ways.iter().enumerate() {
            if ways[..at].iter().any(|before| before.name() == way.name()) {
                let name = way.name();
                return Err(format!(
                    "`{name}` is there twice; give a program a name of its own: other={name}"
                ));
            }
        }
        Ok(Self(ways))
    }
}

impl FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !is_command(text) {
            let backend = text.parse::<Backend>().map_err(|unknown| {
                format!("{unknown}, and no command of a program with {{port}} and {{package}} either")
            })?;
            return Ok(Self::Backend(backend));
        }
        #[cfg(unix)]
        return Tool::from_str(text).map(Self::Tool);
        #[cfg(not(unix))]
        Err("programs of somebody else can be tested on Unix only".to_owned())
    }
}

fn is_backend(text: &str) -> bool {
    text.trim().parse::<Backend>().is_ok()
}

fn is_command(text: &str) -> bool {
    text.trim().contains([' ', '{', '=', '/'])
}

fn is_named_command(text: &str) -> bool {
    named(text.trim()).is_some_and(|(_, command)| command.contains("{package}"))
}

/// A name that can be a folder, and what stands behind its `=`.
fn named(text: &str) -> Option<(&str, &str)> {
    let (name, command) = text.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain);
    is_name.then_some((name, command.trim()))
}

#[cfg(unix)]
mod tool {
    use super::*;

    /// What can be put into a command.
    const PLACES: [&str; 4] = ["{port}", "{package}", "{name}", "{address}"];

    impl FromStr for Tool {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            let (name, command) = match named(text) {
                Some((name, command)) => (name.to_owned(), command),
                None => (program(text), text),
            };
            if is_backend(&name) {
                return Err(format!("`{name}` is the name of a backend; give the program another one"));
            }
            for missing in ["{package}", "{port}"] {
                if !command.contains(missing) {
                    return Err(format!(
                        "the client's command has no {missing}, where it is told of {}: nrfutil dfu serial -pkg {{package}} -p {{port}}",
                        if missing == "{port}" { "its port" } else { "the package file" }
                    ));
                }
            }
            if let Some(unknown) = places(command).find(|place| !PLACES.contains(place)) {
                return Err(format!("nothing can be put into {unknown}; there are {}", PLACES.join(", ")));
            }
            Ok(Self { name, command: command.to_owned() })
        }
    }

    /// Words in braces. A shell's `${VARIABLE}` is none, nor is anything that is not a word.
    fn places(command: &str) -> impl Iterator<Item = &str> {
        command.match_indices('{').filter_map(|(at, _)| {
            let end = command[at..].find('}')? + at;
            let word = &command[at + 1..end];
            let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            (is_word && !command[..at].ends_with('$')).then(|| &command[at..=end])
        })
    }

    /// The name of the program that a command starts with.
    fn program(command: &str) -> String {
        let program = command.split_whitespace().next().unwrap_or_default();
        let name = program.rsplit('/').next().unwrap_or_default();
        let plain: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        if plain.starts_with(|c: char| c.is_ascii_alphanumeric()) { plain } else { "client".to_owned() }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.parse::<Links>().unwrap().0.iter().map(|way| way.name().to_owned()).collect()
    }

    #[test]
    fn ways_are_backends_and_commands() {
        assert_eq!(names("direct"), ["direct"]);
        assert_eq!(names("direct, dongle,ble"), ["direct", "dongle", "ble"]);
        assert_eq!(names("/opt/bin/nrfutil dfu -pkg {package} -p {port}"), ["nrfutil"]);
        assert_eq!(names("direct,mine=a,b {port} c,d {package},dongle"), ["direct", "mine", "dongle"]);
        assert_eq!(names("a=x {package} {port},b=y --z=1 {package} {port}"), ["a", "b"]);
        let Way::Tool(tool) = &"t=x a,b {port} {package}".parse::<Links>().unwrap().0[0] else { panic!() };
        assert_eq!(tool.command, "x a,b {port} {package}");
        let Way::Tool(tool) = "X=${HOME} FLAG=1 x {port} {package}".parse().unwrap() else { panic!() };
        assert_eq!((tool.name.as_str(), tool.command.as_str()), ("X", "${HOME} FLAG=1 x {port} {package}"));
    }

    #[test]
    fn what_can_not_work_is_refused_with_the_reason() {
        for (text, reason) in [
            ("blue", "none of direct, ble, dongle, serial"),
            ("", "none of direct"),
            ("direct,direct", "there twice"),
            ("direct=x {port} {package}", "the name of a backend"),
            ("tool {port}", "has no {package}"),
            ("tool {package}", "has no {port}"),
            ("tool {port} {package} {baud}", "nothing can be put into {baud}"),
            ("direct,", "none of direct"),
        ] {
            let refused = text.parse::<Links>().unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
