//! Names that stay inside the package.

/// Refuses names that would lead somewhere else if anyone joined them to a path, on any system. Forward slashes inside a
/// name are allowed.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("the name is empty");
    }
    if name.chars().any(char::is_control) {
        return Err("the name holds a control character");
    }
    if name.contains('\\') {
        return Err("the name holds a backslash, which is a folder on some systems");
    }
    if name.starts_with('/') {
        return Err("the name is an absolute path");
    }
    if name.contains(':') {
        return Err("the name holds a colon, which is a drive or a stream on some systems");
    }
    let mut parts = name.strip_suffix('/').unwrap_or(name).split('/');
    if parts.any(|part| matches!(part, "" | "." | "..")) {
        return Err("the name leads out of its folder");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn only_names_inside_the_package_pass() {
        for name in ["app.bin", "sub/app.bin", "sub/", "a..b", "..a"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in
            ["", "/", "/a", "..", "../a", "a/..", "a/../b", "./a", "a//b", "C:a", "a\\b", "a\0", "a\n", "//"]
        {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
